"""
Sums of evidence: the sequential test that all detectors of rates share.

Each look at a series adds a *step*, the logarithm of how many times likelier a fault makes what
was seen than the usual does. The sum never falls below zero, so that a long good time is no credit
(Page's cumulative sum). It crosses a threshold `h` by chance about `exp(-h)` times for each
independent thing seen; that is what makes "one false alarm a week" a number.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SUM_ABOVE = 6.0
"""A sum stops this far above its threshold, so that an alarm can end soon after its cause."""
CLEAR_SHARE = 0.5
"""An alarm is over when the sum is below this part of the threshold."""


class Bank:
    """
    The sums of many series, looked at together.

    Shapes: all arrays are one value for each series, in the order of the caller's list.
    """

    def __init__(self, count: int, *, threshold: float) -> None:
        self.threshold = threshold
        self.sums: Floats = np.zeros(count)
        self.since_us = np.zeros(count, dtype=np.int64)
        """From when on the evidence counts: when the sum was zero last; 0: not looked at yet."""
        self.is_open = np.zeros(count, dtype=np.bool_)

    def add(self, steps: Floats, *, now_us: int) -> tuple[list[int], list[int]]:
        """
        Add one step to each series.

        Returns: indexes of series whose alarm begins, and of those whose alarm is over.
        """
        self.since_us[self.since_us == 0] = now_us  # a series of which nothing was known before
        np.add(self.sums, steps, out=self.sums)
        np.clip(self.sums, 0.0, self.threshold + SUM_ABOVE, out=self.sums)
        self.since_us[self.sums == 0.0] = now_us
        begins = ~self.is_open & (self.sums >= self.threshold)
        ends = self.is_open & (self.sums < CLEAR_SHARE * self.threshold)
        self.is_open |= begins
        self.is_open &= ~ends
        return list(map(int, np.flatnonzero(begins))), list(map(int, np.flatnonzero(ends)))

    def close(self, which: NDArray[np.bool_], *, now_us: int) -> list[int]:
        """Forget what speaks against these series; return the indexes of alarms that this ends."""
        ends = self.is_open & which
        self.sums[ends] = 0.0
        self.since_us[ends] = now_us
        self.is_open &= ~ends
        return list(map(int, np.flatnonzero(ends)))

    def grow(self, count: int) -> None:
        """Make room for series that were not known before; theirs begin at zero."""
        more = count - len(self.sums)
        self.sums = np.concatenate([self.sums, np.zeros(more)])
        self.since_us = np.concatenate([self.since_us, np.zeros(more, dtype=np.int64)])
        self.is_open = np.concatenate([self.is_open, np.zeros(more, dtype=np.bool_)])


def run_sums(steps: Floats, start: Floats) -> Floats:
    """
    Return the sums after each of many looks, as `Bank` has them without its upper bound.

    Args:
        steps: looks x series.
        start: one for each series, not negative.
    """
    walk = np.cumsum(steps, axis=0) + start
    lowest = np.minimum.accumulate(np.minimum(walk, 0.0), axis=0)
    return np.asarray(walk - lowest)
