"""How long things usually take: the quantiles of many, in a few dozen counts that fade."""

import math

FIRST_MS = 50.0
STEP = 1.25
"""Counts are of delays between one power of this and the next."""
COUNTS = 38
"""The last one is of delays from 190 s on."""
FADE_US = 43_200e6
"""Half a day: a bad hour does not become usual, another season does."""
FADED_US = 60_000_000
"""How often they are made to fade."""
KNOWN = 50.0
"""Delays that have to be known before anything is called late."""
USUAL_SHARE, LATE_TIMES = 0.9, 2.0
"""Late is what takes longer than nine of ten do, and twice as long as half of them."""


class Delays:
    """Delays of one kind."""

    __slots__ = ("_at_us", "_counts", "_limit_ms")

    def __init__(self) -> None:
        self._counts = [0.0] * COUNTS
        self._at_us = 0
        self._limit_ms: float | None = None

    def add(self, delay_ms: float, *, now_us: int) -> None:
        """Count one more."""
        if now_us - self._at_us >= FADED_US:
            kept = math.exp((self._at_us - now_us) / FADE_US)
            self._counts = [count * kept for count in self._counts]
            self._at_us = now_us
            self._limit_ms = self._find_limit()
        place = math.log(max(delay_ms, FIRST_MS) / FIRST_MS, STEP)
        self._counts[min(int(place), COUNTS - 1)] += 1.0

    @property
    def limit_ms(self) -> float | None:
        """From when on a delay is late; None while too few are known. At most a minute old."""
        return self._limit_ms

    def _find_limit(self) -> float | None:
        if sum(self._counts) < KNOWN:
            return None
        return max(self._find(USUAL_SHARE), LATE_TIMES * self._find(0.5))

    def _find(self, share: float) -> float:
        """Return the delay that this share of all is not above."""
        wanted, seen, place = share * sum(self._counts), 0.0, -1
        while seen < wanted and place < COUNTS - 1:
            place += 1
            seen += self._counts[place]
        return FIRST_MS * STEP ** (place + 1)
