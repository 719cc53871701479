"""
The gate: whether a station that has just changed serves its callers as the others do.

A sequential test (Wald) on callers. Say that a share `p` of the others' callers fails; is it `p`
at this station too, or three times that, and what was lost in 2021 at least? Each caller moves the
logarithm of the ratio of both likelihoods. Above `REJECT_NATS` the station is worse, and looking
on would only cost calls; below `-ACCEPT_NATS` it is as good as the others. Where nobody fails that
takes some fifty callers (`callers_min`): that is the floor, and with fewer nothing is proved.

Callers of the whole station show it soonest, and mass can hide a departement: so each series has a
test of its own, with a limit raised by their number, and one that rejects is enough. What the
success of calls cannot show, a wrong answering point that picks up, shows in who calls again: one
more series. What speaks against a station by itself needs no callers.
"""

import enum
import math
from dataclasses import dataclass

from route112.change.facts import GateMeasures, Trial

USUAL_MIN = 0.02
"""A share of failures below this one is taken as this: nobody knows it better in a minute."""
USUAL_MAX = 0.3
RAISED_MIN = 0.11
"""Share of failures that is looked for: what was lost in 2021."""
RAISED_TIMES = 3.0
"""Where many fail anywhere it is looked for so many times as much."""
REJECT_NATS = math.log(10_000)
"""One good change in ten thousand is turned back by chance, all series together."""
ACCEPT_NATS = math.log(100)
"""A station that is so much worse passes once in a hundred times."""
TROUBLES_NAMED = 3


class Answer(enum.Enum):
    """What the gate says now."""

    PASS = "pass"  # noqa: S105  no password
    WAIT = "wait"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The answer, and why, with figures."""

    answer: Answer
    text: str


def judge_gate(measures: GateMeasures | None, *, is_canary: bool) -> GateVerdict:
    """
    Judge what is measured so far.

    Args:
        measures: None where nothing is measured yet.
        is_canary: callers have to prove it; behind a canary that passed it is enough that they do
            not disprove it.
    """
    if measures is not None and measures.troubles:
        return GateVerdict(Answer.FAIL, "; ".join(measures.troubles[:TROUBLES_NAMED]))
    if measures is None or not measures.trials or measures.tests is None:
        return GateVerdict(Answer.WAIT, "nothing is measured yet")
    tests = measures.tests
    if tests.failed:
        text = f"test calls fail: {', '.join(tests.failed[:3])}"
        return GateVerdict(Answer.FAIL, f"{text} ({len(tests.failed)} of {tests.wanted} routes)")
    if measures.differences:
        return GateVerdict(Answer.FAIL, f"translations differ on {measures.differences} keys")
    limit = REJECT_NATS + math.log(len(measures.trials))
    worst = max(measures.trials, key=weigh)
    if weigh(worst) >= limit:
        return GateVerdict(Answer.FAIL, f"more callers fail than elsewhere: {_describe(worst)}")
    if tests.passed < tests.wanted:
        return GateVerdict(
            Answer.WAIT, f"{tests.passed} of {tests.wanted} routes have been tested"
        )
    if measures.differences is None:
        return GateVerdict(Answer.WAIT, "the translations have not been compared yet")
    whole = measures.trials[0]
    if is_canary and weigh(whole) > -ACCEPT_NATS:
        floor = callers_min(find_usual(whole))
        text = f"{_describe(whole)}; {floor} callers are needed where none fails"
        return GateVerdict(Answer.WAIT, text)
    if is_canary and measures.hidden:
        text = f"too many call again everywhere: {', '.join(measures.hidden[:TROUBLES_NAMED])}"
        return GateVerdict(Answer.WAIT, text)
    return GateVerdict(Answer.PASS, f"{_describe(whole)}, {tests.passed} routes tested")


def weigh(trial: Trial) -> float:
    """Return the evidence against the station, nats: above 0 worse, below 0 as good."""
    usual = find_usual(trial)
    raised = _raise(usual)
    against = trial.failed * math.log(raised / usual)
    return against + trial.served * math.log((1.0 - raised) / (1.0 - usual))


def find_usual(trial: Trial) -> float:
    """Return the share that fails at the others, one failure more than was seen."""
    others = trial.others_served + trial.others_failed
    share = (trial.others_failed + 1) / (others + 1) if others else 0.0
    return min(max(share, USUAL_MIN), USUAL_MAX)


def callers_min(usual: float) -> int:
    """Return how many callers it takes to prove that a station is good, where none fails."""
    step = math.log((1.0 - usual) / (1.0 - _raise(usual)))
    return math.ceil(ACCEPT_NATS / step)


def _raise(usual: float) -> float:
    return max(RAISED_MIN, usual * RAISED_TIMES)


def _describe(trial: Trial) -> str:
    """`all: 2 of 61 failed, elsewhere 7 of 301`."""
    callers = trial.served + trial.failed
    others = trial.others_served + trial.others_failed
    elsewhere = f"elsewhere {trial.others_failed} of {others}"
    return f"{trial.series}: {trial.failed} of {callers} failed, {elsewhere}"
