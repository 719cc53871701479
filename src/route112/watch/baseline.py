"""
What is usual: how many places an hour of the week brings to each series, learned from the weeks.

A series of few calls cannot know its own 168 hours. So the shape of the week is learned for its
*parent*, the series of the same number (or the country), which has enough; the series itself has
one value, its *level*: its part of the parent. Holidays have the shape of a Sunday. Weeks that are
longer ago count less. What came while an alarm was open is no example of what is usual: the caller
leaves those hours out.

Before a week has been seen there may be an assumed week, the one of a country's profile. Only its
shape is taken: how many calls there are is never assumed, it is measured in the first whole hour.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from route112.watch.cusum import Floats

Array = NDArray[np.float64] | NDArray[np.int64]

HOURS = 168
"""Hours of a week; Monday midnight, local time of the country, is 0."""
SUNDAY = 6
WEEKS_KEPT = 6.0
"""A week counts for less by one part in so many with each week that follows."""
MINUTES_PER_HOUR = 60.0
PARENT_MIN = 1e-9
ASSUMED_WEEKS = 0.25
"""What is assumed weighs as much as so many weeks that were seen."""
ASSUMED_LEFT = 0.7
"""Part of what is assumed that is counted on."""
LEARNED = ("shape", "hours_known", "seen", "asked", "shifts")
"""Arrays of what was learned, and of whose clock."""


class Baseline:
    """
    The usual of many series; each has a parent among them, which may be itself.

    Shapes: a value for each series; hours are `hours x series`.
    """

    def __init__(self, parents: Sequence[int]) -> None:
        self._parents = np.array(parents, dtype=np.int64)
        count = len(self._parents)
        self._shifts = np.zeros(count, dtype=np.int64)
        self._assumed: Floats | None = None
        self.revision = 0
        """Goes up with all that is learned."""
        self._shape: Floats = np.zeros((HOURS, count))
        self._hours_known: Floats = np.zeros((HOURS, count))
        self._seen: Floats = np.zeros(count)
        self._asked: Floats = np.zeros(count)

    def grow(self, parents: NDArray[np.int64]) -> None:
        """Make room for series that were not known before; all parents are told anew."""
        more = len(parents) - len(self._parents)
        self._parents = parents
        self._shape = np.pad(self._shape, ((0, 0), (0, more)))
        self._hours_known = np.pad(self._hours_known, ((0, 0), (0, more)))
        self._seen = np.pad(self._seen, (0, more))
        self._asked = np.pad(self._asked, (0, more))
        self._shifts = np.pad(self._shifts, (0, more))
        self.revision += 1

    def shift(self, hours: NDArray[np.int64]) -> None:
        """Say how many hours the clock of each series is ahead of the country's."""
        self._shifts = hours
        self.revision += 1

    def assume(self, week: Sequence[float]) -> None:
        """Have a shape of the week, in any unit, until it has been seen."""
        self._assumed = np.array(week, dtype=np.float64) if len(week) else None

    def learn(self, hours: NDArray[np.int64], counts: Floats, *, counted: Floats) -> None:
        """
        Learn from some hours that are over.

        Args:
            hours: which hours of the week, holidays moved to Sunday.
            counts: hours x series: what came in each.
            counted: hours x series: 1 where that is an example of the usual, else 0.
        """
        self.revision += 1
        kept = 1.0 - 1.0 / WEEKS_KEPT
        for row, hour in enumerate(hours):
            self._shape[hour] = np.where(
                counted[row] > 0.0,
                kept * self._shape[hour] + counts[row],
                self._shape[hour],
            )
            self._hours_known[hour] = np.where(
                counted[row] > 0.0, kept * self._hours_known[hour] + 1.0, self._hours_known[hour]
            )
        share = 1.0 - len(hours) / HOURS / WEEKS_KEPT
        usual = self._usual_of_parents(hours)
        self._seen = share * self._seen + (counts * counted).sum(axis=0)
        self._asked = share * self._asked + (usual * counted).sum(axis=0)

    def forget(self, indexes: Sequence[int]) -> None:
        """Expect nothing of these series any more, until it has come again."""
        which = np.array(indexes, dtype=np.int64)
        self._seen[which] = self._asked[which] = 0.0
        self.revision += 1

    def expect(self, hour: int) -> Floats:
        """Return what each series brings in this hour of the week; 0 where nothing is known."""
        return np.asarray(self._level() * self._usual_of_parents(np.array([hour]))[0])

    def expect_hours(self, hours: NDArray[np.int64]) -> Floats:
        """Return the same for several hours: hours x series."""
        return np.asarray(self._level() * self._usual_of_parents(hours))

    @property
    def history(self) -> Floats:
        """What the level of each series was learned from, in places."""
        return self._seen

    def _level(self) -> Floats:
        return np.asarray(self._seen / np.maximum(self._asked, PARENT_MIN))

    def _usual_of_parents(self, hours: NDArray[np.int64]) -> Floats:
        """Of each parent's week, the hour that the series' own clock shows."""
        own = (hours[:, None] + self._shifts[None, :]) % HOURS
        shape, known = self._shape[own, self._parents], self._hours_known[own, self._parents]
        if self._assumed is None:
            return np.asarray(shape / np.maximum(known, PARENT_MIN))
        due = (self._hours_known * self._assumed[:, None]).sum(axis=0)
        unit = (self._shape.sum(axis=0) / np.maximum(due, PARENT_MIN))[self._parents]
        assumed = ASSUMED_LEFT * unit * self._assumed[own]
        return np.asarray((shape + ASSUMED_WEEKS * assumed) / (known + ASSUMED_WEEKS))

    # ------------------------------------------------------------ what is kept of it
    def export(self) -> dict[str, Array]:
        """Return all that was learned and is asked for, by name."""
        is_parent = self._parents == np.arange(len(self._parents))
        learned = {name: getattr(self, f"_{name}") for name in LEARNED}
        return {
            name: np.where(is_parent, values, 0.0) if values.ndim > 1 else values.copy()
            for name, values in learned.items()
        }

    def restore(self, learned: Mapping[str, Array]) -> None:
        """Go on with what was learned, of the same series in the same order."""
        for name in LEARNED:
            kept = getattr(self, f"_{name}")
            setattr(self, f"_{name}", np.array(learned[name], dtype=kept.dtype))
        self.revision += 1


def number_hour(weekday: int, hour: int, *, is_holiday: bool) -> int:
    """Return the hour of the week, 0 for Monday midnight; a holiday is a Sunday."""
    return (SUNDAY if is_holiday else weekday) * 24 + hour
