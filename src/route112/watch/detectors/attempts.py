"""Who calls how often: whether an attempt is a caller's first, and which few make the most."""

import enum
from collections import OrderedDict

from route112.watch.measures import NO_CALLER

AGAIN_US = 600_000_000
"""Attempts of one caller for one number within this time after the first hang together."""
CALLERS_MAX = 200_000
"""Callers remembered; beyond it the one who began longest ago is new again."""
OFTEN = 3
"""Attempts within that time that a caller in need makes; those beyond are of somebody else's."""
TOP_MAX = 8
"""Things that are counted as the most frequent ones."""


class Sort(enum.Enum):
    """What an attempt is among those of its caller."""

    FIRST = "first"
    AGAIN = "again"
    """The second one."""
    MORE = "more"
    """Says nothing new: the third one."""
    OFTEN = "often"
    """More than a caller in need makes."""
    NAMELESS = "nameless"
    """Anonymous, or without a SIM: nobody knows whose it is."""


class Callers:
    """Sorts attempts."""

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, str], list[int]] = OrderedDict()

    def sort(self, caller: str, number: str, *, now_us: int) -> Sort:
        """Say what this attempt is, and remember it."""
        if caller in NO_CALLER:
            return Sort.NAMELESS
        key = caller, number
        known = self._counts.get(key)
        if known is None or now_us - known[0] > AGAIN_US:
            self._counts.pop(key, None)
            self._counts[key] = [now_us, 1]
            if len(self._counts) > CALLERS_MAX:
                self._counts.popitem(last=False)
            return Sort.FIRST
        known[1] += 1
        if known[1] == 2:  # noqa: PLR2004
            return Sort.AGAIN
        return Sort.MORE if known[1] <= OFTEN else Sort.OFTEN

    def forget(self, now_us: int) -> None:
        """Drop callers whose attempts hang together with no later one."""
        while self._counts:
            key, (first_us, _) = next(iter(self._counts.items()))
            if now_us - first_us <= AGAIN_US:
                return
            del self._counts[key]


class Top:
    """
    The most frequent of many things, counted in a few places.

    Counts are at most as high as what they took the place of ("space saving", Metwally et al.),
    so that what makes an eighth of all is never missed.
    """

    __slots__ = ("_counts", "total")

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}
        self.total = 0

    def add(self, thing: str) -> None:
        """Count a thing."""
        self.total += 1
        known = self._counts.get(thing)
        if known is None and len(self._counts) >= TOP_MAX:
            least = min(self._counts, key=lambda each: self._counts[each][0])
            taken = self._counts.pop(least)[0]
            self._counts[thing] = [taken + 1, taken]
        elif known is None:
            self._counts[thing] = [1, 0]
        else:
            known[0] += 1

    def list(self) -> list[tuple[str, int]]:
        """List what is certain, the most frequent first: the thing, and how often at least."""
        certain = [(thing, count - taken) for thing, (count, taken) in self._counts.items()]
        return sorted(certain, key=lambda each: (-each[1], each[0]))

    def clear(self) -> None:
        """Begin anew."""
        self._counts.clear()
        self.total = 0
