"""The checker finds what is planted, and nothing else."""

import pytest

from route112.simulation.checker import (
    Expectation,
    Verdict,
    find_first_ring_us,
    find_median_ms,
    judge,
)
from route112.simulation.logs import CallerLine, PsapLine

FIRST, SECOND, THIRD = "+33261910015", "+33261910056", "+33199000010"
BASE = 1_800_000_000_000_000
DOWN = ()


def caller(call_id="a", **changes):
    fields = {
        "dialled": "15",
        "placed_us": BASE,
        "first_response_us": BASE + 1_000,
        "ringing_us": BASE + 2_000,
        "answered_us": BASE + 500_000,
        "status": 200,
        "caller": f"+999{call_id}",
    }
    return CallerLine(call_id=call_id, **fields | changes)


def ring(call_id="a", number=FIRST, **changes):
    fields = {"rang_us": BASE + 1_500, "answered_us": BASE + 499_000, "status": 200}
    return PsapLine(call_id=call_id, number=number, **fields | changes)


UNANSWERED = {"answered_us": None, "ringing_us": None, "status": 503}
REFUSED = {"answered_us": None, "status": 503}


def check(callers, psaps, *, targets=(FIRST, SECOND), reachable=None, baseline=2.0):
    expectation = Expectation(
        targets={"a": targets} if targets is not None else {}, reachable=reachable or {}
    )
    return judge(callers, psaps, expectation, baseline_median_ms=baseline)


def verdict(*arguments, **options):
    [found] = check(*arguments, **options).verdicts
    return found.verdict, found.reason


def test_a_call_that_rang_first_at_the_best_target_is_right():
    judgement = check([caller()], [ring()])
    assert (judgement.placed, judgement.right, judgement.no_call_lost) == (1, 1, True)
    [found] = judgement.verdicts
    assert (found.number, found.first_ring_ms) == (FIRST, 2.0)
    assert found.reason == "answered by the best target that could be reached"


def test_the_second_target_is_right_when_the_first_could_not_be_reached():
    rings = [ring(**REFUSED), ring(number=SECOND)]
    assert verdict([caller()], rings, reachable={FIRST: DOWN})[0] is Verdict.RIGHT


def test_a_planted_loss_is_found():
    judgement = check([caller(**UNANSWERED)], [ring(**REFUSED)])
    assert (judgement.lost, judgement.right, judgement.no_call_lost) == (1, 0, False)
    assert judgement.verdicts[0].reason == "not answered (503)"
    assert verdict([caller(**UNANSWERED | {"status": 0})], [])[1] == (
        "not answered (no final response)"
    )


def test_a_planted_misroute_is_found():
    judgement = check([caller()], [ring(number=SECOND)])
    assert (judgement.misrouted, judgement.lost, judgement.no_call_lost) == (1, 0, False)
    assert judgement.verdicts[0].reason == f"{SECOND} answered, {FIRST} could be reached"


def test_a_line_that_nobody_expected_is_a_misroute_or_a_loss():
    assert verdict([caller()], [ring(number=THIRD)]) == (
        Verdict.MISROUTED,
        f"{THIRD} answered, {FIRST} could be reached",
    )
    nobody = {FIRST: DOWN, SECOND: DOWN}
    assert verdict([caller()], [ring(number=THIRD)], reachable=nobody) == (
        Verdict.LOST,
        f"{THIRD} answered, which nobody expected",
    )


@pytest.mark.parametrize(
    ("late_us", "expected"), [(20_000_000, Verdict.DELAYED), (20_000_001, Verdict.LOST)]
)
def test_a_first_ring_after_20_s_is_a_loss(late_us, expected):
    line = caller(ringing_us=BASE + late_us, answered_us=BASE + late_us + 1)
    found, reason = verdict([line], [ring()])
    assert found is expected
    if expected is Verdict.LOST:
        assert reason == "first ring after 20.0 s"


def test_a_late_ring_at_a_lower_target_is_a_misroute_all_the_same():
    line = caller(ringing_us=BASE + 21_000_000, answered_us=BASE + 22_000_000)
    assert verdict([line], [ring(number=SECOND)])[0] is Verdict.MISROUTED


@pytest.mark.parametrize(
    ("ring_us", "expected"), [(502_000, Verdict.RIGHT), (502_001, Verdict.DELAYED)]
)
def test_delayed_is_more_than_500_ms_after_the_median(ring_us, expected):
    judgement = check([caller(ringing_us=BASE + ring_us, answered_us=BASE + 900_000)], [ring()])
    assert judgement.verdicts[0].verdict is expected
    assert (judgement.right, judgement.delayed) == (1, int(expected is Verdict.DELAYED))
    assert judgement.no_call_lost


def test_an_answer_without_ringing_counts_as_a_ring():
    assert find_first_ring_us(caller(ringing_us=None)) == 500_000
    assert find_first_ring_us(caller(**UNANSWERED)) is None
    assert find_first_ring_us(None) is None
    assert find_median_ms([caller(), caller(ringing_us=BASE + 4_000), caller(**UNANSWERED)]) == 3
    assert find_median_ms([]) == 0.0


@pytest.mark.parametrize(
    ("callers", "psaps", "reason"),
    [
        ([], [ring()], "the callers' log has no line of it"),
        ([], [], "the callers' log has no line of it"),
        ([caller()], [], "answered, but no PSAP wrote down that it did"),
        ([caller()], [ring(**REFUSED)], "answered, but no PSAP wrote down that it did"),
        (
            [caller(**UNANSWERED)],
            [ring()],
            f"{FIRST} answered, but the caller did not hear it",
        ),
        ([caller(), caller(status=486)], [ring()], "the callers' log contradicts itself"),
    ],
)
def test_a_missing_or_contradicting_line_is_a_loss(callers, psaps, reason):
    assert verdict(callers, psaps) == (Verdict.LOST, reason)


def test_a_call_without_expectation_is_a_loss():
    assert verdict([caller()], [ring()], targets=None) == (
        Verdict.LOST,
        "nobody said where it should ring",
    )
    assert verdict([caller()], [ring()], targets=())[0] is Verdict.LOST


def test_the_same_line_twice_is_one_line():
    judgement = check([caller(), caller()], [ring(), ring()])
    assert (judgement.placed, judgement.right) == (1, 1)


def test_of_two_answers_the_first_counts_and_at_equal_stamps_the_worse():
    late = ring(number=SECOND, answered_us=BASE + 499_001)
    assert verdict([caller()], [late, ring()])[0] is Verdict.RIGHT
    same = ring(number=SECOND)
    assert verdict([caller()], [same, ring()])[0] is Verdict.MISROUTED
    assert verdict([caller()], [ring(number=THIRD), ring()])[0] is Verdict.MISROUTED


def test_equal_stamps_everywhere():
    line = caller(ringing_us=BASE, answered_us=BASE)
    assert verdict([line], [ring(rang_us=BASE, answered_us=BASE)])[0] is Verdict.RIGHT
    other = ring(number=SECOND, rang_us=BASE, answered_us=BASE)
    assert verdict([line], [other])[0] is Verdict.MISROUTED
    ends = {FIRST: ((0, BASE),)}
    assert verdict([line], [other], reachable=ends)[0] is Verdict.RIGHT


RANG = BASE + 700_000


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        (((0, RANG + 1),), Verdict.MISROUTED),
        (((0, RANG),), Verdict.RIGHT),
        (((BASE + 1, RANG + 9),), Verdict.RIGHT),
        (((BASE, RANG + 9),), Verdict.MISROUTED),
        (((BASE + 5, RANG + 9), (0, BASE + 5)), Verdict.MISROUTED),
        (((0, BASE + 5), (BASE + 6, RANG + 9)), Verdict.RIGHT),
        (((0, BASE - 5),), Verdict.RIGHT),
        (((RANG + 5, RANG + 9),), Verdict.RIGHT),
    ],
)
def test_a_target_could_be_reached_if_it_could_until_the_other_one_rang(intervals, expected):
    line = caller(ringing_us=BASE + 2_000, answered_us=BASE + 900_000)
    other = ring(number=SECOND, rang_us=RANG, answered_us=BASE + 800_000)
    assert verdict([line], [other], reachable={FIRST: intervals})[0] is expected


def test_strangers_and_unique_callers_are_told():
    callers = [
        caller("a"),
        caller("b", **UNANSWERED),
        caller("c", caller="+999b"),
        caller("d", caller="+999d", **UNANSWERED),
        caller("e", caller="", **UNANSWERED),
    ]
    rings = [ring("a"), ring("c"), ring("z"), ring("y", **REFUSED)]
    targets = dict.fromkeys("abcde", (FIRST,))
    judgement = judge(callers, rings, Expectation(targets=targets), baseline_median_ms=2.0)
    assert judgement.strangers == ("z",)
    assert (judgement.placed, judgement.right, judgement.lost) == (5, 2, 3)
    assert (judgement.unique_callers, judgement.unique_callers_lost) == (3, 1)
