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


@dataclass
class Climb:
    """One leg on its way up."""

    name: str
    place: Callable[[int, float], Outcome]
    """Places calls: so many a second, for so many seconds."""
    steps: Sequence[int]
    ceiling: int = 0
    missed: str = ""
    """Why the step above the ceiling failed; empty where every step was kept."""

    @property
    def is_decided(self) -> bool:
        """Tell whether the step above the ceiling was tried."""
        return UNTRIED not in self.missed

    def try_step(self, rate: int, until_s: float) -> str:
        """Try a rate; return why it failed, or nothing."""
        why = ""
        for trial in range(STEP_TRIALS):
            if trial:
                if elapsed_s() + COOL_S > until_s:
                    return f"{why}, {UNTRIED}"
                time.sleep(COOL_S)
            outcome = self.place(rate, STEP_SECONDS)
            found = outcome.judge()
            placed_us = [line.placed_us for line in outcome.callers]
            span_s = max(1.0, max(placed_us, default=0) - min(placed_us, default=0)) / 1e6
            kept = len(placed_us) / span_s / rate
            said = f"{found.lost} lost, {found.misrouted} misrouted, {kept:.0%} of the rate placed"
            say(f"{self.name:16} {rate:5}/s  right {found.right}, {found.delayed} late, {said}")
            if found.no_call_lost and len(placed_us) == outcome.placed and kept >= KEPT_MIN:
                return ""
            why = said
        return why


def find_ceilings(climbs: Sequence[Climb], *, until_s: float) -> None:
    """Raise the rate of each leg until a step fails; begin nothing after `until_s`."""
    left = [(climb, list(climb.steps)) for climb in climbs]
    while left:
        for climb, steps in list(left):
            if not steps:
                climb.missed = UNTRIED
            elif elapsed_s() > until_s:
                climb.missed = f"{steps[0]:,}/s: {UNTRIED}"
            elif why := climb.try_step(steps[0], until_s):
                climb.missed = f"{steps[0]:,}/s: {why}"
            else:
                climb.ceiling = steps.pop(0)
                continue
            left.remove((climb, steps))
