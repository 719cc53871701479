"""`people.yaml`: who there is, how each is known, and what each is trusted with."""

from route112.access.people import Identity, People, Person, Role, Via
from route112.access.requests import IDENTITY_CHARS_MAX, is_identity
from route112.model import Problem, UtcTime
from route112.wire.documents.fields import Fields
from route112.wire.documents.network import ID, ID_SHAPE
from route112.wire.documents.nodes import read_document
from route112.wire.problems import ProblemList

PEOPLE_MAX = 1_000
IDENTITIES_MAX = 8
"""Identities of one kind that one person may have."""
_FIELDS = ((Via.CERTIFICATE, "certificates"), (Via.SYSTEM_USER, "system_users"))
_PSAP = "[A-Za-z0-9][A-Za-z0-9-]{0,63}"


def parse_people(content: bytes, *, file: str) -> tuple[People | None, tuple[Problem, ...]]:
    """Parse a `people.yaml`; None when a problem is an error: then nobody may do anything."""
    problems = ProblemList(file)
    node = read_document(content, problems)
    if node is None:
        return None, problems.finish()
    top = Fields(node, "", problems)
    seen: set[str] = set()
    persons = [_read_person(item, seen) for item in top.iterate("people")]
    if len(persons) > PEOPLE_MAX:
        top.refuse("people", f"more than {PEOPLE_MAX} people", "Take out who has left")
    top.finish()
    if problems.has_errors:
        return None, problems.finish()
    return People(persons), problems.finish()


def _read_person(item: Fields, seen: set[str]) -> Person:
    name = item.get_match("id", ID, shape=ID_SHAPE)
    take_once(item, "id", name, seen)
    identities = tuple(
        identity for via, field in _FIELDS for identity in read_identities(item, via, field, seen)
    )
    roles = item.get_texts("roles", required=False)
    for unknown in sorted(set(roles) - set(Role)):
        item.refuse("roles", "there is no such role", f"One of {', '.join(Role)}", value=unknown)
    psap = item.get_match("psap", _PSAP, shape="an answering point's id", required=False)
    until = UtcTime(item.get_time("until")) if item.has("until") else None
    item.finish()
    return Person(
        id=name,
        identities=identities,
        roles=frozenset(role for role in Role if role in roles),
        psap=psap,
        until=until,
    )


def read_identities(item: Fields, via: Via, field: str, seen: set[str]) -> list[Identity]:
    """Read one list of identities; what somebody in `seen` has already is refused."""
    names = item.get_texts(field, required=False)
    if len(names) > IDENTITIES_MAX:
        item.refuse(field, f"more than {IDENTITIES_MAX} of one person", "Take old ones out")
    found = [Identity(via, name) for name in names]
    for identity in found:
        if not is_identity(identity):
            shape = f"1 to {IDENTITY_CHARS_MAX} characters in one line"
            item.refuse(field, "nobody can be known by this", shape, value=identity.name)
        take_once(item, field, str(identity), seen)
    return found


def take_once(item: Fields, field: str, key: str, seen: set[str]) -> None:
    """Refuse what is somebody's already: one identity would be two persons."""
    if key in seen:
        item.refuse(field, "it is there twice", "One identity is one person's", value=key)
    seen.add(key)
