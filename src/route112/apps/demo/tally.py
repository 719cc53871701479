"""
What should have happened, and what did: the expectation of the demo, and the checker's answer.

Expected is what the country's own table says, and which lines were silenced when. Seen is what
callers and PSAPs wrote down. The site's records have no part in it.
"""

import itertools
from collections.abc import Iterable
from pathlib import Path

from route112.simulation.checker import (
    CallVerdict,
    Expectation,
    Interval,
    Judgement,
    find_median_ms,
    judge,
    judge_call,
)
from route112.simulation.logs import CallerLine, PsapLine, parse_callers, parse_psaps

FOREVER_US = 1 << 62


class Book:
    """What a call of the demo may expect, written down before it is placed."""

    def __init__(self) -> None:
        self._targets: dict[str, tuple[str, ...]] = {}
        self._silent: dict[str, list[Interval]] = {}

    def expect(self, call_id: str, targets: tuple[str, ...]) -> None:
        """Say where a call should ring, best first."""
        self._targets[call_id] = targets

    def silence(self, numbers: Iterable[str], at_us: int) -> None:
        """Say that lines cannot be reached from now on."""
        for number in numbers:
            self._silent.setdefault(number, []).append((at_us, FOREVER_US))

    def restore(self, numbers: Iterable[str], at_us: int) -> None:
        """Say that silenced lines can be reached again."""
        for number in numbers:
            since_us, _ = self._silent[number].pop()
            self._silent[number].append((since_us, at_us))

    def make_expectation(self) -> Expectation:
        """Return all of it as the checker wants it."""
        return Expectation(
            targets=dict(self._targets),
            reachable={number: _invert(spans) for number, spans in self._silent.items()},
        )


def _invert(silent: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the times between spans of silence."""
    edges = [0, *itertools.chain.from_iterable(sorted(silent)), FOREVER_US]
    spans = zip(edges[::2], edges[1::2], strict=True)
    return tuple((since_us, until_us) for since_us, until_us in spans if since_us < until_us)


def read_logs(folder: Path) -> tuple[tuple[CallerLine, ...], tuple[PsapLine, ...]]:
    """Read what both ends wrote: `callers-*.jsonl` and `psaps.jsonl`."""
    callers = [
        line
        for path in sorted(folder.glob("callers-*.jsonl"))
        for line in parse_callers(path.read_bytes())
    ]
    return tuple(callers), parse_psaps((folder / "psaps.jsonl").read_bytes())


def judge_logs(folder: Path, book: Book, *, usual: frozenset[str]) -> Judgement:
    """
    Judge all calls by the logs of both ends.

    Args:
        usual: Call-IDs of the calls without a fault, whose median ring counts as usual.
    """
    callers, psaps = read_logs(folder)
    return judge(
        callers,
        psaps,
        book.make_expectation(),
        baseline_median_ms=find_median_ms(line for line in callers if line.call_id in usual),
    )


def judge_one(
    line: CallerLine, rings: Iterable[PsapLine], book: Book, *, median_ms: float
) -> CallVerdict:
    """Judge one call while the demo runs, by the same rules."""
    return judge_call(
        line.call_id,
        {line},
        set(rings),
        expectation=book.make_expectation(),
        baseline_median_ms=median_ms,
    )
