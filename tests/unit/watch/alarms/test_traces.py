import pytest
from tests.support.alarms import series
from tests.support.seen import T0, S, see, see_try

from route112.watch.alarms import traces as module
from route112.watch.alarms.traces import BEFORE_MIN, MINUTE_US, Traces
from route112.watch.series import UNKNOWN

MINUTE = 60


@pytest.fixture
def traces():
    return Traces()


def add(traces, count=1, at_s=0.0, *, is_bad=False, number="15", departement="29", **values):
    for each in range(count):
        call = see(f"{at_s} {each} {number} {departement} {is_bad}", at_s, lasts_s=0, **values)
        traces.add(call, number=number, departement=departement, is_bad=is_bad)


def weigh(traces, since_s=0.0, now_s=60.0, **values):
    index = traces.index(T0 + int(now_s * S))
    return index.weigh(index.find(series(**values)), T0 + int(since_s * S))


def test_a_region_is_all_calls_that_met_an_element(traces):
    add(traces, 3)
    add(traces, 2, departement="56", tries=(see_try("B", hop="h:1"), see_try("C", hop="h:2")))
    index = traces.index(T0)
    assert index.find(series()).bit_count() == 5
    assert index.find(series(departement="56")).bit_count() == 2
    assert index.find(series(departement="56", trunk="h:2")).bit_count() == 2
    assert index.find(series(psap="B", departement="29")) == 0
    assert index.find(series(site="site-9")) == index.find(series(site="site-9")) == 0


def test_what_a_call_does_not_tell_is_unknown(traces):
    add(traces, site="", passed=("site-1",), operator="")
    index = traces.index(T0)
    assert index.find(series(site=UNKNOWN, operator=UNKNOWN)) == index.find(series(site="site-1"))


def test_a_region_is_hit_where_more_calls_meet_trouble_than_use_to(traces):
    add(traces, 10, is_bad=True)
    add(traces, 90, departement="56")
    assert weigh(traces, departement="29") > 25
    assert 0 < weigh(traces) < weigh(traces, departement="29")
    assert weigh(traces, departement="56") == 0
    assert weigh(traces, since_s=30, departement="29") == 0


def test_a_region_is_hit_where_calls_stopped_coming(traces):
    for minute in range(1, BEFORE_MIN + 2):
        add(traces, 6, -minute * MINUTE)
        add(traces, 6, -minute * MINUTE, departement="56")
    add(traces, 30, 100, departement="56")
    assert weigh(traces, now_s=300, departement="29") > 10
    assert weigh(traces, now_s=300, departement="56") == 0
    add(traces, 3, 100)
    assert 0 < weigh(traces, now_s=300, departement="29") < 10


def test_without_some_minutes_before_nobody_knows_what_was_due(traces):
    add(traces, 30, -60)
    assert weigh(traces, now_s=600) == 0


def test_what_is_lost_is_what_met_trouble_and_what_did_not_come(traces):
    for minute in range(1, BEFORE_MIN + 2):
        add(traces, 6, -minute * MINUTE)
    add(traces, 2, 10, is_bad=True)
    add(traces, 20, 10, departement="56")
    index = traces.index(T0 + 310 * S)
    lost = index.count_lost(index.find(series(departement="29")), T0)
    assert lost == pytest.approx(30.5, abs=1)
    assert index.count_lost(index.find(series(departement="56")), T0) == 0


def test_of_each_minute_so_many_calls_are_kept_and_stand_for_all(traces, monkeypatch):
    monkeypatch.setattr(module, "KEPT_MAX", 20)
    add(traces, 400)
    add(traces, 20, is_bad=True)
    index = traces.index(T0)
    assert index.everything.bit_count() == 40
    assert index.count_lost(index.everything, T0) == 20
    assert index.weigh(index.everything, T0) == 0


def test_values_are_written_once_as_far_as_there_is_room(traces, monkeypatch):
    monkeypatch.setattr(module, "VALUES_MAX", 2)
    add(traces, 2)
    index = traces.index(T0)
    assert index.find(series(number="15", departement="29", psap="A")).bit_count() == 2


def test_what_is_older_than_an_hour_is_forgotten(traces):
    add(traces)
    traces.forget(T0 + module.KEPT_MINUTES * MINUTE_US - MINUTE_US)
    assert traces.index(T0).everything == 1
    traces.forget(T0 + module.KEPT_MINUTES * MINUTE_US)
    assert traces.index(T0).everything == 0


def test_calls_that_failed_name_who_failed_them(traces):
    add(traces, 3, is_bad=True, party="carrier")
    add(traces, 2, is_bad=True, departement="56", party="site")
    add(traces, 4, party="")
    add(traces, 1, at_s=-600, is_bad=True, party="psap")
    index = traces.index(T0)
    assert index.count_parties(index.everything, T0) == {"carrier": 3, "site": 2}
    assert index.count_parties(index.find(series(departement="56")), T0) == {"site": 2}
