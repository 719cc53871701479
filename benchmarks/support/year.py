"""
A year of looks, an hour at a time: what `RateWatch` would say of them, for many thresholds.

`RateWatch` takes look after look, and a year has half a million minutes. The steps of evidence,
the sums and what is usual are the same functions here, only called for an hour of looks together.
tests/unit/benchmarks/test_year.py holds both against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from route112.watch import drought, success
from route112.watch.baseline import Baseline
from route112.watch.cusum import CLEAR_SHARE, SUM_ABOVE, Floats, run_sums

HOUR_S = 3_600.0
REST_HOURS = 6
"""A series that alarms again within so many hours counts once."""

Bools = NDArray[np.bool_]


class Alarms:
    """
    Alarms of many series by many thresholds.

    Args:
        thresholds: thresholds x series.
    """

    def __init__(self, thresholds: Floats) -> None:
        self._thresholds = thresholds
        self.is_open: Bools = np.zeros(thresholds.shape, dtype=np.bool_)
        self._last = np.full(thresholds.shape, -REST_HOURS)

    def take(self, hour: int, walk: Floats) -> Bools:
        """Take the sums of one hour, looks x series; return which alarms begin and count."""
        begins: Bools = ~self.is_open & (walk.max(axis=0) >= self._thresholds)
        counted: Bools = begins & (hour - self._last >= REST_HOURS)
        self._last[counted] = hour
        self.is_open |= begins
        self.is_open &= walk[-1] >= CLEAR_SHARE * self._thresholds
        return counted


@dataclass(slots=True)
class Counts:
    """What came in an hour: looks x series."""

    places: Floats
    callers: Floats
    failed: Floats


@dataclass(slots=True)
class Began:
    """Which alarms began in an hour: thresholds x series, the first row those in force."""

    drought: Bools
    success: Bools


@dataclass(slots=True)
class _Sums:
    drought: Floats
    success: Floats


@dataclass
class YearWatch:
    """Both tests of rates over many series; the first ones are the parents of all."""

    parents: Sequence[int]
    cuts: Sequence[tuple[str, ...]]
    """Dimensions of each series."""
    leaders: int
    """How many of the first series are parents; they are their own."""
    looks: int
    """In an hour."""
    thresholds: Sequence[float]
    """To be tried beside those in force."""
    baseline: Baseline = field(init=False)

    def __post_init__(self) -> None:
        """Begin without any history."""
        count = len(self.parents)
        assert list(self.parents[: self.leaders]) == list(range(self.leaders))
        self.baseline = Baseline(self.parents)
        self.expected: Floats = np.zeros(count)
        self._raised = np.array([success.find_raised(cut) for cut in self.cuts])
        in_force = {
            "drought": np.full(count, drought.THRESHOLD),
            "success": np.array([success.find_threshold(cut) for cut in self.cuts]),
        }
        tried = np.repeat(np.array(self.thresholds)[:, None], count, axis=1)
        self._alarms = {
            name: Alarms(np.vstack([values, tried])) for name, values in in_force.items()
        }
        self._tops = {
            name: values * (1.0 + SUM_ABOVE / success.THRESHOLD_WIDE)
            for name, values in in_force.items()
        }
        self._tops["drought"] = in_force["drought"] + SUM_ABOVE
        self._sums = _Sums(np.zeros(count), np.zeros(count))
        self._callers: Floats = np.zeros(count)
        self._failed: Floats = np.zeros(count)
        self._seen: Floats = np.zeros(self.leaders)
        self._due: Floats = np.zeros(self.leaders)
        self._hour = 0

    def add_hour(self, hour_of_week: int, counts: Counts) -> Began:
        """Add the looks of one hour."""
        self.expected = self.baseline.expect(hour_of_week)
        due = np.repeat(self.expected[None, :] / self.looks, self.looks, axis=0)
        steps = drought.drought_steps(
            drought.lower_expected(
                due, self.baseline.history[None, :], self._modulate(counts, due)
            ),
            counts.places,
        )
        usual = success.allow_swing(self._failed / np.maximum(self._callers, 1.0))
        more = success.success_steps(
            counts.callers, counts.failed, usual[None, :], self._raised[None, :]
        )
        dry, failing = self._take("drought", steps), self._take("success", more)
        open_dry, open_failing = (
            self._alarms[name].is_open[0] | began[0]
            for name, began in (("drought", dry), ("success", failing))
        )
        calm = ~open_failing
        self._callers += counts.callers.sum(axis=0) * calm
        self._failed += counts.failed.sum(axis=0) * calm
        self.baseline.learn(
            np.array([hour_of_week]),
            counts.places.sum(axis=0)[None, :],
            counted=(calm & ~open_dry).astype(float)[None, :],
        )
        self._hour += 1
        return Began(dry, failing)

    @property
    def callers_a_second(self) -> Floats:
        """Return how many callers each series had, on average since the beginning."""
        return np.asarray(self._callers / max(self._hour, 1) / HOUR_S)

    def _take(self, name: str, steps: Floats) -> Bools:
        walk = np.minimum(run_sums(steps, getattr(self._sums, name)), self._tops[name])
        setattr(self._sums, name, walk[-1])
        return self._alarms[name].take(self._hour, walk)

    def _modulate(self, counts: Counts, due: Floats) -> Floats:
        """Return which part of the usual the parents have at each look: looks x series."""
        kept = 1.0 - HOUR_S / self.looks / drought.MODULATION_SECONDS
        powers = (kept ** np.arange(1, self.looks + 1))[:, None]
        first = slice(0, self.leaders)
        seen = powers * (self._seen + np.cumsum(counts.places[:, first] / powers, axis=0))
        owed = powers * (self._due + np.cumsum(due[:, first] / powers, axis=0))
        self._seen, self._due = seen[-1], owed[-1]
        shares = drought.modulate(seen, owed)[:, list(self.parents)]
        shares[:, first] = 1.0
        return np.asarray(shares)
