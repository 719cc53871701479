import pytest
from tests.support.commanding import NONCE, NOW, PEOPLE, ask, certificate, person, user

from route112.access import (
    Approval,
    Desk,
    Identity,
    People,
    Person,
    Reason,
    Role,
    Ruling,
    Via,
    judge,
    note,
)
from route112.access.judge import (
    AGE_MAX_US,
    APPROVAL_US,
    ORDERS_EACH_MAX,
    OTHERS_EACH_MAX,
    SKEW_MAX_US,
    USED_EACH_MAX,
    USED_MAX,
    WAITING_MAX,
)
from route112.access.requests import Used


class Counter:
    """A desk that takes note of each verdict, as whoever serves does."""

    def __init__(self, people=PEOPLE):
        self.desk, self.people = Desk(), people

    def ask(self, *args, now=NOW, **changed):
        return self.judge(ask(*args, **changed), now)

    def approve(self, key, by="operator", now=NOW):
        by = user(by) if isinstance(by, str) else by
        return self.judge(Approval(request=key, by=by), now)

    def judge(self, asked, now):
        verdict = judge(asked, self.desk, self.people, now=now)
        self.desk = note(self.desk, verdict)
        return verdict


def refusal(verdict):
    assert verdict.ruling is Ruling.REFUSED
    return verdict.reason


def test_what_one_person_may_do_is_allowed_at_once():
    counter = Counter()
    verdict = counter.ask("report", by="operator")
    assert (verdict.ruling, verdict.author, verdict.approver) == (Ruling.ALLOWED, "operator", "")


def test_an_order_waits_for_a_second_person():
    counter = Counter()
    first = counter.ask()
    assert (first.ruling, first.until) == (Ruling.WAITING, NOW + APPROVAL_US)
    second = counter.approve(first.hash)
    assert (second.ruling, second.author, second.approver) == (
        Ruling.ALLOWED,
        "crisis",
        "operator",
    )
    assert second.request == ask()


@pytest.mark.parametrize("by", [user("crisis"), certificate("CN=crisis")])
def test_nobody_approves_himself_under_whatever_name(by):
    counter = Counter()
    assert refusal(counter.approve(counter.ask().hash, by)) is Reason.OWN_REQUEST
    assert counter.desk.waiting, "somebody else still may"


def test_an_approval_is_used_once():
    counter = Counter()
    key = counter.ask().hash
    assert counter.approve(key).ruling is Ruling.ALLOWED
    assert refusal(counter.approve(key)) is Reason.REPLAYED
    assert refusal(counter.approve(key, "crisis-2")) is Reason.REPLAYED
    assert refusal(counter.ask()) is Reason.REPLAYED, "nor is the request asked again"


def test_a_request_that_waits_is_not_asked_twice():
    counter = Counter()
    counter.ask()
    assert refusal(counter.ask()) is Reason.REPLAYED
    assert counter.ask(nonce=NONCE + "0").ruling is Ruling.WAITING


@pytest.mark.parametrize(
    "altered",
    [
        {"arguments": {"psap": "CRRA15-56"}},
        {"arguments": {"psap": "CRRA15-29", "expires": "1"}},
        {"reason": "other"},
        {"asked_at": NOW - 1},
        {"verb": "order resume"},
        {"by": "crisis-2"},
        {"nonce": NONCE + "1"},
    ],
)
def test_an_approval_is_of_the_exact_request(altered):
    counter, other = Counter(), Counter()
    counter.ask()
    forged = other.ask(**altered).hash
    assert refusal(counter.approve(forged)) is Reason.UNKNOWN_REQUEST


def test_nobody_waits_for_ever():
    counter = Counter()
    key = counter.ask().hash
    assert refusal(counter.approve(key, now=NOW + APPROVAL_US)) is Reason.EXPIRED
    assert refusal(counter.approve(key, now=NOW + APPROVAL_US)) is Reason.UNKNOWN_REQUEST
    assert Counter().ask(now=NOW + 1).ruling is Ruling.WAITING


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOW + AGE_MAX_US, Reason.TOO_OLD),
        (NOW + AGE_MAX_US - 1, Reason.NONE),
        (NOW - SKEW_MAX_US, Reason.NONE),
        (NOW - SKEW_MAX_US - 1, Reason.NOT_YET),
    ],
)
@pytest.mark.parametrize("verb", ["order pause", "order list"])
def test_a_request_is_young(now, reason, verb):
    assert Counter().ask(verb, now=now).reason is reason


def test_what_was_used_is_remembered_while_it_could_come_again():
    counter = Counter()
    counter.ask("report", by="operator")
    last = NOW + AGE_MAX_US + SKEW_MAX_US
    early = ask("report", by="operator", nonce=NONCE + "2", asked_at=last - 1)
    counter.judge(early, last - 1)
    assert len(counter.desk.used) == 2
    counter.judge(ask("status", by="reader", asked_at=last), last)
    assert len(counter.desk.used) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"reason": " "},
        {"reason": ""},
        {"nonce": ""},
        {"nonce": "short"},
        {"reason": "x" * 501},
        {"reason": "two\nlines"},
        {"verb": "x" * 61},
        {"arguments": {"psap": "x" * 201}},
        {"arguments": {"psap": "\ud800"}},
        {"arguments": {"Psap": "x"}},
        {"arguments": {f"a{number}": "" for number in range(33)}},
        {"asked_at": -1},
        {"by": user("")},
        {"by": user("x" * 201)},
    ],
)
def test_what_is_malformed_is_refused(changed):
    assert refusal(Counter().ask(**changed)) is Reason.MALFORMED


@pytest.mark.parametrize("by", [user(""), user("a\n"), user("crisis")])
@pytest.mark.parametrize("key", ["", "x" * 64, "0" * 65])
def test_a_malformed_approval_is_refused(by, key):
    assert refusal(Counter().approve(key, by)) is Reason.MALFORMED


def test_whoever_is_not_known_may_nothing():
    counter = Counter()
    key = counter.ask().hash
    assert refusal(counter.ask(by="stranger")) is Reason.UNKNOWN_IDENTITY
    assert refusal(counter.ask(by=Identity(Via.CERTIFICATE, "crisis"))) is Reason.UNKNOWN_IDENTITY
    assert refusal(counter.approve(key, "stranger")) is Reason.UNKNOWN_IDENTITY
    assert refusal(counter.approve(key, "reader")) is Reason.NOT_YOUR_ROLE
    assert refusal(counter.approve(key, "planner")) is Reason.NOT_YOUR_ROLE
    assert refusal(counter.ask("order everything")) is Reason.UNKNOWN_VERB


@pytest.mark.parametrize("left", [{"roles": frozenset()}, {"identities": ()}, {"id": "other"}])
def test_whoever_lost_his_role_is_not_obeyed_because_somebody_agrees(left):
    crisis = {"id": "crisis", "identities": (user("crisis"),), "roles": frozenset({Role.CRISIS})}
    operator = Person(
        id="operator", identities=(user("operator"),), roles=frozenset({Role.OPERATOR})
    )
    counter = Counter(People([Person(**crisis), operator]))
    key = counter.ask().hash
    counter.people = People([Person(**crisis | left), operator])
    assert refusal(counter.approve(key)) is Reason.AUTHOR_GONE


def test_an_answering_point_pauses_itself_alone_and_nobody_else():
    counter = Counter()
    assert counter.ask(by="desk-29").ruling is Ruling.ALLOWED
    assert counter.ask("order resume", by="desk-29").ruling is Ruling.ALLOWED
    other = {"psap": "CRRA15-56"}
    assert refusal(counter.ask(by="desk-29", arguments=other)) is Reason.NOT_YOUR_ROLE
    assert refusal(counter.ask("order divert", by="desk-29")) is Reason.NOT_YOUR_ROLE
    assert refusal(counter.ask(by="nobody", arguments={"psap": ""})) is Reason.NOT_YOUR_ROLE


def crowd(count, role=Role.CRISIS):
    """Many persons of one role, and the others."""
    first = [person(f"{role.value}-{number}", role) for number in range(count)]
    return People(
        [
            *first,
            person("crisis", Role.CRISIS),
            person("desk-29", psap="CRRA15-29"),
            person("planner", Role.PLANNER),
        ]
    )


def test_only_so_many_wait():
    counter = Counter(crowd(4))
    for number in range(WAITING_MAX):
        by = f"crisis-{number // ORDERS_EACH_MAX}"
        assert counter.ask(by=by, nonce=f"{number:016}").ruling is Ruling.WAITING
    assert refusal(counter.ask()) is Reason.TOO_MANY
    assert counter.ask(by="desk-29").ruling is Ruling.ALLOWED, "its own needs nobody's approval"
    later = NOW + APPROVAL_US
    assert counter.ask(now=later, asked_at=later).ruling is Ruling.WAITING


@pytest.mark.parametrize(
    ("verb", "by", "other", "each_max"),
    [
        ("order pause", "crisis", "crisis-2", ORDERS_EACH_MAX),
        ("site maintain", "operator", "operator-2", OTHERS_EACH_MAX),
    ],
)
def test_one_person_leaves_room_for_the_others(verb, by, other, each_max):
    counter = Counter()
    for number in range(each_max):
        assert counter.ask(verb, by=by, nonce=f"{number:016}").ruling is Ruling.WAITING
    assert refusal(counter.ask(verb, by=by)) is Reason.TOO_MANY
    assert counter.ask(verb, by=other).ruling is Ruling.WAITING


def test_what_else_waits_keeps_no_order_out():
    counter = Counter(crowd(10, Role.OPERATOR))
    for number in range(WAITING_MAX):
        asked = counter.ask(
            "site maintain", by=f"operator-{number // OTHERS_EACH_MAX}", nonce=f"{number:016}"
        )
        assert asked.ruling is Ruling.WAITING
    assert counter.ask().ruling is Ruling.WAITING
    assert counter.ask("change abort").ruling is Ruling.ALLOWED
    assert refusal(counter.ask("activate", by="planner")) is Reason.TOO_MANY


def fill(verb, author, count):
    return Desk(used={f"{number:064}": Used(verb, author, NOW + 1) for number in range(count)})


def test_only_so_many_are_remembered():
    desk = fill("order pause", "other", USED_MAX)
    assert judge(ask(), desk, PEOPLE, now=NOW).reason is Reason.TOO_MANY
    assert judge(ask("order list"), desk, PEOPLE, now=NOW).ruling is Ruling.ALLOWED
    assert judge(ask(), desk, PEOPLE, now=NOW + 1).ruling is Ruling.WAITING
    desk = fill("change abort", "other", USED_MAX)
    assert judge(ask(), desk, PEOPLE, now=NOW).ruling is Ruling.WAITING
    assert judge(ask("change abort"), desk, PEOPLE, now=NOW).reason is Reason.TOO_MANY
    desk = fill("order pause", "crisis", USED_EACH_MAX)
    assert judge(ask(), desk, PEOPLE, now=NOW).reason is Reason.TOO_MANY
    assert judge(ask(by="crisis-2"), desk, PEOPLE, now=NOW).ruling is Ruling.WAITING
