from types import MappingProxyType

import pytest

from route112.apps.planner.engine.reports import Reports
from route112.change import Generation, State
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
