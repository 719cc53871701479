import pytest
from tests.support.alarms import series
from tests.support.seen import T0, S, see

from route112.watch.alarms import sightings
from route112.watch.alarms.changes import Happening
from route112.watch.alarms.sightings import Sightings
from route112.watch.findings import Change
from route112.watch.values import SeenTry

MINUTE = 60 * S


@pytest.fixture
def seen():
    return Sightings(number_of=str, departement_of=lambda commune: commune[:2])


def rung(outcome="failed", party="joint", **values):
    usual = {"station": "site-1", "psap": "A", "number": "+33261910015", "hop": "h:1"}
    said = {"via": "rtc", "outcome": outcome, "party": party}
    return SeenTry(**{**usual, **said, **values})


def pair(seen, since_us=T0, **values):
    count = seen.count(since_us).get(series(**values))
    return None if count is None else (count.served, count.failed)


def test_a_call_counts_for_each_of_its_elements(seen):
    seen.add_end(see(tries=(rung(),), party="joint"))
    assert pair(seen, number="15") == (0, 1)
    assert pair(seen, number="15", departement="29") == (0, 1)
    assert pair(seen, number="15", operator="bruyere", technology="mobile") == (0, 1)
    assert pair(seen, trunk="h:1") == pair(seen, psap="A") == (0, 1)
    assert pair(seen, site="site-1") == pair(seen, edge="bruyere-edge-1") == (1, 0)
    assert pair(seen, edge="bruyere-edge-1", site="site-1") == (1, 0)
    assert seen.count_parties(T0) == {"joint": 1}


def test_a_site_that_passed_a_call_on_failed_although_the_call_was_answered(seen):
    seen.add_end(see(outcome="answered", passed=("site-1", "site-2"), site="site-2"))
    assert pair(seen, site="site-1") == (0, 1)
    assert pair(seen, site="site-2") == pair(seen, number="15") == (1, 0)


def test_no_site_is_blamed_where_none_had_the_call(seen):
    seen.add_end(see(edge="", site="", passed=(), party="edge"))
    assert {unit.cut for unit in seen.count(T0)}.isdisjoint({("site",), ("edge",)})


def test_a_site_without_an_edge_is_judged_alone(seen):
    seen.add_end(see(edge="", passed=(), party="site"))
    assert pair(seen, site="site-1") == (0, 1)
    assert ("edge", "site") not in {unit.cut for unit in seen.count(T0)}


def test_a_call_that_was_forgotten_is_its_sites_failure(seen):
    seen.add_end(see(outcome="unknown", party=""))
    assert pair(seen, site="site-1") == (0, 1)
    assert pair(seen, edge="bruyere-edge-1") == (1, 0)


@pytest.mark.parametrize(
    "values",
    [
        {"is_test": True},
        {"corrects": True},
        {"party": "origin"},
        {"outcome": "cancelled", "party": ""},
    ],
)
def test_what_says_nothing_is_left_out(seen, values):
    seen.add_end(see(**values))
    assert seen.count(T0) == {}


def test_who_tries_again_counts_once_in_two_minutes(seen):
    for call in "abc":
        seen.add_end(see(call))
    assert pair(seen, number="15") == (0, 1)
    seen.add_end(see("d", outcome="answered"))
    assert pair(seen, number="15") == (1, 1)
    for call in "ef":
        seen.add_end(see(call, caller="anonymous"))
    assert pair(seen, number="15") == (1, 3)


@pytest.mark.parametrize(
    "each", [rung("open", ""), rung(cause="full"), rung(cause="held")], ids=str
)
def test_a_try_that_says_nothing_of_a_gateway_is_left_out(seen, each):
    seen.add_end(see(tries=(each,)))
    assert pair(seen, trunk="h:1") is None


def test_a_busy_caller_is_no_failure_of_the_gateway(seen):
    seen.add_end(see(tries=(rung(party="site"), rung("answered", "", hop="h:2"))))
    assert pair(seen, trunk="h:1") == pair(seen, trunk="h:2") == (1, 0)


def test_minutes_are_told_apart_and_forgotten_after_an_hour(seen):
    seen.add_end(see("a", 0, caller="a"))
    seen.add_end(see("b", 600, caller="b"))
    assert pair(seen, number="15") == (0, 2)
    assert pair(seen, T0 + 300 * S, number="15") == (0, 1)
    assert seen.count_parties(T0 + 300 * S) == {"psap": 1}
    seen.tick(T0 + 3_700 * S)
    assert pair(seen, number="15") == (0, 1)


def test_it_forgets_once_a_minute_and_finds_nothing(seen):
    seen.add_arrival(see())
    assert seen.count(T0) == {}
    seen.add_end(see())
    seen.tick(T0 + 3_600 * S)
    assert pair(seen, number="15") == (0, 1)
    assert seen.tick(T0 + 3_650 * S) == Change()
    assert pair(seen, number="15") == (0, 1)
    seen.tick(T0 + 3_700 * S)
    assert pair(seen, number="15") is None


def test_what_is_unknown_is_a_value_of_its_own(seen):
    seen.add_end(see(commune="", technology="x" * 99))
    assert pair(seen, departement="?") == (0, 1)
    assert pair(seen, operator="bruyere", technology="x" * 64) == (0, 1)


def test_a_minute_has_room_for_so_many_elements(seen, monkeypatch):
    monkeypatch.setattr(sightings, "UNITS_MAX", 2)
    seen.add_end(see())
    assert len(seen.count(T0)) == 2


def test_a_site_that_takes_another_snapshot_is_a_move(seen, monkeypatch):
    seen.add_end(see("a", 0, generation=42))
    assert seen.list_moves() == ()
    seen.add_end(see("b", 10, generation=43, caller="b"))
    seen.add_end(see("c", 11, generation=42, caller="c"))
    seen.add_end(see("d", 12, generation=0, caller="d"))
    moved = Happening(what="snapshot g43", dimension="site", value="site-1", at_us=T0 + 10 * S)
    assert seen.list_moves() == (moved,)
    monkeypatch.setattr(sightings, "MOVES_MAX", 1)
    seen.add_end(see("e", 20, generation=44, caller="e"))
    seen.tick(T0 + 20 * S)
    assert [move.what for move in seen.list_moves()] == ["snapshot g44"]


def test_who_hung_up_while_it_rang_came_all_the_same(seen):
    seen.add_end(see(outcome="cancelled", party="", ring_ms=900))
    assert seen.count(T0) == {}
    assert seen.traces.index(T0).everything == 1


def test_callers_are_counted_by_the_site_that_had_them_whoever_failed(seen):
    seen.add_end(see("a", caller="a", party="carrier"))
    seen.add_end(see("b", caller="b", outcome="answered"))
    seen.add_end(see("c", caller="c", site=""))
    counts = seen.count_sites(T0)
    assert {site: (each.failed, each.served) for site, each in counts.items()} == {
        "site-1": (1, 1)
    }
    assert seen.count_sites(T0 + 600 * S) == {}
