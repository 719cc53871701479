"""What was seen lately: whether a thing is new again, remembered for a while and bounded."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

KEPT_MAX = 500_000
"""Things remembered; beyond it the one that was seen longest ago is new again."""
SPREAD_KEPT_MAX = 100_000
"""The same, of things that are told apart by where they were seen: 800 callers a second."""


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


@dataclass(slots=True)
class _Spread:
    """When a thing was seen last, anywhere and in each series."""

    at_us: int = 0
    by_series: dict[int, int] = field(default_factory=dict)


class RecentBySeries:
    """
    Tells in which series a thing has not been seen within a time before.

    The same as a `Recent` asked for each pair of series and thing, several times as fast.
    """

    def __init__(self, window_us: int) -> None:
        self._window_us = window_us
        self._seen: OrderedDict[Hashable, _Spread] = OrderedDict()

    def list_new(self, thing: Hashable, indexes: Iterable[int], at_us: int) -> list[int]:
        """List those of the series in which this thing is new, and remember it in all of them."""
        spread = self._seen.get(thing)
        if spread is None:
            spread = self._seen[thing] = _Spread(at_us)
            if len(self._seen) > SPREAD_KEPT_MAX:
                self._seen.popitem(last=False)
        else:
            self._seen.move_to_end(thing)
            spread.at_us = max(at_us, spread.at_us)
        known, new = spread.by_series, []
        oldest_us = at_us - self._window_us
        for index in indexes:
            last_us = known.get(index)
            if last_us is None or last_us < oldest_us:
                new.append(index)
            if last_us is None or last_us < at_us:
                known[index] = at_us
        return new

    def forget(self, now_us: int) -> None:
        """Drop what has been out of the window for long."""
        while self._seen:
            thing, spread = next(iter(self._seen.items()))
            if now_us - spread.at_us <= self._window_us:
                return
            del self._seen[thing]
