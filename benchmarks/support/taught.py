"""A watch that knows what is usual: six weeks, by the hour, of what `callers` draws."""

import pickle
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from benchmarks.support.callers import (
    FAILED_SHARE,
    SECOND_SHARE,
    Callers,
    S,
    find_departement,
    name_number,
    shape,
)
from benchmarks.support.layout import NETWORKS, NUMBERS, SITES

from route112.watch.drought import drought_floor_s
from route112.watch.findings import Detector
from route112.watch.measures import Look
from route112.watch.rates import HOUR_S
from route112.watch.series import Series
from route112.watch.watching import Watching
from route112.watch.watching.looks import RateDetector

WEEKS = 6
WEEK_HOURS = 168
MEET_S = 7_200.0
"""Calls of this time show which series there are, and how many places and callers calls make."""

Cut = tuple[str, ...]


def find_hour(now_us: int) -> int:
    """Return the hour of the week."""
    return now_us // (3_600 * S) % WEEK_HOURS


class Taught:
    """What every occurrence of a fault begins with."""

    def __init__(self, *, calls_per_s: float) -> None:
        self.calls_per_s = calls_per_s
        self._callers = Callers(0, calls_per_s=calls_per_s)
        self._codes = self._callers.departements
        self._rates = RateDetector(
            hour_of=find_hour,
            number_of=name_number,
            departement_of=find_departement,
        )
        measures = self._rates.measures
        self._tried: dict[str, float] = defaultdict(float)
        """Calls a second that are counted of each trunk."""
        self._missed: dict[str, float] = defaultdict(float)
        """Those of them that it does not bring through."""
        self._deal()
        places, callers = self._meet()
        self._callers_each = callers
        calls = np.array([self.calls_a_second(each) for each in measures.series]) * HOUR_S
        places_each = np.array([places[each.cut] for each in measures.series])
        tried = np.array([self.callers_a_second(each, 0) for each in measures.series])
        tried *= HOUR_S / shape(0)
        missed = np.array([self._share_missed(each) for each in measures.series])
        rng = np.random.default_rng(0)
        for hour in range(WEEKS * WEEK_HOURS):
            came = rng.poisson(tried * shape(hour % 24))
            look = Look(
                attempts=came.astype(float),
                places=rng.poisson(calls * shape(hour % 24) * places_each).astype(float),
                callers=came.astype(float),
                failed=rng.binomial(came, missed).astype(float),
            )
            now_us = round(hour * HOUR_S * S)
            self._rates.rates.look(look, measures.series, now_us=now_us, seconds=HOUR_S)
        self._frozen = pickle.dumps(self._rates)

    def calls_a_second(self, series: Series) -> float:
        """Return how many calls a series has on average; 0 for a trunk, which has tries."""
        if series.get("trunk"):
            return 0.0
        number, _, code = series.get("psap").partition("-")
        number, code = number or series.get("number"), code or series.get("departement")
        share = sum(
            weight
            for (operator, technology), weight in NETWORKS.items()
            if series.get("operator") in ("", operator)
            and series.get("technology") in ("", technology)
            and series.get("edge") in ("", f"{operator}-edge-1")
        )
        share *= NUMBERS[number] if number else 1.0
        share *= self._codes[code] if code else 1.0
        share /= SITES if series.get("site") else 1.0
        return self.calls_per_s * share

    def watch(self, detectors: Sequence[Detector] = ()) -> Watching:
        """Return a watch that knows all this, and has not seen any fault."""
        return Watching(pickle.loads(self._frozen), detectors)

    def floor_s(self, series: Series, hour: int) -> float:
        """Return how long a whole silence of a series takes to show at an hour of the day."""
        return drought_floor_s(*self.usual(series, hour))

    def usual(self, series: Series, hour: int) -> tuple[float, float]:
        """Return places a second at an hour of the day, and how many were learned from."""
        index = self._rates.rates.series.index(series)
        baseline = self._rates.rates.baseline
        return float(baseline.expect(24 + hour)[index]) / HOUR_S, float(baseline.history[index])

    def callers_a_second(self, series: Series, hour: int) -> float:
        """Return how many callers a series has at an hour of the day."""
        if series.get("trunk"):
            tried = self._tried[series.get("trunk")] * self._callers_each[()]
            return tried / (SITES if series.get("site") else 1.0) * shape(hour)
        return self.calls_a_second(series) * self._callers_each[series.cut] * shape(hour)

    def begin_us(self, hour: int) -> int:
        """Return the beginning of an hour of the first Tuesday after what was taught."""
        return round((WEEKS * WEEK_HOURS + 24 + hour) * HOUR_S * S)

    def _deal(self) -> None:
        """Say how many calls are counted of each trunk; of a second one those that it serves."""
        for code, weight in self._codes.items():
            for number, share in NUMBERS.items():
                calls = self.calls_per_s * weight * share
                (first, _), (second, _) = self._callers.find_hops(code, number)
                self._tried[first] += calls
                self._missed[first] += calls * (FAILED_SHARE + SECOND_SHARE)
                self._tried[second] += calls * SECOND_SHARE

    def _share_missed(self, series: Series) -> float:
        hop = series.get("trunk")
        return self._missed[hop] / self._tried[hop] if hop else FAILED_SHARE

    def _meet(self) -> tuple[dict[Cut, float], dict[Cut, float]]:
        """Meet all series; return how many places and callers a call makes, by cut."""
        measures = self._rates.measures
        for told in self._callers.play(0, seconds=MEET_S):
            if told.is_end:
                measures.add_end(told.call)
            else:
                measures.add_arrival(told.call)
        look = measures.look()
        measures.forget(round(2 * MEET_S * S))
        due: dict[Cut, float] = defaultdict(float)
        came: tuple[dict[Cut, float], ...] = (defaultdict(float), defaultdict(float))
        busy = float(np.mean([shape(hour) for hour in range(round(MEET_S / HOUR_S))]))
        for index, series in enumerate(measures.series):
            due[series.cut] += self.calls_a_second(series) * MEET_S * busy
            came[0][series.cut] += float(look.places[index])
            came[1][series.cut] += float(look.callers[index])
        places, callers = (
            {cut: value / due[cut] if due[cut] else 0.0 for cut, value in each.items()}
            for each in came
        )
        return places, callers
