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
        (
            [caller(answered_by=SECOND)],
            [ring()],
            f"answered by {SECOND}, which did not write down that it did",
        ),
        (
            [caller()],
            [ring(answered_us=BASE + 500_001)],
            "answered before any PSAP wrote down that it did",
        ),
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


LATE_ANSWER = {"rang_us": BASE + 300_000, "answered_us": BASE + 490_000}


def test_a_secondary_that_answered_because_the_answer_of_the_primary_was_lost_is_a_misroute():
    """The primary picked up first, but whom the caller talks to is the secondary."""
    rings = [ring(answered_us=BASE + 200_000), ring(number=SECOND, **LATE_ANSWER)]
    found, reason = verdict([caller(answered_by=SECOND)], rings)
    assert (found, reason) == (Verdict.MISROUTED, f"{SECOND} answered, {FIRST} could be reached")
    judgement = check([caller(answered_by=SECOND)], rings)
    assert (judgement.verdicts[0].number, judgement.verdicts[0].ghosts) == (SECOND, (FIRST,))
    assert (judgement.ghosts, judgement.right, judgement.no_call_lost) == (1, 0, False)


def test_it_is_right_when_the_primary_could_not_be_reached_any_more():
    rings = [ring(answered_us=BASE + 200_000), ring(number=SECOND, **LATE_ANSWER)]
    cut = {FIRST: ((0, BASE + 100_000),)}
    judgement = check([caller(answered_by=SECOND)], rings, reachable=cut)
    assert (judgement.right, judgement.ghosts, judgement.no_call_lost) == (1, 1, True)


def test_a_primary_that_answered_is_right_whoever_else_picked_up():
    early = ring(number=SECOND, answered_us=BASE + 100_000)
    judgement = check([caller(answered_by=FIRST)], [ring(), early])
    assert (judgement.right, judgement.ghosts) == (1, 1)
    assert judgement.verdicts[0].ghosts == (SECOND,)


def test_a_caller_who_does_not_know_who_answered_gets_the_worse_of_those_who_may_have():
    rings = [ring(), ring(number=SECOND, **LATE_ANSWER)]
    assert verdict([caller()], rings)[0] is Verdict.MISROUTED
    late = ring(number=SECOND, answered_us=BASE + 500_001)
    judgement = check([caller()], [ring(), late])
    assert (judgement.right, judgement.ghosts) == (1, 1), "it picked up after the caller heard it"
    assert verdict([caller()], [ring(number=THIRD), ring()])[0] is Verdict.MISROUTED
    nobody = {FIRST: DOWN, SECOND: DOWN}
    assert verdict([caller()], [ring(number=THIRD), ring()], reachable=nobody)[0] is Verdict.LOST


def test_a_ghost_is_counted_beside_the_verdict():
    """The phone rang when the caller talked to somebody else, or had given up."""
    after = ring(number=SECOND, rang_us=BASE + 600_000, **REFUSED)
    judgement = check([caller()], [ring(), after])
    assert (judgement.right, judgement.ghosts, judgement.no_call_lost) == (1, 1, True)
    gone = caller(**UNANSWERED | {"ended_us": BASE + 400_000})
    judgement = check([gone], [after, ring()])
    assert (judgement.lost, judgement.ghosts) == (1, 2)
    assert judgement.verdicts[0].number == "", "nobody answered the caller"
    before = ring(number=SECOND, **REFUSED)
    assert check([caller()], [before, ring()]).ghosts == 0


def test_two_calls_of_one_call_id_are_two_losses():
    twice = [caller(), caller(placed_us=BASE + 1), caller(caller="+999000009")]
    judgement = check(twice, [ring()])
    assert (judgement.placed, judgement.lost, judgement.ghosts) == (3, 3, 0)
    assert {found.reason for found in judgement.verdicts} == {"another call has the same Call-ID"}
    assert (judgement.unique_callers, judgement.unique_callers_lost) == (2, 2)


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
    assert judgement.ghosts == 0, "of a call that nobody placed, nobody knows"
