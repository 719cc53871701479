"""
Sums of evidence of things that are met one by one, and counts of what was seen lately.

`cusum.Bank` adds to all its series at each look. What is here is added to when a call concerns it,
and costs nothing else.
"""

import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

ABOVE = 3.0
"""A sum stops this far above its threshold, so that an alarm can end soon after its cause."""
CLEAR_SHARE = 0.5
"""An alarm is over when the sum is below this part of the threshold."""
CLEAR_RUN = 20
"""It is over as well when so many tests on end were good, whatever there was before."""


@dataclass(slots=True)
class Evidence:
    """One sum: Page's, never below zero."""

    value: float = 0.0
    since_us: int = 0
    """When the sum was last begun."""
    good: int = 0
    """Good tests on end."""
    is_open: bool = False

    def add(
        self, step: float, *, now_us: int, threshold: float, clear_run: float = CLEAR_RUN
    ) -> None:
        """
        Add the logarithm of a likelihood ratio: positive speaks for a fault.

        Args:
            threshold: of the alarm: `find_threshold`.
            clear_run: good tests on end that end it; infinite where one alone says nothing.
        """
        if self.value == 0.0:
            self.since_us = now_us
        self.value = min(max(0.0, self.value + step), threshold + ABOVE)
        self.good = 0 if step > 0.0 else self.good + 1
        if self.is_open and (self.value < CLEAR_SHARE * threshold or self.good >= clear_run):
            self.is_open = False
            self.value = 0.0
        elif self.value >= threshold:
            self.is_open = True


@dataclass(slots=True)
class Tally:
    """What was seen lately, and how much of it was bad; both fade by `exp(-age / fade_us)`."""

    fade_us: float
    seen: float = 0.0
    bad: float = 0.0
    at_us: int = 0

    def add(self, bad: float, *, now_us: int, seen: float = 1.0) -> None:
        """Count one more."""
        if now_us > self.at_us:
            self.fade(now_us)
        self.seen += seen
        self.bad += bad

    def fade(self, now_us: int) -> None:
        """Let what was seen count for what it does at this time."""
        if now_us > self.at_us:
            kept = math.exp((self.at_us - now_us) / self.fade_us)
            self.seen *= kept
            self.bad *= kept
            self.at_us = now_us

    @property
    def rate_per_s(self) -> float:
        """How many are seen in a second, if it was long enough."""
        return self.seen / (self.fade_us / 1e6)


class Tallies:
    """Many tallies by key, bounded: the one that was not used for longest is forgotten."""

    def __init__(self, *, fade_us: float, count_max: int) -> None:
        self._fade_us = fade_us
        self._count_max = count_max
        self._tallies: OrderedDict[Hashable, Tally] = OrderedDict()

    def find(self, key: Hashable, *, now_us: int) -> Tally:
        """Return a tally, faded; one that nothing was added to where there is none."""
        tally = self._tallies.get(key)
        if tally is None:
            return Tally(self._fade_us, at_us=now_us)
        tally.fade(now_us)
        return tally

    def add(self, key: Hashable, bad: float, now_us: int) -> None:
        """Count one more in the tally of a key."""
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = Tally(self._fade_us)
            if len(self._tallies) > self._count_max:
                self._tallies.popitem(last=False)
        else:
            self._tallies.move_to_end(key)
        tally.add(bad, now_us=now_us)

    def __len__(self) -> int:
        return len(self._tallies)
