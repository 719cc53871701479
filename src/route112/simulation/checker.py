"""
The checker: it says of each call whether it was right, delayed, misrouted or lost.

It joins what callers and PSAPs wrote down themselves by Call-ID and judges by an expectation that
a scenario wrote beforehand. The words are those of every figure:

- **right**: answered by the highest-ranked target that could be reached, first ring within 20 s
  of the operator's INVITE;
- **delayed**: right, but more than 500 ms later than the median without the fault;
- **misrouted**: answered by a lower-ranked target although a higher one could be reached;
- **lost**: neither right nor misrouted.

Who answered is who the caller talked to, not who picked up first (`answers`). Where the logs leave
room, the call gets the worse verdict: a line that is missing, two that contradict each other, two
calls of one Call-ID, an answer that only one end knows of are all losses. A line that nobody
expected ranks below every target. A target could be reached if it could from the INVITE until the
answering line rang; one that failed or came back in between excuses the answer that was given. One
that has as many calls ringing as its capacity, or that refuses with Retry-After, counts as not
reachable for that time: the scenario that fills it or makes it refuse says so in `reachable`.

Ghosts are counted apart: rings for a call that was answered elsewhere or had been given up, and
lines that picked up without a caller at the other end. A call with a ghost may be right.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from route112.simulation.answers import find_answers, find_ghosts, was_answered
from route112.simulation.logs import CallerLine, PsapLine

FIRST_RING_US_MAX = 20_000_000
DELAYED_US_MIN = 500_000
"""A right call whose first ring comes this much later than the median is delayed."""

Interval = tuple[int, int]
"""From (included) until (excluded), microseconds."""


class Verdict(enum.Enum):
    """What became of a call; each is worse than the one before."""

    RIGHT = "right"
    DELAYED = "delayed"
    MISROUTED = "misrouted"
    LOST = "lost"


_SEVERITY = {verdict: severity for severity, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a scenario says beforehand."""

    targets: Mapping[str, Sequence[str]]
    """Call-ID to the numbers that may answer, best first."""
    reachable: Mapping[str, Sequence[Interval]] = field(default_factory=dict)
    """Number to the times in which it could be reached; always, where it is not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallVerdict:
    """The verdict on one call, and why."""

    call_id: str
    verdict: Verdict
    reason: str
    number: str = ""
    """Who answered the caller; empty when nobody did."""
    first_ring_ms: float | None = None
    """From the operator's INVITE to the first ring that the caller heard."""
    caller: str = ""
    ghosts: tuple[str, ...] = ()
    """Numbers that rang for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All verdicts and their counts."""

    placed: int
    right: int
    """Delayed calls are right too, and counted here."""
    delayed: int
    misrouted: int
    lost: int
    unique_callers: int
    unique_callers_lost: int
    """Callers none of whose calls was answered where it should have been, or anywhere."""
    ghosts: int
    """Rings for nobody, of calls that were placed."""
    strangers: tuple[str, ...]
    """Call-IDs that a PSAP answered and no caller placed."""
    verdicts: tuple[CallVerdict, ...]

    @property
    def no_call_lost(self) -> bool:
        """Tell whether 0 calls were lost and 0 misrouted."""
        return self.lost == self.misrouted == 0


def judge(
    callers: Iterable[CallerLine],
    psaps: Iterable[PsapLine],
    expectation: Expectation,
    *,
    baseline_median_ms: float,
) -> Judgement:
    """
    Judge every call that was placed or expected.

    Args:
        baseline_median_ms: first ring after INVITE, the median without the fault.
    """
    placed: dict[str, set[CallerLine]] = {call_id: set() for call_id in expectation.targets}
    for line in callers:
        placed.setdefault(line.call_id, set()).add(line)
    rung: dict[str, set[PsapLine]] = {}
    for ring in psaps:
        rung.setdefault(ring.call_id, set()).add(ring)
    verdicts: list[CallVerdict] = []
    for call_id, lines in sorted(placed.items()):
        calls = _part(lines)
        if len(calls) > 1:
            verdicts += (_lose_shared(call) for call in calls)
            continue
        verdicts.append(
            judge_call(
                call_id,
                lines,
                rung.get(call_id, set()),
                expectation=expectation,
                baseline_median_ms=baseline_median_ms,
            )
        )
    answered = {
        call_id
        for call_id, rings in rung.items()
        if any(ring.answered_us is not None for ring in rings)
    }
    return _count(tuple(verdicts), strangers=tuple(sorted(answered - placed.keys())))


def judge_call(
    call_id: str,
    lines: set[CallerLine],
    rings: set[PsapLine],
    *,
    expectation: Expectation,
    baseline_median_ms: float,
) -> CallVerdict:
    """Judge one call from the distinct lines that both ends wrote of it."""
    line = min(lines, key=_caller_order, default=None)
    verdict, reason, answer = _decide(
        lines, rings, targets=expectation.targets.get(call_id), reachable=expectation.reachable
    )
    first_ring_us = find_first_ring_us(line)
    if verdict is Verdict.RIGHT and first_ring_us is not None:
        late_us = first_ring_us - baseline_median_ms * 1e3
        if late_us > DELAYED_US_MIN:
            verdict, reason = Verdict.DELAYED, f"{late_us / 1e3:.0f} ms later than the median"
    return CallVerdict(
        call_id=call_id,
        verdict=verdict,
        reason=reason,
        number=answer.number if answer is not None else "",
        first_ring_ms=None if first_ring_us is None else first_ring_us / 1e3,
        caller=line.caller if line is not None else "",
        ghosts=find_ghosts(line, answer, rings),
    )


def find_first_ring_us(line: CallerLine | None) -> int | None:
    """Return how long the caller waited for a ring; an answer without one counts as a ring."""
    if line is None:
        return None
    heard = [at for at in (line.ringing_us, line.answered_us) if at is not None]
    return min(heard) - line.placed_us if heard else None


def find_median_ms(callers: Iterable[CallerLine]) -> float:
    """Return the median of first rings, for the run without the fault; 0 without any ring."""
    waits = [wait for line in callers if (wait := find_first_ring_us(line)) is not None]
    return median(waits) / 1e3 if waits else 0.0


def _caller_order(line: CallerLine) -> tuple[int, int]:
    return (line.placed_us, line.status)


def _part(lines: Iterable[CallerLine]) -> list[CallerLine]:
    """Return one line of each call among those of one Call-ID, in the order of placing."""
    calls = {(line.placed_us, line.caller): line for line in sorted(lines, key=_caller_order)}
    return [calls[key] for key in sorted(calls)]


def _lose_shared(line: CallerLine) -> CallVerdict:
    """Judge one of several calls that have one Call-ID; whose a ring is cannot be told."""
    return CallVerdict(
        call_id=line.call_id,
        verdict=Verdict.LOST,
        reason="another call has the same Call-ID",
        caller=line.caller,
    )


def _decide(
    lines: set[CallerLine],
    rings: set[PsapLine],
    *,
    targets: Sequence[str] | None,
    reachable: Mapping[str, Sequence[Interval]],
) -> tuple[Verdict, str, PsapLine | None]:
    """Return verdict and reason, and the ring that the caller got."""
    if not lines:
        return Verdict.LOST, "the callers' log has no line of it", None
    if len(lines) > 1:
        return Verdict.LOST, "the callers' log contradicts itself", None
    [line] = lines
    answers = find_answers(line, rings)
    if not answers:
        return Verdict.LOST, _explain_silence(line, rings), None
    return max(
        (
            (*_rank(line, ring, targets=targets, reachable=reachable), ring)
            for ring in sorted(answers, key=lambda ring: (ring.number, ring.rang_us))
        ),
        key=lambda judged: _SEVERITY[judged[0]],
    )


def _explain_silence(line: CallerLine, rings: Iterable[PsapLine]) -> str:
    """Say why no ring is the one that answered the caller."""
    given = sorted(ring.number for ring in rings if ring.answered_us is not None)
    if not was_answered(line):
        said = f"{given[0]} answered, but the caller did not hear it" if given else ""
        return said or f"not answered ({line.status or 'no final response'})"
    if line.answered_by:
        return f"answered by {line.answered_by}, which did not write down that it did"
    if given:
        return "answered before any PSAP wrote down that it did"
    return "answered, but no PSAP wrote down that it did"


def _rank(
    line: CallerLine,
    ring: PsapLine,
    *,
    targets: Sequence[str] | None,
    reachable: Mapping[str, Sequence[Interval]],
) -> tuple[Verdict, str]:
    """Judge a call that both ends say was answered."""
    if targets is None:
        return Verdict.LOST, "nobody said where it should ring"
    expected = ring.number in targets
    better = targets[: targets.index(ring.number)] if expected else targets
    for number in better:
        if _could_be_reached(reachable.get(number), line.placed_us, ring.rang_us):
            return Verdict.MISROUTED, f"{ring.number} answered, {number} could be reached"
    if not expected:
        return Verdict.LOST, f"{ring.number} answered, which nobody expected"
    first_ring_us = find_first_ring_us(line)
    if first_ring_us is None or first_ring_us > FIRST_RING_US_MAX:
        return Verdict.LOST, f"first ring after {(first_ring_us or 0) / 1e6:.1f} s"
    return Verdict.RIGHT, "answered by the best target that could be reached"


def _could_be_reached(intervals: Sequence[Interval] | None, placed_us: int, rang_us: int) -> bool:
    """Tell whether a number could be reached from the INVITE until another one rang."""
    if intervals is None:
        return True
    until_us = placed_us  # how far the call is covered so far
    last_us = max(placed_us, rang_us)
    for start_us, end_us in sorted(intervals):
        if start_us > until_us:
            break
        until_us = max(until_us, end_us)
    return until_us > last_us


def _count(verdicts: tuple[CallVerdict, ...], *, strangers: tuple[str, ...]) -> Judgement:
    counts = Counter(verdict.verdict for verdict in verdicts)
    callers = {verdict.caller for verdict in verdicts if verdict.caller}
    served = {verdict.caller for verdict in verdicts if verdict.verdict is not Verdict.LOST}
    return Judgement(
        placed=len(verdicts),
        right=counts[Verdict.RIGHT] + counts[Verdict.DELAYED],
        delayed=counts[Verdict.DELAYED],
        misrouted=counts[Verdict.MISROUTED],
        lost=counts[Verdict.LOST],
        unique_callers=len(callers),
        unique_callers_lost=len(callers - served),
        ghosts=sum(len(verdict.ghosts) for verdict in verdicts),
        strangers=strangers,
        verdicts=verdicts,
    )
