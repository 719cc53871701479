from dataclasses import replace

import pytest
from tests.support.kept import (
    AT_EDGE,
    AT_SITE,
    OTHER,
    REST,
    give,
    list_calls,
    list_ends,
    list_told,
)
from tests.support.seen import T0, S, see, see_try

from route112.adapters.watch_store import Calls, load_counts
from route112.adapters.watch_store.calls import LEFTS_KEPT_US


def test_sites_that_an_edge_left_are_kept_for_an_hour(store):
    tried = (see_try(station="bruyere-edge-1"),)
    give(store, see("c1", outcome="answered", passed=("site-1", "site-2"), site="site-2"))
    give(store, see("c2", outcome="answered", passed=("site-1",), tries=tried, site=""))
    give(store, see("c3", outcome="answered", passed=("site-3",), site="site-3"))
    query = "SELECT person, began_us, number, commune, site FROM lefts ORDER BY id"
    found = store.execute(query).fetchall()
    assert found == [(1, T0, "15", "29019", "site-1")] * 2
    Calls(store).forget_lefts(T0 + LEFTS_KEPT_US)
    assert len(store.execute(query).fetchall()) == 2
    Calls(store).forget_lefts(T0 + LEFTS_KEPT_US + 1)
    assert store.execute(query).fetchall() == []


def test_a_correction_is_the_same_call(store):
    give(store, see("c1", outcome="unknown"))
    give(store, see("c1", outcome="answered", corrects=True))
    assert list_calls(store) == [("c1", "answered", 1)]
    assert load_counts(store) == {"calls": 1, "corrected": 1}
    give(store, see("c9", outcome="answered", corrects=True))
    assert len(list_calls(store)) == 2, "what it corrects has been forgotten"


def test_one_number_is_one_person_and_no_number_is_somebody_else(store):
    give(store, see("c1"))
    give(store, see("c2", at_s=60), at_us=T0 + 65 * S)
    give(store, see("c3", caller="anonymous", outcome="unknown"))
    give(store, see("c4", caller=""))
    give(store, see("c3", caller="", outcome="failed", corrects=True))
    give(store, see("c5", is_test=True))
    people = [person for _, _, person in list_calls(store)]
    assert people == [1, 1, 2, 3, None]
    query = "SELECT caller, last_us FROM people WHERE id = 1"
    assert store.execute(query).fetchone() == ("+33639981234", T0 + 65 * S)


def test_what_a_site_says_late_of_a_call_that_its_edge_has_told_of_is_no_call(store):
    give(store, see("c1", outcome="answered", site="", **AT_EDGE))
    late = see("c1", outcome="unknown", caller="", **AT_SITE)
    assert Calls(store).is_told(late)
    assert not Calls(store).is_told(replace(late, call="c2"))
    give(store, late)
    give(store, replace(late, outcome="failed", corrects=True, came_late=False))
    assert list_told(store) == [("c1", "answered", "bruyere-edge-1", "", "", 0)]
    assert load_counts(store) == {"calls": 1}
    later = see("c1", at_s=61, **AT_SITE)
    assert not Calls(store).is_told(later)
    give(store, later)
    assert len(list_told(store)) == 2, "a Call-ID that is used again later is another call"


def test_what_an_edge_says_late_is_what_the_caller_got(store):
    give(store, see("c1", outcome="answered", reached="A", **AT_SITE))
    give(store, see("c2", outcome="answered", reached="A", **AT_SITE))
    give(store, see("c3", outcome="failed", **AT_SITE))
    give(store, see("c4", outcome="answered", reached="A", **AT_SITE))
    late = {**AT_EDGE, "came_late": True}
    give(store, see("c1", outcome="answered", **late))
    give(store, see("c2", outcome="failed", **late))
    give(store, see("c3", outcome="answered", reached="B", site="", **late))
    give(store, see("c4", outcome="unknown", **late))
    edge = "bruyere-edge-1"
    assert list_told(store) == [
        ("c1", "answered", edge, "site-1", "A", 0),
        ("c2", "failed", edge, "site-1", "", 1),
        ("c3", "answered", edge, "", "B", 0),
        ("c4", "answered", "", "site-1", "A", 0),
    ]
    assert load_counts(store) == {"calls": 4, "corrected": 3}


@pytest.mark.parametrize("side", [{"edge": "bruyere-edge-1"}, {"edge": ""}])
@pytest.mark.parametrize(("outcome", "lost"), [("answered", 0), ("failed", 1), ("cancelled", 1)])
def test_an_end_that_nobody_waited_for_any_more_is_of_its_attempt(store, side, outcome, lost):
    give(store, see("c1 2", outcome="unknown", **side))
    answer_ms = 900 if outcome == "answered" else None
    rest = see("c1", 80, outcome=outcome, answer_ms=answer_ms, **side, **REST)
    ring = replace(rest, outcome="unknown", answer_ms=None)
    assert Calls(store).is_told(ring)
    give(store, ring)
    give(store, rest)
    until_ms = None if answer_ms is None else 80_900
    assert list_ends(store) == [("c1 2", "15", outcome, lost, 1, None, until_ms)]
    assert load_counts(store) == {"calls": 1, "corrected": 1}


def test_a_ring_that_came_with_a_late_end_is_kept(store):
    give(store, see("c1", outcome="unknown"))
    give(store, see("c1", 5, outcome="cancelled", ring_ms=100, **REST))
    assert list_ends(store) == [("c1", "15", "cancelled", 0, 1, 5_100, None)]


BOTH = pytest.mark.parametrize("came_late", [False, True])


@BOTH
@pytest.mark.parametrize(("edge", "site"), [("failed", "answered"), ("answered", "failed")])
def test_a_call_of_which_two_sides_tell_far_apart_is_counted_once(store, came_late, edge, site):
    at_edge = {**AT_EDGE, "came_late": came_late, "outcome": edge}
    at_site = {**AT_SITE, "came_late": came_late, "outcome": site}
    for number, sides in enumerate(([at_edge, at_site], [at_site, at_edge])):
        first, second = (see(f"c{number}", **each) for each in sides)
        give(store, first)
        assert Calls(store).is_told(second)
        give(store, second)
    assert [(outcome, lost) for _, outcome, *_, lost in list_told(store)] == [
        (edge, edge == "failed")
    ] * 2
    assert load_counts(store) == {"calls": 2, "corrected": 1}


@pytest.mark.parametrize("outcome", ["answered", "cancelled"])
def test_who_fails_at_a_site_when_an_edge_had_let_him_go_is_not_forgotten(store, outcome):
    give(store, see("c1", lasts_s=2, outcome=outcome, **AT_EDGE))
    give(store, see("c1", 3, **AT_SITE))
    assert [lost for *_, lost in list_told(store)] == [0, 1]


IN_VAIN = (see_try(outcome="failed", cause="timeout", party="psap"),)


def test_who_gave_up_where_a_site_let_it_ring_in_vain_is_lost_whoever_tells_first(store):
    left = {"outcome": "cancelled", "ring_ms": 100}
    at_edge, at_site = {**AT_EDGE, **left}, {**AT_SITE, **left, "tries": IN_VAIN}
    give(store, see("c1", **at_edge))
    give(store, see("c1", **at_site))
    give(store, see("c2", **at_site))
    give(store, see("c2", **at_edge))
    give(store, see("c3", **at_edge))
    give(store, see("c3", **AT_SITE))
    assert [(call, edge, lost) for call, _, edge, _, _, lost in list_told(store)] == [
        ("c1", "bruyere-edge-1", 1),
        ("c2", "bruyere-edge-1", 1),
        ("c3", "bruyere-edge-1", 0),
    ]


@pytest.mark.parametrize(
    ("outcome", "reached", "lost"), [("answered", "B", 0), ("failed", "", 1), ("cancelled", "", 0)]
)
def test_what_two_sites_told_alone_is_one_call_when_its_edge_speaks(store, outcome, reached, lost):
    give(store, see("c1", outcome="cancelled", lasts_s=1, **AT_SITE))
    second = {**AT_SITE, "site": "site-2", "lasts_s": 1}
    give(store, see("c1", 1, outcome="answered", reached="B", **second))
    passed = {"passed": ("site-1", "site-2"), "site": "site-2", "lasts_s": 3}
    give(store, see("c1", outcome=outcome, **passed, **AT_EDGE))
    edge = "bruyere-edge-1"
    assert list_told(store) == [("c1", outcome, edge, "site-2", reached, lost)]


def test_who_gave_up_where_any_of_two_sites_let_it_ring_in_vain_is_lost(store):
    left = {"outcome": "cancelled", "ring_ms": 100}
    give(store, see("c1", **left, **AT_SITE))
    give(store, see("c1", 1, **left, **{**AT_SITE, "site": "site-2", "tries": IN_VAIN}))
    give(store, see("c1", **left, **AT_EDGE, passed=("site-1", "site-2")))
    assert [lost for *_, lost in list_told(store)] == [1]


@pytest.mark.parametrize(
    "other",
    [
        see("c1", 6, site="site-2", edge="", passed=()),
        see("c1", 1, site="site-3", edge="", passed=()),
        see("c1", 1, site="site-2", edge="", passed=(), **OTHER),
    ],
)
def test_what_an_edge_cannot_have_passed_on_is_another_attempt(store, other):
    give(store, see("c1", **AT_SITE))
    give(store, other)
    passed = {"passed": ("site-1", "site-2"), "site": "site-2"}
    give(store, see("c1", outcome="answered", **passed, **AT_EDGE))
    assert [lost for *_, lost in list_told(store)] == [0, 1]


@pytest.mark.parametrize(("end", "lost"), [(None, 1), ("cancelled", 1), ("answered", 0)])
def test_whom_a_site_saw_leave_is_called_back_while_his_edge_does_not_say_what_he_got(
    store, end, lost
):
    give(store, see("c1", outcome="cancelled", lasts_s=0.5, **AT_SITE))
    give(store, see("c2", outcome="cancelled", lasts_s=0.5, is_test=True, **AT_SITE))
    assert [lost for *_, lost in list_told(store)] == [0, 0]
    give(store, see("c1", outcome="unknown", **AT_EDGE))
    give(store, see("c2", outcome="unknown", is_test=True, **AT_EDGE))
    if end is not None:
        give(store, see("c1", outcome=end, lasts_s=0.5, corrects=True, **AT_EDGE))
    assert [lost for *_, lost in list_told(store)] == [lost, 0]


def test_what_was_heard_is_as_long_ago_when_the_clock_steps(store):
    give(store, see(heard_us=T0, end_heard_us=T0 + S))
    Calls(store).move_clock(-3_600 * S)
    rows = store.execute("SELECT heard_us, end_heard_us FROM calls").fetchall()
    assert rows == [(T0 - 3_600 * S, T0 - 3_599 * S)]
