"""
Who saw the calls of a series: what is not seen while the records of some stations cannot be read.

A call that stopped coming and a call that nobody can read of look alike. A call is unseen only
when none of its stations can be read: an edge and a site both tell of it, a try over a trunk only
the station that rang. So the last calls say which part of a series is unseen without some
stations; it is expected by so much less, and is no example of what is usual.
"""

from collections import deque
from collections.abc import Iterable

import numpy as np

from route112.watch.cusum import Floats

EVENTS_MAX = 5_000
"""Calls and tries that are remembered; they are of the last minutes in a busy country."""
DOUBT = 5.0
"""A series of few calls is taken for like all others: by as much as so many calls would say."""
UNSEEN_MAX = 0.1
"""A series of which more than this is unseen teaches nothing."""


class Witnesses:
    """Remembers by whom calls and tries were seen."""

    def __init__(self) -> None:
        self._events: deque[tuple[frozenset[str], tuple[int, ...]]] = deque(maxlen=EVENTS_MAX)
        self._blind: frozenset[str] = frozenset()
        self._wide = 0.0
        self._counts: dict[int, tuple[int, int]] = {}
        """By series, how many are remembered, and how many of them would be unseen now."""

    def add(self, stations: Iterable[str], indexes: tuple[int, ...]) -> None:
        """Take a call, or a try, of some series; while some are unseen, the rest is no measure."""
        if not self._blind and (seen_by := frozenset(stations) - {""}):
            self._events.append((seen_by, indexes))

    def note_blind(self, stations: Iterable[str]) -> None:
        """Say whose records cannot be read now."""
        blind = frozenset(stations)
        if blind == self._blind:
            return
        self._blind = blind
        self._counts.clear()
        unseen = 0
        for seen_by, indexes in self._events:
            is_unseen = seen_by <= blind
            unseen += is_unseen
            for index in indexes:
                known, lost = self._counts.get(index, (0, 0))
                self._counts[index] = known + 1, lost + is_unseen
        self._wide = unseen / max(len(self._events), 1)

    def list_unseen(self, count: int) -> Floats | None:
        """Return which part of each of so many series is unseen; None: all is seen."""
        if not self._blind:
            return None
        row = np.full(count, self._wide)
        for index, (known, lost) in self._counts.items():
            row[index] = (lost + DOUBT * self._wide) / (known + DOUBT)
        return row
