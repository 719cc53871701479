import pytest
from tests.unit.apps.planner.senses.test_trials import met

from route112.apps.planner.senses import again as module
from route112.apps.planner.senses.again import AGAIN_US, OTHERS_MIN, Again
from route112.change import GateMeasures, Probing, Trial
from route112.change.gate import Answer, judge_gate

S = 1_000_000
OTHERS = range(1_000, 1_000 + OTHERS_MIN)


def make():
    return Again("site-1", lambda each: ("all", each.number), lambda each: each.site)


def call(person, at_s, site="site-1", **changes):
    return met(person, site, id=int(at_s), began_us=int(at_s * S), **changes)


def take(*found):
    """Take what callers met, behind callers of the others who did not call again."""
    again = make()
    for each in (*(call(person, 0, "site-2") for person in OTHERS), *found):
        again.take(each)
    return again


def count(again, series="all"):
    [trial] = again.list_trials((series,))
    return trial.served, trial.failed, trial.others_served, trial.others_failed


def test_who_calls_again_counts_where_he_was_served_first():
    found = take(call(1, 10), call(1, 14, "site-2"), call(2, 11))
    assert count(found) == (1, 1, OTHERS_MIN + 1, 0)
    found = take(call(1, 10, "site-2"), call(1, 14))
    assert count(found) == (1, 0, OTHERS_MIN, 1)


def call_often(person, *, sites, times):
    """Call every 15 s, wherever the edge puts him; the last call is followed by none."""
    return [call(person, 10 + 15 * turn, sites[turn % len(sites)]) for turn in range(times)]


def test_who_calls_often_is_one_of_the_callers_of_each_station():
    found = take(*call_often(1, sites=("site-2", "site-1"), times=9))
    assert count(found) == (0, 1, OTHERS_MIN, 1)


def test_who_calls_again_wherever_he_was_served_says_nothing_of_any_station():
    sites = ("site-2", "site-3", "site-1")
    assert count(take(*call_often(1, sites=sites, times=9))) == (0, 0, OTHERS_MIN, 0)
    served = call_often(1, sites=sites, times=3)
    assert count(take(*served)) == (1, 0, OTHERS_MIN, 2), "of two he may have been served wrongly"


def test_few_who_call_often_do_not_hide_whom_the_station_serves_wrongly():
    sites = tuple(f"site-{number}" for number in range(1, 7))
    often = [each for person in range(12) for each in call_often(person, sites=sites, times=20)]
    wrong = [
        each
        for person in range(100, 112)
        for each in (call(person, 10), call(person, 40, sites[1 + person % 5]))
    ]
    found = take(*often, *wrong)
    assert count(found) == (0, 12, OTHERS_MIN + 12, 0)
    measures = GateMeasures(
        station="site-1",
        since_us=0,
        trials=found.list_trials(("all",)),
        tests=Probing(wanted=0, passed=0),
        differences=0,
    )
    assert judge_gate(measures, is_canary=True).answer is Answer.FAIL


def test_the_order_of_keeping_is_not_the_order_of_calling():
    found = take(call(1, 14, "site-2"), call(1, 10))
    assert count(found)[:2] == (0, 1)


@pytest.mark.parametrize("later_s", [0, AGAIN_US / S + 1])
def test_the_same_instant_and_much_later_are_no_second_call(later_s):
    assert count(take(call(1, 10), call(1, 10 + later_s)))[1] == 0


def test_who_was_not_served_counts_elsewhere():
    failed = call(1, 10, failed=True)
    assert count(take(failed, call(1, 12)))[:2] == (1, 0)
    assert count(take(call(1, 12), failed))[:2] == (1, 0)
    assert count(take(call(1, 10, left="left", failed=True), call(1, 12)))[:2] == (1, 0)
    assert count(take(call(1, 10, ""), call(1, 12)))[:2] == (1, 0)
    assert count(take(call(1, 10), call(1, 12, failed=True)))[:2] == (0, 1)


def test_each_series_has_its_own_and_is_told_by_name():
    found = take(call(1, 10, number="18"), call(1, 12))
    assert found.list_trials(("18",)) == ()
    [trial] = found.list_trials(("15",))
    assert trial == Trial(
        series="15, called again", served=1, failed=0, others_served=OTHERS_MIN, others_failed=0
    )


def test_where_many_call_again_anywhere_it_says_nothing():
    calls = [call(person, 5, "site-2") for person in OTHERS]
    assert take(*calls, call(1, 10), call(1, 12)).list_trials(("all",)) == ()
    assert make().list_trials(("all",)) == ()


def test_where_many_call_again_anywhere_is_told_and_where_few_are_known_is_not():
    calls = [call(person, 5, "site-2") for person in OTHERS]
    found = take(*calls, call(1, 10, number="18"), call(1, 12, number="18"))
    assert found.list_hidden(("18", "15", "all")) == ("15", "all")
    assert take(call(1, 10), call(1, 12)).list_hidden(("15",)) == ()


def test_series_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "SERIES_MAX", 2)
    found = take(call(1, 10, number="18"))
    assert count(found, "15")[:2] == (0, 0)
