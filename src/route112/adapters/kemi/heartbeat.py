"""
Has this site stood still? Its own monotonic clock tells, never a comparison of two clocks.

A site that is stopped and goes on finds INVITEs in its sockets that their senders have long given
up and sent elsewhere: forwarding them would ring a second answering point. A message carries no
time, so the site asks its own clock: two processes beat into memory that all of them share, ten
times a second each. Whoever finds the last beat more than GAP_NS old, be it a beating process or a
worker that happened to run first, marks the thaw before it does anything else. For GRACE_NS after
a thaw, every process holds what it reads for stale: the sockets are read empty meanwhile.

Two beating processes, because one alone that is stuck would make a healthy site look frozen.

"""

import mmap
import time
from collections.abc import Callable

GAP_NS = 1_000_000_000
"""A longer silence of both beating processes means that the site stood still."""
GRACE_NS = 500_000_000
"""How long after a thaw everything that is read counts as stale."""

_BEAT, _THAW = 0, 1


def boot_ns() -> int:
    """Return nanoseconds since the machine started, also those that it slept."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Heartbeat:
    """Two instants in memory that is shared with every process forked later."""

    def __init__(self, *, now_ns: Callable[[], int] = boot_ns) -> None:
        self._now_ns = now_ns
        # Aligned words of 8 bytes are written at once, so that no lock is needed.
        self._times = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")
        self._told_ns = 0
        """The thaw that this process knows of."""

    def beat(self) -> bool:
        """Say that the site lives; tell, once in each process, that it had stood still."""
        now_ns = self._now_ns()
        if self._is_gap(now_ns):
            self._times[_THAW] = now_ns
        self._times[_BEAT] = now_ns
        told_ns, self._told_ns = self._told_ns, self._times[_THAW]
        return told_ns != self._told_ns

    def is_stale(self) -> bool:
        """Tell whether what is read now may have waited since before the site stood still."""
        now_ns = self._now_ns()
        if self._is_gap(now_ns):
            self._times[_THAW] = now_ns
            self._times[_BEAT] = now_ns
            return True
        thaw_ns = self._times[_THAW]
        return thaw_ns > 0 and now_ns - thaw_ns < GRACE_NS

    def _is_gap(self, now_ns: int) -> bool:
        last_ns = self._times[_BEAT]
        return last_ns > 0 and now_ns - last_ns > GAP_NS  # before the first beat: starting
