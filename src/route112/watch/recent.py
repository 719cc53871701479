"""What was seen lately: whether a thing is new again, remembered for a while and bounded."""

from collections import OrderedDict
from collections.abc import Hashable

KEPT_MAX = 500_000
"""Things remembered; beyond it the one that was seen longest ago is new again."""


class Recent:
    """Tells whether a thing has been seen within a time before."""

    def __init__(self, window_us: int) -> None:
        self._window_us = window_us
        self._seen: OrderedDict[Hashable, int] = OrderedDict()

    def is_new(self, thing: Hashable, at_us: int) -> bool:
        """Tell whether this thing was not seen within the window, and remember that it is now."""
        last_us = self._seen.pop(thing, None)
        self._seen[thing] = at_us if last_us is None else max(at_us, last_us)
        if len(self._seen) > KEPT_MAX:
            self._seen.popitem(last=False)
        return last_us is None or at_us - last_us > self._window_us

    def forget(self, now_us: int) -> None:
        """Drop what has been out of the window for long."""
        while self._seen:
            thing, seen_us = next(iter(self._seen.items()))
            if now_us - seen_us <= self._window_us:
                return
            del self._seen[thing]
