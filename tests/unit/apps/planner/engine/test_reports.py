from dataclasses import replace
from types import MappingProxyType

import pytest

from route112.apps.planner.engine.reports import Reports
from route112.change import Change, Generation, Kind, State, Step
from route112.replication import NOTHING, Oddity, Report, Wanted

HASH, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def reports(clock):
    return Reports(lambda: clock[0])


def state(**changed):
    generation = Generation(
        number=7, candidate=HASH, orders=(), parent=0, content_hash=HASH, size=9
    )
    values = {
        "stations": ("site-1",),
        "wanted": MappingProxyType({"site-1": 7}),
        "generations": MappingProxyType({7: generation}),
        "last_number": 7,
    }
    return State(**values | changed)


def report(number=7, content_hash=HASH, station="site-1"):
    return Report(station=station, number=number, content_hash=content_hash)


def test_a_station_is_told_what_it_shall_have(reports, clock):
    assert reports.take(report(), state()) == Wanted(7, HASH, 9)
    assert reports.find_wanted("site-1", state()) == Wanted(7, HASH, 9)
    assert reports.find_wanted("site-9", state()) == NOTHING
    clock[0] += 3
    assert reports.listening_s == 3
    fact = reports.list_facts()["site-1"]
    assert (fact.report, fact.age_s, fact.oddities) == (report(), 3, ())


def test_strangers_are_told_nothing_and_are_not_remembered(reports):
    assert reports.take(report(station="site-9"), state()) == NOTHING
    assert reports.list_facts() == {}


def test_what_is_not_made_yet_is_not_given_out(reports):
    unmade = Generation(number=7, candidate=HASH, orders=(), parent=0)
    assert reports.take(report(), state(generations={7: unmade})) == NOTHING
    assert reports.take(report(), state(generations={})) == NOTHING


def test_oddities_show(reports):
    reports.take(report(), state())
    reports.take(report(content_hash=OTHER), state())
    assert reports.list_facts()["site-1"].oddities == (Oddity.TWO_CONTENTS,)
    reports.take(report(number=9), state())
    assert reports.list_facts()["site-1"].oddities == (Oddity.AHEAD,)
    reports.take(report(), state())
    assert reports.list_facts()["site-1"].oddities == (Oddity.WENT_BACK,)


def test_a_station_with_what_was_never_given_out_gets_nothing_before_it_is_held_either(reports):
    """The turn that holds it comes a moment after the answer to its report."""
    wanted = {"wanted": MappingProxyType({"site-1": 9}), "last_number": 9}
    made = {"generations": MappingProxyType({9: replace(state().generations[7], number=9)})}
    given = state(**wanted, **made, forgotten=range(8, 9))
    assert reports.take(report(number=8), given) == NOTHING
    assert reports.find_wanted("site-1", given) == NOTHING
    held = replace(given, held=MappingProxyType({"site-1": "ahead"}))
    assert reports.find_wanted("site-1", held) == reports.take(report(), held) == NOTHING
    reports.take(report(number=8), held)
    let_pass = replace(given, strange=MappingProxyType({"site-1": 8}))
    assert reports.find_wanted("site-1", let_pass) == Wanted(9, HASH, 9)


def test_a_station_at_the_gate_is_asked_how_it_is_where_nobody_else_sees_it(reports, clock):
    change = Change(
        id="c", kind=Kind.PLAN, author="a", approver="b", reason="r", stations=("site-1", "s2"),
        begun_us=1, step=Step.GATE, since_us=1,
    )  # fmt: skip
    asking = Reports(lambda: clock[0], asks_at_gate=True)
    at_gate = state(stations=("site-1", "s2"), change=change)
    assert asking.take(report(), at_gate).at_gate
    assert not asking.take(report(station="s2"), at_gate).at_gate
    assert not asking.find_wanted("site-1", replace(at_gate, change=None)).at_gate
    offer = replace(at_gate, change=replace(change, step=Step.OFFER))
    assert not asking.find_wanted("site-1", offer).at_gate
    assert not reports.take(report(), at_gate).at_gate


def test_what_a_station_said_last_is_kept_with_its_age(reports, clock):
    assert reports.find_fact("site-1") is None
    reports.take(report(), state())
    clock[0] += 3
    fact = reports.find_fact("site-1")
    assert (fact.report, fact.age_s) == (report(), 3)
