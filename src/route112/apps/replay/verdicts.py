"""What became of every attempt of a play, by the logs of both ends and never by our records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from route112.apps.replay.crowd import Dialled
from route112.apps.replay.ground import Ground
from route112.apps.replay.reach import was_cut_off
from route112.model import Operator
from route112.simulation.checker import Expectation, Interval, Judgement, judge
from route112.simulation.logs import CallerLine, PsapLine
from route112.simulation.tally import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One play, as both ends wrote it down."""

    dialled: Mapping[str, Dialled]
    """By Call-ID."""
    callers: Sequence[CallerLine]
    psaps: Sequence[PsapLine]
    reachable: Mapping[str, Sequence[Interval]]
    """Number to the times in which it could be reached; always, where it is not named."""
    usual_ms: float
    """Median of the first ring while nothing was wrong."""
    compression: float
    """Scenario seconds for each real one."""
    began_us: int
    """Wall clock at scenario second 0."""


def judge_attempts(
    evidence: Evidence, ground: Ground, operators: Mapping[str, Operator]
) -> list[Attempt]:
    """Judge every attempt that was dialled, whether or not a log has a line of it."""
    placed_us = {line.call_id: line.placed_us for line in evidence.callers}
    judgement = judge_evidence(evidence, ground, operators)
    attempts = []
    for verdict in judgement.verdicts:
        each = evidence.dialled[verdict.call_id].arrival
        wall_us = placed_us.get(verdict.call_id)
        target = ground.list_targets(each, operators[each.operator])[0]
        attempts.append(
            Attempt(
                at_s=each.at_s if wall_us is None else _to_scenario(evidence, wall_us),
                verdict=verdict.verdict,
                caller=each.caller,
                number=each.number,
                operator=each.operator,
                departement=ground.find_departement(each),
                target=target,
                cut_off=wall_us is not None
                and was_cut_off(evidence.reachable.get(target), wall_us),
                ghosts=len(verdict.ghosts),
                first_ring_ms=verdict.first_ring_ms,
            )
        )
    return attempts


def judge_evidence(
    evidence: Evidence, ground: Ground, operators: Mapping[str, Operator]
) -> Judgement:
    """Say of every attempt that was dialled what became of it, and why."""
    return judge(
        evidence.callers,
        evidence.psaps,
        Expectation(
            targets={
                call_id: ground.list_targets(each.arrival, operators[each.arrival.operator])
                for call_id, each in evidence.dialled.items()
            },
            reachable=evidence.reachable,
        ),
        baseline_median_ms=evidence.usual_ms,
    )


def _to_scenario(evidence: Evidence, wall_us: int) -> float:
    return (wall_us - evidence.began_us) / 1e6 * evidence.compression
