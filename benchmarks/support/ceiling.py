"""The highest rate of calls at which none is lost, found by steps, several legs in turn."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.support.report import elapsed_s, say
from tests.support.load import Outcome

STEP_SECONDS = 2.0
STEP_TRIALS = 2
"""A step fails when it fails so often: a stall of the machine is no ceiling."""
COOL_S = 11.0
"""After a step that failed: until ways out and breakers are closed again."""
KEPT_MIN = 0.95
"""Share of the wanted rate that the load generator has to reach, or the step counts as failed."""
UNTRIED = "not tried any more"
LAST = "no step above was tried"


@dataclass
class Climb:
    """One leg on its way up."""

    name: str
    place: Callable[[int, float], Outcome]
    """Places calls: so many a second, for so many seconds."""
    steps: Sequence[int]
    ceiling: int = 0
    missed: str = ""
    """Why the step above the ceiling failed, or was not tried."""
    is_over: bool = False
    not_before_s: float = 0.0
    """Of the benchmark: the next trial."""
    _step: int = 0
    _failures: int = 0

    def try_next(self) -> None:
        """Try the next step, or the one that failed once more."""
        rate = self.steps[self._step]
        if why := self._try(rate):
            self._failures += 1
            self.missed = f"{rate:,}/s: {why}"
            self.not_before_s = elapsed_s() + COOL_S
            self.is_over = self._failures == STEP_TRIALS
            return
        self.ceiling, self.missed, self._failures = rate, "", 0
        self._step += 1
        self.is_over = self._step == len(self.steps)
        self.missed = LAST if self.is_over else ""

    def give_up(self) -> None:
        """Leave the next step untried, for want of time."""
        self.missed = f"{self.missed or f'{self.steps[self._step]:,}/s'}, {UNTRIED}"
        self.is_over = True

    def _try(self, rate: int) -> str:
        """Place calls at a rate; return why that failed, or nothing."""
        outcome = self.place(rate, STEP_SECONDS)
        found = outcome.judge()
        kept = find_rate([line.placed_us for line in outcome.callers]) / rate
        said = f"{found.lost} lost, {found.misrouted} misrouted, {kept:.0%} of the rate placed"
        say(f"{self.name:10} {rate:5}/s  right {found.right}, {found.delayed} late, {said}")
        good = found.no_call_lost and len(outcome.callers) == outcome.placed and kept >= KEPT_MIN
        return "" if good else said


def find_rate(placed_us: Sequence[int]) -> float:
    """Return calls a second between the first tenth and the last: several loads begin apart."""
    ascending = sorted(placed_us)
    inner = ascending[len(ascending) // 10 : -(len(ascending) // 10) or None]
    return len(inner) / max(1, inner[-1] - inner[0]) * 1e6 if inner else 0.0


def find_ceilings(climbs: Sequence[Climb], *, until_s: float) -> None:
    """Raise the rates of all legs in turn; a leg that failed rests while others go on."""
    while left := [climb for climb in climbs if not climb.is_over]:
        ready = [climb for climb in left if climb.not_before_s <= elapsed_s()]
        next_s = elapsed_s() if ready else min(climb.not_before_s for climb in left)
        if next_s > until_s:
            for climb in left:
                climb.give_up()
            return
        time.sleep(max(0.0, next_s - elapsed_s()))
        for climb in ready:
            climb.try_next()
