"""
What a play was measured on: whether the played ends were late, and the machine had nothing left.

Callers and answering points are not the platform, but they run on the same processors. Where one
of them is late, the platform is told of a failure that is none, and its figures say nothing about
it. So the ends take precedence over everything else, and whether that was enough is watched from
outside and told.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.sip_probe import ask_options

PLACED_LATE_S_MAX = 1.0
"""Calls that are placed later than this belong to a slower evening."""
CALLERS_LATE_S_MAX = 0.3
"""A caller who reads later than this writes down delays that nobody made; 0.5 s is delayed."""
ANSWERS_LATE_S_MAX = 0.3
"""A site takes an answering point that says nothing for 0.6 s for a dead one."""
IDLE_SHARE_MIN = 0.02
"""Of all processors within WINDOW_S: with less, whoever came last was served late."""
WINDOW_S = 10.0
TICK_S = 0.05
SAMPLE_S = 1.0
ASK_SECONDS = 0.25
ASK_SECONDS_MAX = 2.0
PRIORITY = 1
"""The lowest of the real-time ones, which are above all usual ones."""
STAT = Path("/proc/stat")
_IDLE = slice(3, 5)
_ALL = slice(0, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What one play was measured on; real seconds, each the worst one."""

    placed_late_s: float = 0.0
    """How much later than wanted a call was placed."""
    callers_late_s: float = 0.0
    """How much later than due the callers' event loop came round."""
    answers_late_s: float = 0.0
    """How long an answering point took to answer OPTIONS."""
    idle_share: float = 1.0
    """Of all processors, all the time."""
    idle_share_min: float = 1.0
    """The same in the worst WINDOW_S."""

    @property
    def worst_late_s(self) -> float:
        """How late callers or answering points were at worst, whatever they did."""
        return max(self.placed_late_s, self.callers_late_s, self.answers_late_s)

    def list_faults(self) -> Iterator[str]:
        """Say what keeps the figures from being a measurement of the platform; none: they are."""
        for late_s, late_s_max, what in (
            (self.placed_late_s, PLACED_LATE_S_MAX, "calls were placed"),
            (self.callers_late_s, CALLERS_LATE_S_MAX, "callers looked"),
            (self.answers_late_s, ANSWERS_LATE_S_MAX, "answering points answered"),
        ):
            if late_s > late_s_max:
                yield f"{what} up to {late_s:.2f} s late, and {late_s_max:g} s is bearable"
        if self.idle_share_min < IDLE_SHARE_MIN:
            yield (
                f"the processors had {self.idle_share_min:.1%} left for {WINDOW_S:g} s, "
                f"and {IDLE_SHARE_MIN:.0%} is needed"
            )


@contextmanager
def take_precedence(pids: Sequence[int]) -> Iterator[bool]:
    """
    Put this process and others before all usual ones; tells whether this machine allows it.

    Its threads come along, and so does what it starts while the block lasts (`Faults` starts its
    processes as usual ones): whoever waits for a usual one while it holds the interpreter, if only
    between fork and exec, is served as late as that one. After the block this process is usual.
    """
    allowed = True
    try:
        for pid in (0, *pids):
            os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(PRIORITY))
    except OSError:
        allowed = False
    try:
        yield allowed
    finally:
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@dataclass(frozen=True, slots=True)
class Sample:
    """What the processors had done by an instant, in ticks."""

    at_s: float
    idle: int
    all: int


class Watchman:
    """Watches one play from beginning to end; made and used on the callers' event loop."""

    def __init__(self, ends: Sequence[tuple[str, int]]) -> None:
        """Watch; `ends` are host and port of one address of each process that answers."""
        self.callers_late_s = 0.0
        self.answers_late_s = 0.0
        self._ends = tuple(ends)
        self._samples: list[Sample] = []

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick())
            for host, port in self._ends:
                group.create_task(self._ask(host, port))

    def tell(self, *, placed_late_s: float) -> Conditions:
        """Return what was seen."""
        whole, least = measure_idle(self._samples)
        return Conditions(
            placed_late_s=placed_late_s,
            callers_late_s=self.callers_late_s,
            answers_late_s=self.answers_late_s,
            idle_share=whole,
            idle_share_min=least,
        )

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        sample_s = loop.time()
        while True:
            due_s = loop.time() + TICK_S
            if loop.time() >= sample_s:
                self._samples.append(Sample(loop.time(), *read_processors(STAT)))
                sample_s = loop.time() + SAMPLE_S
            await asyncio.sleep(TICK_S)
            self.callers_late_s = max(self.callers_late_s, loop.time() - due_s)

    async def _ask(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            await ask_options("udp", host, port, timeout_s=ASK_SECONDS_MAX)
            self.answers_late_s = max(self.answers_late_s, loop.time() - began_s)
            await asyncio.sleep(ASK_SECONDS)


def read_processors(stat: Path) -> tuple[int, int]:
    """Return idle time and all time of all processors since boot, in ticks; raises OSError."""
    with stat.open("rb") as file:
        ticks = [int(word) for word in file.readline().split()[1:]]
    return sum(ticks[_IDLE]), sum(ticks[_ALL])


def measure_idle(samples: Sequence[Sample]) -> tuple[float, float]:
    """Return which share of the processors was idle, all the time and in the worst WINDOW_S."""
    if not samples:
        return 1.0, 1.0
    whole = _share(samples[0], samples[-1])
    windows = [
        _share(first, last)
        for index, first in enumerate(samples)
        if (last := next((s for s in samples[index:] if s.at_s >= first.at_s + WINDOW_S), None))
    ]
    return whole, min(windows, default=whole)


def _share(first: Sample, last: Sample) -> float:
    return (last.idle - first.idle) / (last.all - first.all) if last.all > first.all else 1.0
