import pytest
from tests.support.kept import (
    AT_EDGE,
    AT_SITE,
    OTHER,
    REST,
    give,
    list_calls,
    list_ends,
    list_lost,
    list_told,
)
from tests.support.seen import CALLER, T0, S, see

from route112.adapters.watch_store import Calls


@pytest.mark.parametrize("whose", [OTHER, {"caller": "+33639989999"}, {**OTHER, "caller": ""}])
def test_who_fails_at_a_site_under_the_call_id_of_another_caller_is_not_known(store, whose):
    give(store, see("c1", outcome="answered", **AT_EDGE))
    late = see("c1", at_s=20, **AT_SITE, **whose)
    assert not Calls(store).is_told(late)
    give(store, late)
    assert list_lost(store) == [("c1", whose["caller"], "failed")]


def test_what_an_edge_says_late_of_another_caller_takes_nobody_off_the_list(store):
    give(store, see("c1", **AT_SITE))
    late = {**AT_EDGE, "came_late": True}
    give(store, see("c1", at_s=20, outcome="answered", **late, **OTHER))
    assert list_lost(store) == [("c1", CALLER, "failed")]
    give(store, see("c1 2", outcome="answered", **late))
    assert list_lost(store) == [], "it is the second one under its Call-ID this time"
    assert len(list_told(store)) == 2


def test_whoever_has_no_number_is_not_sought_under_other_names(store):
    give(store, see("c1", caller="", **AT_SITE))
    late = {**AT_EDGE, "came_late": True}
    give(store, see("c1 2", caller="", outcome="answered", **late))
    assert list_lost(store) == [("c1", "", "failed")]
    give(store, see("c10", outcome="answered", **late))
    assert len(list_told(store)) == 3


@pytest.mark.parametrize(
    "unknown", [see("c1", outcome="unknown", **OTHER), see("c1", -700, outcome="unknown")]
)
def test_a_correction_is_of_nobody_else_and_of_no_call_long_ago(store, unknown):
    give(store, unknown)
    give(store, see("c1", outcome="answered", corrects=True))
    assert [outcome for *_, outcome in list_lost(store)] == ["unknown"]
    assert [outcome for _, outcome, _ in list_calls(store)] == ["unknown", "answered"]


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
def test_an_end_that_may_be_of_others_is_of_nobody(store, other):
    if " " in other.call:
        give(store, see("c1", outcome="unknown"))
    give(store, other)
    before = list_ends(store)
    give(store, see("c1", 80, outcome="answered", **REST))
    assert list_ends(store)[:-1] == before


def test_an_end_that_seems_to_be_in_time_is_of_its_attempt_too(store):
    give(store, see("c1", outcome="unknown"))
    give(store, see("c1", 80, outcome="answered", **{**REST, "came_late": False}))
    assert [each[1:4] for each in list_ends(store)] == [("15", "answered", 0)]


def test_each_of_two_attempts_under_one_call_id_finds_its_own_other_side(store):
    give(store, see("c1", outcome="failed", **AT_SITE))
    give(store, see("c1", 20, outcome="failed", **AT_SITE))
    give(store, see("c1", outcome="answered", **AT_EDGE))
    give(store, see("c1", 20, outcome="failed", **AT_EDGE))
    query = "SELECT began_us, outcome FROM calls ORDER BY id"
    found = store.execute(query).fetchall()
    assert found == [(T0, "answered"), (T0 + 20 * S, "failed")]
