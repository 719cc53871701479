import zlib

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
    assert index.find(series(departement="56", trunk="h:1")).bit_count() == 2
    assert index.find(series(psap="B", departement="29")) == 0
    assert index.find(series(site="site-9")) == index.find(series(site="site-9")) == 0


LOST_ON_A = see_try("A", hop="h:1", outcome="failed")
SERVED_BY_B = see_try("B", hop="h:2", station="site-2")


@pytest.mark.parametrize(
    ("call", "told", "not_told"),
    [
        pytest.param(
            {"tries": (LOST_ON_A, SERVED_BY_B)},
            {"site": "site-1", "psap": "A", "trunk": "h:1"},
            {"psap": "B", "trunk": "h:2"},
            id="who stands in",
        ),
        pytest.param(
            {"site": "site-2", "passed": ("site-1", "site-2"), "tries": (SERVED_BY_B,)},
            {"site": "site-1"},
            {"site": "site-2", "psap": "B", "trunk": "h:2"},
            id="who serves what a site did not",
        ),
        pytest.param(
            {"tries": (see_try("A", outcome="failed", cause="full"), LOST_ON_A)},
            {"trunk": "h:1", "psap": "A"},
            {"trunk": "hop-A:5060"},
            id="where nobody tried",
        ),
        pytest.param(
            {"psap": "", "outcome": "failed", "tries": (LOST_ON_A, SERVED_BY_B)},
            {"psap": "A", "trunk": "h:1", "site": "site-1"},
            {"psap": "B"},
            id="nobody ranked",
        ),
        pytest.param(
            {"psap": "", "outcome": "failed", "site": "", "passed": ()},
            {"site": UNKNOWN, "psap": UNKNOWN},
            {"trunk": "h:1"},
            id="nobody had it",
        ),
        pytest.param(
            {"tries": (see_try("A", hop="h:1", station="edge-1", outcome="failed"), SERVED_BY_B)},
            {"psap": "A", "trunk": "h:1"},
            {"site": "site-1"},
            id="what an edge rang",
        ),
    ],
)
def test_trouble_says_something_of_those_whose_it_was_not_of_those_who_came_after(
    traces, call, told, not_told
):
    add(traces, is_bad=True, **{"outcome": "answered", **call})
    index = traces.index(T0)
    for name, value in told.items():
        assert index.find(series(**{name: value})), name
    for name, value in not_told.items():
        assert not index.find(series(**{name: value})), name


def test_what_a_call_met_is_known_all_the_same(traces):
    add(traces, is_bad=True, outcome="answered", tries=(LOST_ON_A, SERVED_BY_B))
    index = traces.index(T0)
    for met in (series(trunk="h:1"), series(psap="B", trunk="h:2", number="15")):
        assert index.find_met(met) == 1
    assert index.find_met(series(trunk="h:3")) == 0


def test_what_a_call_does_not_tell_is_unknown(traces):
    add(traces, site="", passed=(), operator="")
    index = traces.index(T0)
    assert (
        index.find(series(site=UNKNOWN, operator=UNKNOWN)) == index.find(series(number="15")) > 0
    )


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
    bad, away = index.count_lost(index.find(series(departement="29")), T0)
    assert bad == 2
    assert away == pytest.approx(28.5, abs=1)
    assert index.count_lost(index.find(series(departement="56")), T0) == (0, 0)


def test_of_each_minute_so_many_calls_are_kept_and_stand_for_all(traces, monkeypatch):
    monkeypatch.setattr(module, "KEPT_MAX", 20)
    add(traces, 400)
    add(traces, 20, is_bad=True)
    index = traces.index(T0)
    assert index.everything.bit_count() == 40
    assert index.count_lost(index.everything, T0) == (20, 0)
    assert index.weigh(index.everything, T0) == 0


def test_whoever_chooses_his_call_id_does_not_choose_the_sample(traces):
    names = sorted((str(n) for n in range(20_000)), key=lambda text: zlib.crc32(text.encode()))
    for name in names[-module.KEPT_MAX :]:
        call = see(name, 0.0, lasts_s=0)
        traces.add(call, number="15", departement="75", is_bad=False)
    add(traces, 4 * module.KEPT_MAX)
    index = traces.index(T0)
    assert index.everything.bit_count() == module.KEPT_MAX
    assert index.find(series(departement="75")).bit_count() < 0.4 * module.KEPT_MAX, "a fifth came"


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
