import random
from collections import Counter

import pytest
from benchmarks.support.callers import COMMUNES, Callers, S, shape
from benchmarks.support.faults_seen import SITE, is_grey, list_faults

from route112.simulation.weeks import MINUTES, play_weeks

DAY_US = 14 * 3_600 * S


def ends(seconds=900.0, fault=None, seed=1):
    told = Callers(seed, calls_per_s=4.0).play(DAY_US, seconds=seconds, fault=fault)
    return [each.call for each in told if each.is_end]


def strike(name, code="29"):
    (planted,) = [each for each in list_faults() if each.name == name]
    return ends(fault=planted.make(code, random.Random(1), DAY_US)), planted


def test_calls_are_told_in_order_each_as_begun_and_as_over():
    told = list(Callers(1, calls_per_s=4.0).play(DAY_US, seconds=600.0))
    assert [each.at_us for each in told] == sorted(each.at_us for each in told)
    assert all(each.at_us > each.call.began_us for each in told)
    begun = {each.call.call for each in told if not each.is_end}
    assert {each.call.call for each in told if each.is_end} <= begun
    expected = 4.0 * shape(14) * 600
    assert 0.7 * expected < len(begun) < 1.4 * expected


def test_some_fail_and_try_again_and_most_are_answered():
    calls = ends()
    outcomes = Counter(call.outcome for call in calls)
    assert 0.75 < outcomes["answered"] / len(calls) < 0.95
    assert 0.005 < outcomes["failed"] / len(calls) < 0.05
    again = Counter(call.caller for call in calls if call.outcome == "failed")
    attempts = Counter(call.caller for call in calls)
    assert any(attempts[caller] > 1 for caller in again)
    assert max(attempts.values()) <= 3


def test_a_week_is_played_with_the_callers_that_were_counted():
    callers = Callers(2, calls_per_s=2.0)
    week = next(play_weeks(callers.land, seed=2, weeks=1))
    few = 120
    short = type(week)(
        **{
            name: getattr(week, name)[:few] if hasattr(getattr(week, name), "shape") else
            getattr(week, name)
            for name in type(week).__dataclass_fields__
        }
    )  # fmt: skip
    assert len(week.calls) == MINUTES
    calls = [each.call for each in callers.play_week(short, 0) if each.is_end]
    people = {call.caller for call in calls}
    assert 0.9 * short.callers.sum() < len(people) <= short.callers.sum()
    assert len(calls) > 0.9 * short.calls.sum(), "who calls again is another call, not a caller"
    assert len({call.commune for call in calls}) <= COMMUNES * len(callers.departements)


def test_answering_points_differ_in_how_soon_they_answer():
    waits = {}
    for call in ends(seconds=3_600.0):
        if call.answer_ms is not None:
            assert 0 < call.ring_ms <= call.answer_ms
            waits.setdefault(call.psap, []).append(call.answer_ms)
    means = [sum(each) / len(each) for each in waits.values() if len(each) >= 20]
    assert max(means) > 2.0 * min(means)


def test_silence_and_failure_of_a_departements_number():
    calls, planted = strike("15 of one departement silent")
    assert not [call for call in calls if call.number == "15" and call.commune.startswith("29")]
    calls, planted = strike("15 of one departement fails", code="59")
    hit = [call for call in calls if call.number == "15" and call.commune.startswith("59")]
    assert hit
    assert {call.outcome for call in hit} == {"failed"}
    assert planted.hits("59", planted.series("59")[0])


def test_a_site_without_a_way_out_is_left_alone_but_for_trials():
    calls, _ = strike("egress of one site of six cut")
    late = [call for call in calls if call.began_us > DAY_US + 10 * S]
    assert all(call.site != SITE for call in late)
    tried = [call for call in late if SITE in call.passed]
    assert 0 < len(tried) < 0.15 * len(late)


def test_grey_gateways_fail_in_half_of_their_calls_and_the_next_one_serves():
    calls, _ = strike("gateways of one vendor forget every second call")
    first = [call.tries[0] for call in calls if is_grey(call.tries[0].hop)]
    share = sum(each.outcome == "failed" for each in first) / len(first)
    assert share == pytest.approx(0.5, abs=0.1)
    rescued = [call for call in calls if is_grey(call.tries[0].hop) and len(call.tries) == 2]
    assert any(call.outcome == "answered" for call in rescued)


def test_eleven_of_a_hundred_fail_and_a_dry_site_hurts_nobody():
    calls, _ = strike("2 % to 11 % fail everywhere")
    callers = {call.caller for call in calls}
    failed = {call.caller for call in calls if call.outcome == "failed"}
    assert 0.07 < len(failed) / len(callers) < 0.16
    calls, _ = strike("one site of six gets no calls")
    assert all(SITE not in call.passed for call in calls)
    assert sum(call.outcome == "failed" for call in calls) / len(calls) < 0.05
