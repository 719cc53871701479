"""People, requests and a desk for tests of who may do what."""

from route112.access import Identity, People, Person, Request, Role, Via

NOW = 1_795_000_000_000_000
NONCE = "0123456789abcdef"


def user(name):
    return Identity(Via.SYSTEM_USER, name)


def certificate(name):
    return Identity(Via.CERTIFICATE, name)


def person(name, *roles, psap="", until=None):
    identities = (user(name), certificate(f"CN={name}"))
    return Person(id=name, identities=identities, roles=frozenset(roles), psap=psap, until=until)


PEOPLE = People(
    [
        *(person(role.value, role) for role in Role),
        person("operator-2", Role.OPERATOR),
        person("planner-2", Role.PLANNER),
        person("crisis-2", Role.CRISIS),
        person("nobody"),
        person("desk-29", psap="CRRA15-29"),
        person("gone", Role.CRISIS, until=NOW - 1),
    ]
)


def ask(verb="order pause", by="crisis", **changed):
    arguments = changed.pop("arguments", {"psap": "CRRA15-29"})
    values = {"asked_at": NOW, "nonce": NONCE, "reason": "flooded"} | changed
    by = user(by) if isinstance(by, str) else by
    return Request(verb=verb, by=by, arguments=tuple(sorted(arguments.items())), **values)
