from dataclasses import replace

import pytest
from tests.support.seen import T0, S, see, see_try

from route112.adapters.watch_store import Absence, Journal, Position, Refusal, open_store
from route112.adapters.watch_store.journal import LEFTS_KEPT_US
from route112.watch.calls.joining import CORRECTED_US, DONE_KEPT_US
from route112.watch.calls.strands import Given, Whose
from route112.wire.record_lines import Record

GIVEN = Given(
    T0,
    Whose("bruyere", "+33639981234"),
    by_edge=True,
    stations=frozenset({"bruyere-edge-1", "site-1"}),
)


@pytest.fixture
def journal(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    yield Journal(store)
    store.close()


def record(call="c1", sequence=1):
    return Record("attempt", {"call": call, "caller": "+33639981234"}, T0, "w", sequence)


def give(journal, call, *, awaits=False, at_us=T0):
    journal.give(call, at_us=at_us, awaits=awaits, place="Brest", taken_us=at_us)


def list_calls(journal):
    query = "SELECT call, outcome, person FROM calls ORDER BY id"
    return journal._store.execute(query).fetchall()


def test_positions_are_kept(journal):
    journal.move("a", record(sequence=1))
    journal.move("a", record(sequence=9))
    journal.note_taken("w", 5, [(7, 9)])
    assert journal.load_positions() == {"a": Position("w", 9)}
    assert journal.load_taken() == ({"w": 5}, {"w": [(7, 9)]})


def test_who_is_away_is_kept(journal):
    away = [Absence("a", "site-1", T0), Absence("b", "edge-1", T0 + 1)]
    journal.note_absences(away)
    assert journal.load_absences() == away
    journal.note_absences(away[1:])
    assert journal.load_absences() == away[1:]


def test_records_of_open_calls_are_kept_until_the_call_is_given(journal):
    journal.hold("c1", record("c1", 1))
    journal.hold("c1 2", record("c1", 2))
    journal.hold("c1", record("c1", 3))
    assert [each.sequence for _, each in journal.load_held().records] == [1, 2, 3]
    assert journal.load_held().records[1] == ("c1 2", record("c1", 2))
    give(journal, see("c1"))
    held = journal.load_held()
    assert [name for name, _ in held.records] == ["c1 2"]
    assert (held.given, held.unknown) == ({"c1": GIVEN}, frozenset())


def test_records_of_an_unknown_call_are_kept_until_nobody_waits(journal):
    journal.hold("c1", record())
    give(journal, see("c1", outcome="unknown"), awaits=True)
    give(journal, see("c2"))
    journal.forget_given(T0 + DONE_KEPT_US + 1)
    held = journal.load_held()
    assert (len(held.records), held.given, held.unknown) == (1, {"c1": GIVEN}, {"c1"})
    journal.forget_given(T0 + CORRECTED_US + 1)
    held = journal.load_held()
    assert (held.records, held.given) == ((), {})


def test_a_correction_is_the_same_call(journal):
    give(journal, see("c1", outcome="unknown"), awaits=True)
    give(journal, see("c1", outcome="answered", corrects=True))
    assert list_calls(journal) == [("c1", "answered", 1)]
    assert journal.load_counts() == {"calls": 1, "corrected": 1}
    give(journal, see("c9", outcome="answered", corrects=True))
    assert len(list_calls(journal)) == 2, "what it corrects has been forgotten"


def test_one_number_is_one_person_and_no_number_is_somebody_else(journal):
    give(journal, see("c1"))
    give(journal, see("c2", at_s=60), at_us=T0 + 65 * S)
    give(journal, see("c3", caller="anonymous", outcome="unknown"), awaits=True)
    give(journal, see("c4", caller=""))
    give(journal, see("c3", caller="", outcome="failed", corrects=True))
    give(journal, see("c5", is_test=True))
    people = [person for _, _, person in list_calls(journal)]
    assert people == [1, 1, 2, 3, None]
    query = "SELECT caller, last_us FROM people WHERE id = 1"
    assert journal._store.execute(query).fetchone() == ("+33639981234", T0 + 65 * S)


def test_counts_add_up(journal):
    journal.count("records", 3)
    journal.count("records", 4)
    assert journal.load_counts() == {"records": 7}


def test_what_a_station_refuses_is_kept_until_it_has_a_later_generation(journal):
    first, edge = Refusal("site", "site-1", 42, T0), Refusal("edge", "e", 42, T0)
    for refusal in (first, edge, Refusal("site", "site-1", 42, T0 + S)):
        journal.note_refusal(refusal)
    journal.forget_refusal("site", "site-1", 42)
    assert journal.list_refusals() == [edge, Refusal("site", "site-1", 42, T0 + S)]
    journal.forget_refusal("site", "site-1", 43)
    assert journal.list_refusals() == [edge]


def test_what_was_given_is_as_long_ago_when_the_clock_steps(journal):
    assert journal.load_step() == 0
    journal.note_step(T0)
    heard = {"heard_us": T0, "end_heard_us": T0 + S}
    journal.give(see(**heard), at_us=T0, awaits=False, place="", taken_us=T0)
    journal.move_clock(-3_600 * S)
    rows = journal._store.execute("SELECT heard_us, end_heard_us FROM calls").fetchall()
    assert rows == [(T0 - 3_600 * S, T0 - 3_599 * S)]
    assert journal.load_step() == T0
    assert journal.load_held().given == {"c1": replace(GIVEN, at_us=T0 - 3_600 * S)}


def test_sites_that_an_edge_left_are_kept_for_an_hour(journal):
    tried = (see_try(station="bruyere-edge-1"),)
    give(journal, see("c1", outcome="answered", passed=("site-1", "site-2"), site="site-2"))
    give(journal, see("c2", outcome="answered", passed=("site-1",), tries=tried, site=""))
    give(journal, see("c3", outcome="answered", passed=("site-3",), site="site-3"))
    query = "SELECT person, began_us, number, commune, site FROM lefts ORDER BY id"
    found = journal._store.execute(query).fetchall()
    assert found == [(1, T0, "15", "29019", "site-1")] * 2
    journal.forget_given(T0 + LEFTS_KEPT_US)
    assert len(journal._store.execute(query).fetchall()) == 2
    journal.forget_given(T0 + LEFTS_KEPT_US + 1)
    assert journal._store.execute(query).fetchall() == []


def test_the_newest_time_of_each_writer_is_kept(journal):
    assert journal.load_newest() == {}
    journal.note_newest("w", T0)
    journal.note_newest("w", T0 + S)
    assert journal.load_newest() == {"w": T0 + S}


AT_EDGE = {"edge": "bruyere-edge-1", "tries": ()}
AT_SITE = {"edge": "", "passed": (), "came_late": True}


def list_told(journal):
    query = "SELECT call, outcome, edge, site, reached, lost FROM calls ORDER BY id"
    return journal._store.execute(query).fetchall()


def test_what_a_site_says_late_of_a_call_that_its_edge_has_told_of_is_no_call(journal):
    give(journal, see("c1", outcome="answered", site="", **AT_EDGE))
    late = see("c1", outcome="unknown", caller="", **AT_SITE)
    assert journal.is_told(late)
    assert not journal.is_told(replace(late, call="c2"))
    give(journal, late, awaits=True)
    give(journal, replace(late, outcome="failed", corrects=True, came_late=False))
    assert list_told(journal) == [("c1", "answered", "bruyere-edge-1", "", "", 0)]
    assert journal.load_counts() == {"calls": 1}
    later = see("c1", at_s=61, **AT_SITE)
    assert not journal.is_told(later)
    give(journal, later)
    assert len(list_told(journal)) == 2, "a Call-ID that is used again later is another call"


def test_what_an_edge_says_late_is_what_the_caller_got(journal):
    give(journal, see("c1", outcome="answered", reached="A", **AT_SITE))
    give(journal, see("c2", outcome="answered", reached="A", **AT_SITE))
    give(journal, see("c3", outcome="failed", **AT_SITE))
    give(journal, see("c4", outcome="answered", reached="A", **AT_SITE))
    late = {**AT_EDGE, "came_late": True}
    give(journal, see("c1", outcome="answered", **late))
    give(journal, see("c2", outcome="failed", **late))
    give(journal, see("c3", outcome="answered", reached="B", site="", **late))
    give(journal, see("c4", outcome="unknown", **late), awaits=True)
    edge = "bruyere-edge-1"
    assert list_told(journal) == [
        ("c1", "answered", edge, "site-1", "A", 0),
        ("c2", "failed", edge, "site-1", "", 1),
        ("c3", "answered", edge, "", "B", 0),
        ("c4", "answered", "", "site-1", "A", 0),
    ]
    assert journal.load_counts() == {"calls": 4, "corrected": 3}


OTHER = {"caller": "+33639989999", "operator": "ecume"}


def list_lost(journal):
    query = (
        "SELECT c.call, p.caller, c.outcome FROM calls c JOIN people p ON p.id = c.person"
        " WHERE c.lost ORDER BY c.id"
    )
    return journal._store.execute(query).fetchall()


@pytest.mark.parametrize("whose", [OTHER, {"caller": "+33639989999"}, {**OTHER, "caller": ""}])
def test_who_fails_at_a_site_under_the_call_id_of_another_caller_is_not_known(journal, whose):
    give(journal, see("c1", outcome="answered", **AT_EDGE))
    late = see("c1", at_s=20, **AT_SITE, **whose)
    assert not journal.is_told(late)
    give(journal, late)
    assert list_lost(journal) == [("c1", whose["caller"], "failed")]


def test_what_an_edge_says_late_of_another_caller_takes_nobody_off_the_list(journal):
    give(journal, see("c1", **AT_SITE))
    late = {**AT_EDGE, "came_late": True}
    give(journal, see("c1", at_s=20, outcome="answered", **late, **OTHER))
    assert list_lost(journal) == [("c1", GIVEN.whose.caller, "failed")]
    give(journal, see("c1 2", outcome="answered", **late))
    assert list_lost(journal) == [], "it is the second one under its Call-ID this time"
    assert len(list_told(journal)) == 2


def test_whoever_has_no_number_is_not_sought_under_other_names(journal):
    give(journal, see("c1", caller="", **AT_SITE))
    late = {**AT_EDGE, "came_late": True}
    give(journal, see("c1 2", caller="", outcome="answered", **late))
    assert list_lost(journal) == [("c1", "", "failed")]
    give(journal, see("c10", outcome="answered", **late))
    assert len(list_told(journal)) == 3


@pytest.mark.parametrize(
    "unknown", [see("c1", outcome="unknown", **OTHER), see("c1", -700, outcome="unknown")]
)
def test_a_correction_is_of_nobody_else_and_of_no_call_long_ago(journal, unknown):
    give(journal, unknown, awaits=True)
    give(journal, see("c1", outcome="answered", corrects=True))
    assert [outcome for *_, outcome in list_lost(journal)] == ["unknown"]
    assert [outcome for _, outcome, _ in list_calls(journal)] == ["unknown", "answered"]


REST = {"number": "", "operator": "", "caller": "", "lasts_s": 0, "came_late": True}


def list_ends(journal):
    query = "SELECT call, number, outcome, lost, person, ring_ms, answer_ms FROM calls ORDER BY id"
    return journal._store.execute(query).fetchall()


@pytest.mark.parametrize("side", [{"edge": "bruyere-edge-1"}, {"edge": ""}])
@pytest.mark.parametrize(("outcome", "lost"), [("answered", 0), ("failed", 1), ("cancelled", 1)])
def test_an_end_that_nobody_waited_for_any_more_is_of_its_attempt(journal, side, outcome, lost):
    give(journal, see("c1 2", outcome="unknown", **side), awaits=True)
    answer_ms = 900 if outcome == "answered" else None
    rest = see("c1", 80, outcome=outcome, answer_ms=answer_ms, **side, **REST)
    ring = replace(rest, outcome="unknown", answer_ms=None)
    assert journal.is_told(ring)
    give(journal, ring)
    give(journal, rest)
    until_ms = None if answer_ms is None else 80_900
    assert list_ends(journal) == [("c1 2", "15", outcome, lost, 1, None, until_ms)]
    assert journal.load_counts() == {"calls": 1, "corrected": 1}


def test_a_ring_that_came_with_a_late_end_is_kept(journal):
    give(journal, see("c1", outcome="unknown"), awaits=True)
    give(journal, see("c1", 5, outcome="cancelled", ring_ms=100, **REST))
    assert list_ends(journal) == [("c1", "15", "cancelled", 0, 1, 5_100, None)]


@pytest.mark.parametrize(
    "other",
    [
        see("c1 2", outcome="unknown", caller="+33639989999"),
        see("c1", -700, outcome="unknown"),
        see("c1", outcome="unknown", edge="bruyere-edge-2"),
        see("c1", outcome="unknown", number="", operator=""),
        see("c1", outcome="failed"),
    ],
)
def test_an_end_that_may_be_of_others_is_of_nobody(journal, other):
    if " " in other.call:
        give(journal, see("c1", outcome="unknown"), awaits=True)
    give(journal, other, awaits=True)
    before = list_ends(journal)
    give(journal, see("c1", 80, outcome="answered", **REST))
    assert list_ends(journal)[:-1] == before


BOTH = pytest.mark.parametrize("came_late", [False, True])


@BOTH
@pytest.mark.parametrize(("edge", "site"), [("failed", "answered"), ("answered", "failed")])
def test_a_call_of_which_two_sides_tell_far_apart_is_counted_once(journal, came_late, edge, site):
    at_edge = {**AT_EDGE, "came_late": came_late, "outcome": edge}
    at_site = {**AT_SITE, "came_late": came_late, "outcome": site}
    for number, sides in enumerate(([at_edge, at_site], [at_site, at_edge])):
        first, second = (see(f"c{number}", **each) for each in sides)
        give(journal, first)
        assert journal.is_told(second)
        give(journal, second)
    assert [(outcome, lost) for _, outcome, *_, lost in list_told(journal)] == [
        (edge, edge == "failed")
    ] * 2
    assert journal.load_counts() == {"calls": 2, "corrected": 1}


def test_an_end_that_seems_to_be_in_time_is_of_its_attempt_too(journal):
    give(journal, see("c1", outcome="unknown"), awaits=True)
    give(journal, see("c1", 80, outcome="answered", **{**REST, "came_late": False}))
    assert [each[1:4] for each in list_ends(journal)] == [("15", "answered", 0)]


def test_it_is_kept_of_what_was_given_whether_an_edge_has_spoken(journal):
    give(journal, see("c1", **AT_SITE))
    alone = replace(GIVEN, by_edge=False, stations=frozenset({"site-1"}))
    assert journal.load_held().given == {"c1": alone}


def test_each_of_two_attempts_under_one_call_id_finds_its_own_other_side(journal):
    give(journal, see("c1", outcome="failed", **AT_SITE))
    give(journal, see("c1", 20, outcome="failed", **AT_SITE))
    give(journal, see("c1", outcome="answered", **AT_EDGE))
    give(journal, see("c1", 20, outcome="failed", **AT_EDGE))
    query = "SELECT began_us, outcome FROM calls ORDER BY id"
    found = journal._store.execute(query).fetchall()
    assert found == [(T0, "answered"), (T0 + 20 * S, "failed")]


@pytest.mark.parametrize("outcome", ["answered", "cancelled"])
def test_who_fails_at_a_site_when_an_edge_had_let_him_go_is_not_forgotten(journal, outcome):
    give(journal, see("c1", lasts_s=2, outcome=outcome, **AT_EDGE))
    give(journal, see("c1", 3, **AT_SITE))
    assert [lost for *_, lost in list_told(journal)] == [0, 1]


IN_VAIN = (see_try(outcome="failed", cause="timeout", party="psap"),)


def test_who_gave_up_where_a_site_let_it_ring_in_vain_is_lost_whoever_tells_first(journal):
    left = {"outcome": "cancelled", "ring_ms": 100}
    at_edge, at_site = {**AT_EDGE, **left}, {**AT_SITE, **left, "tries": IN_VAIN}
    give(journal, see("c1", **at_edge))
    give(journal, see("c1", **at_site))
    give(journal, see("c2", **at_site))
    give(journal, see("c2", **at_edge))
    give(journal, see("c3", **at_edge))
    give(journal, see("c3", **AT_SITE))
    assert [(call, edge, lost) for call, _, edge, _, _, lost in list_told(journal)] == [
        ("c1", "bruyere-edge-1", 1),
        ("c2", "bruyere-edge-1", 1),
        ("c3", "bruyere-edge-1", 0),
    ]


@pytest.mark.parametrize(
    ("outcome", "reached", "lost"), [("answered", "B", 0), ("failed", "", 1), ("cancelled", "", 0)]
)
def test_what_two_sites_told_alone_is_one_call_when_its_edge_speaks(
    journal, outcome, reached, lost
):
    give(journal, see("c1", outcome="cancelled", lasts_s=1, **AT_SITE))
    second = {**AT_SITE, "site": "site-2", "lasts_s": 1}
    give(journal, see("c1", 1, outcome="answered", reached="B", **second))
    passed = {"passed": ("site-1", "site-2"), "site": "site-2", "lasts_s": 3}
    give(journal, see("c1", outcome=outcome, **passed, **AT_EDGE))
    edge = "bruyere-edge-1"
    assert list_told(journal) == [("c1", outcome, edge, "site-2", reached, lost)]


def test_who_gave_up_where_any_of_two_sites_let_it_ring_in_vain_is_lost(journal):
    left = {"outcome": "cancelled", "ring_ms": 100}
    give(journal, see("c1", **left, **AT_SITE))
    give(journal, see("c1", 1, **left, **{**AT_SITE, "site": "site-2", "tries": IN_VAIN}))
    give(journal, see("c1", **left, **AT_EDGE, passed=("site-1", "site-2")))
    assert [lost for *_, lost in list_told(journal)] == [1]


@pytest.mark.parametrize(
    "other",
    [
        see("c1", 6, site="site-2", edge="", passed=()),
        see("c1", 1, site="site-3", edge="", passed=()),
        see("c1", 1, site="site-2", edge="", passed=(), **OTHER),
    ],
)
def test_what_an_edge_cannot_have_passed_on_is_another_attempt(journal, other):
    give(journal, see("c1", **AT_SITE))
    give(journal, other)
    passed = {"passed": ("site-1", "site-2"), "site": "site-2"}
    give(journal, see("c1", outcome="answered", **passed, **AT_EDGE))
    assert [lost for *_, lost in list_told(journal)] == [0, 1]


@pytest.mark.parametrize(("end", "lost"), [(None, 1), ("cancelled", 1), ("answered", 0)])
def test_whom_a_site_saw_leave_is_called_back_while_his_edge_does_not_say_what_he_got(
    journal, end, lost
):
    give(journal, see("c1", outcome="cancelled", lasts_s=0.5, **AT_SITE))
    give(journal, see("c2", outcome="cancelled", lasts_s=0.5, is_test=True, **AT_SITE))
    assert [lost for *_, lost in list_told(journal)] == [0, 0]
    give(journal, see("c1", outcome="unknown", **AT_EDGE), awaits=True)
    give(journal, see("c2", outcome="unknown", is_test=True, **AT_EDGE), awaits=True)
    if end is not None:
        give(journal, see("c1", outcome=end, lasts_s=0.5, corrects=True, **AT_EDGE))
    assert [lost for *_, lost in list_told(journal)] == [lost, 0]
