"""
Has this site stood still? Its own monotonic clock tells, never a comparison of two clocks.

A site that is stopped and goes on finds INVITEs in its sockets that their senders have long given
up and sent elsewhere: forwarding them would ring a second answering point. A message carries no
time, so the site asks its own clock: two processes beat into memory that all of them share, ten
times a second each. Whoever finds the last beat more than GAP_NS old, be it a beating process or a
worker that happened to run first, marks the thaw before it does anything else. For GRACE_NS after
a thaw, every process holds what it reads for stale: the sockets are read empty meanwhile.

Kamailio counts time in ticks, which stand still with it. Up to five seconds of ticks later it
makes up for them at once, and whatever waits then has waited for longer by all of the gap: a
telephone that rings is taken for one that nobody answers, and the next one rings. So after a gap
as long as such a wait, the site holds itself for stale until that has happened.

Two beating processes, because one alone that is stuck would make a healthy site look frozen.

"""

import mmap
import time
from collections.abc import Callable

GAP_NS = 1_000_000_000
"""A longer silence of both beating processes means that the site stood still."""
GRACE_NS = 500_000_000
"""How long after a thaw everything that is read counts as stale."""
LONG_GAP_NS = 3_000_000_000
"""From here on a gap ends waits that begin after it: a telephone has hardly rung by then."""
LONG_GRACE_NS = 5_500_000_000
"""How long everything counts as stale after such a gap. Kamailio looks at its ticks each 5 s of
them (TIMER_RESYNC_TICKS of its core/timer.c)."""

_BEAT, _THAW, _FRESH = 0, 1, 2


def boot_ns() -> int:
    """Return nanoseconds since the machine started, also those that it slept."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Heartbeat:
    """Three instants in memory that is shared with every process forked later."""

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
            self._thaw(now_ns)
        self._times[_BEAT] = now_ns
        told_ns, self._told_ns = self._told_ns, self._times[_THAW]
        return told_ns != self._told_ns

    def is_stale(self) -> bool:
        """Tell whether what is read now may have waited since before the site stood still."""
        now_ns = self._now_ns()
        if self._is_gap(now_ns):
            self._thaw(now_ns)
            self._times[_BEAT] = now_ns
            return True
        return now_ns < self._times[_FRESH]

    def _thaw(self, now_ns: int) -> None:
        is_long = now_ns - self._times[_BEAT] >= LONG_GAP_NS
        self._times[_FRESH] = now_ns + (LONG_GRACE_NS if is_long else GRACE_NS)
        self._times[_THAW] = now_ns

    def _is_gap(self, now_ns: int) -> bool:
        last_ns = self._times[_BEAT]
        return last_ns > 0 and now_ns - last_ns > GAP_NS  # before the first beat: starting
