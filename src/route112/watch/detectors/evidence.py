"""
Sums of evidence of things that are met one by one, and counts of what was seen lately.

`cusum.Bank` adds to all its series at each look. What is here is added to when a call concerns it,
and costs nothing else.
"""

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

ABOVE = 3.0
"""A sum stops this far above its threshold, so that an alarm can end soon after its cause."""
CLEAR_SHARE = 0.5
"""An alarm is over when the sum is below this part of the threshold."""
CLEAR_RUN = 20
"""It is over as well when so many tests on end were good, whatever there was before."""
HEAVY_LOG, HEAVY_LOG_MAX = 50.0, 600.0
"""Logarithm of what one more weighs at most before all are made light, and in any case."""
FORGOTTEN_PART = 10
"""One in so many is forgotten when there are too many."""


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


@dataclass(slots=True)
class Count:
    """One tally among many: seen and bad, multiplied by what one more weighs by now."""

    seen: float = 0.0
    bad: float = 0.0
    used: int = 0
    """Which use of them all was its last one."""


class Tallies:
    """
    Many tallies by key, bounded: those that were not used for longest are forgotten.

    None of them is made to fade. Instead one more weighs the more the later it comes, and what is
    asked for is divided by what one weighs by then: a call is counted in some dozens of them.
    """

    def __init__(self, *, fade_us: float, count_max: int) -> None:
        self._fade_us = fade_us
        self._count_max = count_max
        self._counts: dict[Hashable, Count] = {}
        self._weight, self._now_us, self._light_us = 1.0, 0, 0
        """What one weighs by now, and when it weighed 1."""
        self.uses = 0
        self.forgotten = 0
        """How often some were forgotten."""

    def read(self, key: Hashable, now_us: int) -> tuple[float, float]:
        """Return what was bad and what was seen of a key, as it counts now."""
        count, weight = self._counts.get(key), self._weigh(now_us)
        return (count.bad / weight, count.seen / weight) if count else (0.0, 0.0)

    def add(self, key: Hashable, bad: float, now_us: int) -> None:
        """Count one more in the tally of a key."""
        self.add_all([self.reach(key)], bad, now_us)

    def add_all(self, counts: Iterable[Count], bad: float, now_us: int) -> None:
        """Count one more in each of these, which `reach` has returned."""
        weight = self._weigh(now_us)
        self.uses += 1
        uses, more = self.uses, bad * weight
        for count in counts:
            count.seen += weight
            count.bad += more
            count.used = uses

    def reach(self, key: Hashable) -> Count:
        """Return the count of a key; it is that of the key until some are forgotten."""
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= self._count_max:
                self._forget()
            count = self._counts[key] = Count(used=self.uses)
        return count

    def __len__(self) -> int:
        return len(self._counts)

    def _weigh(self, now_us: int) -> float:
        if now_us > self._now_us:
            self._now_us = now_us
            self._weight = math.exp(min((now_us - self._light_us) / self._fade_us, HEAVY_LOG_MAX))
            if now_us - self._light_us > HEAVY_LOG * self._fade_us:
                self._lighten()
        return self._weight

    def _lighten(self) -> None:
        """Have one more weigh 1 again."""
        for count in self._counts.values():
            count.seen /= self._weight
            count.bad /= self._weight
        self._weight, self._light_us = 1.0, self._now_us

    def _forget(self) -> None:
        by_use = sorted(self._counts, key=lambda key: self._counts[key].used)
        for key in by_use[: max(1, self._count_max // FORGOTTEN_PART)]:
            del self._counts[key]
        self.forgotten += 1
