"""What came before, as a rate: known after some minutes, without any history of weeks."""

import math
from dataclasses import dataclass, field

from route112.watch.detectors.evidence import Tally

FADE_US = 7_200e6
"""What is usual is what came within about two hours: longer than an event, shorter than a day."""
HELD_US = 600_000_000
"""What came in the last minutes is not usual yet, or an event would be its own excuse."""
KNOWN_US = 600_000_000
"""From when on something is known at all, after the beginning of the watch."""


@dataclass(slots=True)
class Usual:
    """How many come in a second, and which part of them is of a kind; ten minutes late."""

    _past: Tally = field(default_factory=lambda: Tally(FADE_US))
    _held: float = 0.0
    _held_bad: float = 0.0
    _held_since_us: int = 0
    _last_us: int = 0
    _skipped_us: int = 0

    def add(self, seen: float, bad: float, *, now_us: int, is_usual: bool) -> None:
        """Count what came; time in which something was wrong is left out."""
        if not is_usual:
            passed_us = now_us - self._last_us
            self._held = self._held_bad = 0.0
            self._past.at_us = min(now_us, self._past.at_us + passed_us)
            self._skipped_us += passed_us
        elif now_us - self._held_since_us >= HELD_US:
            self._past.add(self._held_bad, now_us=now_us, seen=self._held)
            self._held, self._held_bad = seen, bad
            self._held_since_us = now_us
        else:
            self._held += seen
            self._held_bad += bad
        self._last_us = now_us

    def rate_per_s(self, *, now_us: int, begun_us: int) -> float:
        """Return how many came in a second since the watch began, of late above all."""
        left = math.exp(min(0, self._past.at_us - now_us) / FADE_US)
        watched_us = max(now_us - begun_us - HELD_US - self._skipped_us, KNOWN_US)
        whole_us = FADE_US * (1.0 - math.exp(-watched_us / FADE_US))
        return self._past.seen * left / (whole_us / 1e6)

    @property
    def share(self) -> float:
        """Which part was of the kind; 0 where nothing is known."""
        return self._past.bad / self._past.seen if self._past.seen >= 1.0 else 0.0
