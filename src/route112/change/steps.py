"""
The steps of each kind of change as one table, and when each of them is done or has failed.

    plan         offer -> gate, station by station
    upgrade      proof -> drain -> swap -> test -> return -> gate, station by station
    maintenance  proof -> drain -> work -> test -> return -> gate
    evacuation   proof -> drain -> unpoint -> stop

and back

    plan         restore: all stations at once
    upgrade      drain-back -> swap-back -> test -> return, for the station at work
    maintenance  test -> return
    evacuation   return

A step that *holds* is not gone on from while an alarm is open. Those between drain and return do
not hold: each leads a station back to its work. What fails turns back; what fails on the way back
is stuck, and a person has to look. Until a proof is there nothing has been done, so that there is
nothing to go back from: what fails then ends at once.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from route112.change.facts import Facts, StationFact
from route112.change.gate import Answer, judge_gate
from route112.change.values import Change, Kind, State, Step

AWAY_S = 5.0
"""A station whose last report is older is away."""
SETTLE_US = 5_000_000
"""Behind a canary that passed, each further station is looked at so long."""


HEARD_US = 3_000_000
"""What a station says is two seconds old at most, and the version of before may be what it said
before another one was put there."""


class Sign(enum.Enum):
    """What facts say of a step."""

    WAIT = "wait"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepRule:
    """How long a step may take, what it is then, and whether an alarm holds it."""

    limit_s: int
    holds: bool = False
    late: Sign = Sign.FAILED


Judged = tuple[Sign, str]
WAIT: Judged = (Sign.WAIT, "")
DONE: Judged = (Sign.DONE, "")

FORWARD: Mapping[Kind, tuple[Step, ...]] = MappingProxyType(
    {
        Kind.PLAN: (Step.OFFER, Step.GATE),
        Kind.UPGRADE: (
            Step.PROOF,
            Step.DRAIN,
            Step.SWAP,
            Step.TEST,
            Step.RETURN,
            Step.GATE,
        ),
        Kind.MAINTENANCE: (
            Step.PROOF,
            Step.DRAIN,
            Step.WORK,
            Step.TEST,
            Step.RETURN,
            Step.GATE,
        ),
        Kind.EVACUATION: (Step.PROOF, Step.DRAIN, Step.UNPOINT, Step.STOP),
    }
)
BACK: Mapping[Kind, tuple[Step, ...]] = MappingProxyType(
    {
        Kind.PLAN: (Step.RESTORE,),
        Kind.UPGRADE: (Step.DRAIN_BACK, Step.SWAP_BACK, Step.TEST, Step.RETURN),
        Kind.MAINTENANCE: (Step.TEST, Step.RETURN),
        Kind.EVACUATION: (Step.RETURN,),
    }
)
STEPS: Mapping[Step, StepRule] = MappingProxyType(
    {
        Step.PROOF: StepRule(limit_s=120, holds=True),
        Step.OFFER: StepRule(limit_s=30),
        Step.DRAIN: StepRule(limit_s=120),
        Step.SWAP: StepRule(limit_s=600),
        Step.WORK: StepRule(limit_s=24 * 3_600),
        Step.UNPOINT: StepRule(limit_s=3_600, holds=True),
        Step.STOP: StepRule(limit_s=120, holds=True),
        Step.TEST: StepRule(limit_s=120),
        Step.RETURN: StepRule(limit_s=60),
        Step.GATE: StepRule(limit_s=900, holds=True),
        Step.RESTORE: StepRule(limit_s=120),
        # Who is out of service without need is worse off than who hangs up and calls again.
        Step.DRAIN_BACK: StepRule(limit_s=60, late=Sign.DONE),
        Step.SWAP_BACK: StepRule(limit_s=600),
    }
)


def find_next(change: Change) -> tuple[int, Step] | None:
    """Return the place and the step behind the one that is done; None: the change is."""
    steps = (BACK if change.back else FORWARD)[change.kind]
    index = steps.index(change.step) + 1
    if index < len(steps):
        return change.place, steps[index]
    if change.back or change.place + 1 == len(change.stations):
        return None
    return change.place + 1, steps[0]


def judge_step(state: State, change: Change, facts: Facts, now_us: int) -> Judged:
    """
    Tell whether the step at work is done, has failed, or goes on.

    A planner that has just begun knows nobody yet, and takes nobody for away because of that.
    """
    is_new = facts.listening_s <= AWAY_S
    if is_new and any(station not in facts.stations for station in state.stations):
        return Sign.WAIT, "not all stations have been heard of yet"
    fact = facts.stations.get(change.station)
    judged = _JUDGES[change.step](_Scene(state, change, facts, fact, now_us))
    rule = STEPS[change.step]
    is_late = now_us - change.since_us >= rule.limit_s * 1_000_000
    if judged[0] is Sign.WAIT and is_late and not change.frozen_since_us:
        text = judged[1] or "it takes too long"
        return rule.late, f"{change.step} of {change.station}: {text}"
    return judged


def is_untouched(change: Change) -> bool:
    """Tell whether nothing has been done yet at the station at work: it serves as before."""
    return change.step is Step.PROOF


def is_away(fact: StationFact | None) -> bool:
    """Tell whether nothing was heard of a station for a while."""
    return fact is None or fact.age_s > AWAY_S


def has_candidate(state: State, fact: StationFact, candidate: str) -> bool:
    """Tell whether what a station has in force was given out and holds a candidate."""
    known = state.generations.get(fact.report.number)
    return (
        known is not None
        and known.candidate == candidate
        and known.content_hash == fact.report.content_hash
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    state: State
    change: Change
    facts: Facts
    fact: StationFact | None
    """Of the station at work."""
    now_us: int

    @property
    def is_canary(self) -> bool:
        return self.change.place == 0


def _judge_offer(scene: _Scene) -> Judged:
    change, fact = scene.change, scene.fact
    if fact is None or is_away(fact):
        # One that is away gets it when it is back: others have proved it, and none waits for it.
        return (Sign.WAIT, "it is away") if scene.is_canary else DONE
    if has_candidate(scene.state, fact, change.candidate):
        return DONE
    if (refused := fact.report.refused) is not None:
        known = scene.state.generations.get(refused.number)
        if known is not None and known.candidate == change.candidate:
            text = f"{change.station} refuses g{refused.number}: {refused.reason}"
            return Sign.FAILED, text
    return Sign.WAIT, "orders come first" if change.is_yielding else "it is not in force"


def _judge_gate(scene: _Scene) -> Judged:
    change = scene.change
    if is_away(scene.fact):
        if not scene.is_canary and change.kind is Kind.PLAN:
            return DONE
        return Sign.FAILED, f"{change.station} was not heard of any more"
    measures = scene.facts.gate
    if measures is not None and (measures.station, measures.since_us) != (
        change.station,
        change.since_us,
    ):
        measures = None
    verdict = judge_gate(measures, is_canary=scene.is_canary)
    if verdict.answer is Answer.FAIL:
        return Sign.FAILED, verdict.text
    soak_us = change.soak_s * 1_000_000 if scene.is_canary else SETTLE_US
    is_soaked = scene.now_us - change.since_us >= soak_us
    is_passed = verdict.answer is Answer.PASS and is_soaked
    return (Sign.DONE if is_passed else Sign.WAIT), verdict.text


def _judge_restore(scene: _Scene) -> Judged:
    waited = [
        station
        for station in scene.state.stations
        if station not in scene.state.held
        and (fact := scene.facts.stations.get(station)) is not None
        and not is_away(fact)
        and not _has_restored(scene.state, station, fact)
    ]
    return (Sign.WAIT, f"{', '.join(waited)} not yet") if waited else DONE


def _has_restored(state: State, station: str, fact: StationFact) -> bool:
    """Tell so only where a station has what it wants: what it said may be older than an offer."""
    is_newest = fact.report.number >= state.wanted[station]
    return is_newest and has_candidate(state, fact, state.candidate)


def _judge_proof(scene: _Scene) -> Judged:
    proof = scene.facts.proofs.get(scene.change.station)
    if proof is None:
        return WAIT
    return DONE if proof.carries else (Sign.FAILED, proof.text)


def _judge_drain(scene: _Scene) -> Judged:
    fact = scene.fact
    if fact is None or is_away(fact):
        return Sign.WAIT, "it is away"
    report = fact.report
    if report.serving or report.calls:
        return Sign.WAIT, f"{report.calls} calls ring there"
    return DONE


def _judge_version(scene: _Scene) -> Judged:
    change, fact = scene.change, scene.fact
    version = change.version_before if change.back else change.version
    why = scene.facts.fallen.get(change.station, "")
    if why and not change.back:
        return Sign.FAILED, f"version {version} does not run: {why}"
    is_there = fact is not None and not is_away(fact) and fact.report.version == version
    if change.back and scene.now_us - change.since_us < HEARD_US:
        return Sign.WAIT, "what it said is older than the way back"
    return DONE if is_there else (Sign.WAIT, f"version {version} does not run")


def _judge_work(scene: _Scene) -> Judged:
    return DONE if scene.change.is_work_done else WAIT


def _judge_tests(scene: _Scene) -> Judged:
    tests = scene.facts.tests.get(scene.change.station)
    if tests is None:
        return WAIT
    if tests.failed:
        return Sign.FAILED, f"test calls fail: {', '.join(tests.failed[:3])}"
    is_tested = tests.passed >= tests.wanted
    return DONE if is_tested else (Sign.WAIT, f"{tests.passed} of {tests.wanted} routes tested")


def _judge_return(scene: _Scene) -> Judged:
    fact = scene.fact
    is_back = fact is not None and not is_away(fact) and fact.report.serving
    return DONE if is_back else (Sign.WAIT, "it takes no calls")


def _judge_unpoint(scene: _Scene) -> Judged:
    left = scene.facts.pointing.get(scene.change.station)
    if left is None:
        return WAIT
    return (Sign.WAIT, f"{', '.join(left[:5])} point to it") if left else DONE


def _judge_stop(scene: _Scene) -> Judged:
    return DONE if is_away(scene.fact) else (Sign.WAIT, "it still runs")


_JUDGES: Mapping[Step, Callable[[_Scene], Judged]] = {
    Step.PROOF: _judge_proof,
    Step.OFFER: _judge_offer,
    Step.DRAIN: _judge_drain,
    Step.SWAP: _judge_version,
    Step.WORK: _judge_work,
    Step.UNPOINT: _judge_unpoint,
    Step.STOP: _judge_stop,
    Step.TEST: _judge_tests,
    Step.RETURN: _judge_return,
    Step.GATE: _judge_gate,
    Step.RESTORE: _judge_restore,
    Step.DRAIN_BACK: _judge_drain,
    Step.SWAP_BACK: _judge_version,
}
