"""
A clock that is not believed at once when it leaps ahead.

A machine that was suspended, or a bad source of time, moves the clock by hours; for one turn is
enough to end orders that hold for hours yet. An order that is kept too long harms nobody, since
each translation judges its end at each call. So a leap ahead is waited out by the monotonic clock;
one that is taken back meanwhile, within `DOUBT_S`, never was. A clock that is set back is
believed at once. A planner that begins has nothing to compare its clock with: for as long no order
is over, see `change.deciding`.
"""

import threading
from collections.abc import Callable

from route112.change.deciding import DOUBT_S
from route112.model import UtcTime

LEAP_US = 60_000_000
"""So far ahead of the time that has passed a clock is doubted."""


class SteadyClock:
    """
    UTC as `now` says it, without leaps ahead; may be asked by several threads.

    Args:
        now: the clock.
        monotonic_s: tells how much time has passed.
        say: tells people of a leap.
    """

    def __init__(
        self,
        now: Callable[[], UtcTime],
        monotonic_s: Callable[[], float],
        *,
        say: Callable[[str], None],
    ) -> None:
        self._now, self._monotonic_s, self._say = now, monotonic_s, say
        self._believed_us, self._at_s = int(now()), monotonic_s()
        self._doubted_s: float | None = None
        """Since when the clock is doubted."""
        self._lock = threading.Lock()

    def __call__(self) -> UtcTime:
        """Return the time, microseconds UTC."""
        with self._lock:
            now_us, at_s = int(self._now()), self._monotonic_s()
            passed_us = self._believed_us + int((at_s - self._at_s) * 1e6)
            if now_us - passed_us > LEAP_US and self._is_doubted(now_us - passed_us, at_s):
                return UtcTime(passed_us)
            self._believed_us, self._at_s, self._doubted_s = now_us, at_s, None
            return UtcTime(now_us)

    def _is_doubted(self, ahead_us: int, at_s: float) -> bool:
        if self._doubted_s is None:
            self._doubted_s = at_s
            self._say(
                f"the clock has leapt {ahead_us // 1_000_000} s ahead; "
                f"it is believed if it stays so for {DOUBT_S:.0f} s"
            )
        return at_s - self._doubted_s < DOUBT_S
