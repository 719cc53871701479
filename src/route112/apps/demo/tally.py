"""
What should have happened, and what did: the expectation of the demo, and the checker's answer.

Expected is what the country's own table says, and which lines could not be reached when. Seen is
what callers and answering points wrote down. The records of edges and sites have no part in it.
"""

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from route112.simulation.checker import (
    Expectation,
    Interval,
    Judgement,
    Verdict,
    find_median_ms,
    judge,
)
from route112.simulation.logs import CallerLine, PsapLine, parse_callers, parse_psaps

FOREVER_US = 1 << 62


class Book:
    """What a call of the demo may expect, written down before it is placed."""

    def __init__(self) -> None:
        self._targets: dict[str, tuple[str, ...]] = {}
        self._gone: dict[str, list[Interval]] = {}

    def expect(self, call_id: str, targets: tuple[str, ...]) -> None:
        """Say where a call should ring, best first."""
        self._targets[call_id] = targets

    def lose(self, numbers: Iterable[str], at_us: int) -> None:
        """Say that lines cannot be reached from now on."""
        for number in numbers:
            self._gone.setdefault(number, []).append((at_us, FOREVER_US))

    def regain(self, numbers: Iterable[str], at_us: int) -> None:
        """Say that lost lines can be reached again."""
        for number in numbers:
            since_us, _ = self._gone[number].pop()
            self._gone[number].append((since_us, at_us))

    def make_expectation(self) -> Expectation:
        """Return all of it as the checker wants it."""
        return Expectation(
            targets=dict(self._targets),
            reachable={number: _invert(spans) for number, spans in self._gone.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What became of some calls."""

    placed: int
    right: int
    delayed: int
    misrouted: int
    lost: int
    delay_s: float
    """Of the latest first ring of those that are right, beyond what is usual; 0 without any."""
    wrong: frozenset[str]
    """Call-IDs of those that were misrouted or lost."""


def count_calls(judgement: Judgement, call_ids: Collection[str], *, usual_ms: float) -> Count:
    """Count the verdicts of some calls."""
    verdicts = [each for each in judgement.verdicts if each.call_id in call_ids]
    wrong = (Verdict.MISROUTED, Verdict.LOST)
    # Who is lost may have heard a telephone ring at last, and is not late but lost.
    rings_ms = [
        each.first_ring_ms
        for each in verdicts
        if each.first_ring_ms is not None and each.verdict not in wrong
    ]
    delayed = sum(each.verdict is Verdict.DELAYED for each in verdicts)
    misrouted = sum(each.verdict is Verdict.MISROUTED for each in verdicts)
    lost = sum(each.verdict is Verdict.LOST for each in verdicts)
    return Count(
        placed=len(verdicts),
        right=len(verdicts) - misrouted - lost,
        delayed=delayed,
        misrouted=misrouted,
        lost=lost,
        delay_s=max(0.0, max(rings_ms, default=0.0) - usual_ms) / 1e3,
        wrong=frozenset(each.call_id for each in verdicts if each.verdict in wrong),
    )


def read_logs(run: Path) -> tuple[tuple[CallerLine, ...], tuple[PsapLine, ...]]:
    """Read what both ends wrote: `callers-*.jsonl` and `psaps*/psaps.jsonl`."""
    callers = (
        line
        for path in sorted(run.glob("callers-*.jsonl"))
        for line in parse_callers(path.read_bytes())
    )
    psaps = (
        line
        for path in sorted(run.glob("psaps*/psaps.jsonl"))
        for line in parse_psaps(path.read_bytes())
    )
    return tuple(callers), tuple(psaps)


def find_usual_ms(run: Path, call_ids: Collection[str]) -> float:
    """Return the median first ring of the calls without a fault, in ms."""
    callers, _ = read_logs(run)
    return find_median_ms(line for line in callers if line.call_id in call_ids)


def judge_logs(run: Path, book: Book, *, usual_ms: float) -> Judgement:
    """Judge all calls by the logs of both ends."""
    callers, psaps = read_logs(run)
    return judge(callers, psaps, book.make_expectation(), baseline_median_ms=usual_ms)


def _invert(gone: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the times between spans in which a line is gone."""
    edges = [0, *itertools.chain.from_iterable(sorted(gone)), FOREVER_US]
    spans = zip(edges[::2], edges[1::2], strict=True)
    return tuple((since_us, until_us) for since_us, until_us in spans if since_us < until_us)
