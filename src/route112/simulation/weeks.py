"""
Weeks of an ordinary country, minute by minute, for whoever counts false alarms.

Nothing is wrong in these weeks, and yet they are not even: calls come in clumps (one accident,
many callers; one caller, several tries), departements swing on their own, storms hit neighbours
together for hours, holidays and New Year's night come, and the usual failures swing, too. It knows
nothing of those who watch, and they must not learn from it how it is made.

Counts are `minutes x cells`, a cell being a departement and a number; those of operators and
technologies are drawn from the country's counts of each number.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

MINUTES = 7 * 24 * 60
HOURS = 7 * 24
WEEKS_PER_YEAR = 52
HOLIDAYS_PER_YEAR = 11
SATURDAY = 5
CLUMP_MEAN = 2.1
"""Calls that one event brings, on average; geometric: the variance is three times the mean."""
LATE_SHARE = 0.15
"""Part of an event's further calls that come minutes later and look like another event."""
LATE_MINUTES = 5
RETRY_SHARE = 0.3
"""Part of an event's further calls that are the same caller's."""
COUNTRY_SWING, COUNTRY_HOURS = 0.08, 6.0
CELL_SWING, CELL_HOURS = 0.2, 3.0
"""Standard deviation of the logarithm of a rate, and how long a swing lasts."""
STORMS_PER_WEEK = 0.7
STORM_HOURS = (3, 12)
STORM_TIMES = (2.0, 7.0)
STORM_NEIGHBOURS = 10
FAILED_SHARE = 0.02
FAILED_SWING = 0.5
FAILED_COUNTRY_SWING, FAILED_COUNTRY_HOURS = 0.2, 4.0
"""What fails more everywhere at once, and how long that lasts."""
FAILED_IN_STORM = 2.0
FAILED_SHARE_MAX = 0.5
NEW_YEAR_TIMES = 4.0
NEW_YEAR_HOURS = slice(4 * 24 - 1, 4 * 24 + 4)
"""Of the week of New Year's night, which is a Thursday's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """What is called, from where, and through whom."""

    calls_per_s: float
    """Of the whole country, on average."""
    departements: Mapping[str, float]
    """Weight by code, in an order in which neighbours stand together."""
    numbers: Mapping[str, float]
    """Weight by short number."""
    networks: Mapping[tuple[str, str], float]
    """Weight by operator and technology."""

    @property
    def cells(self) -> list[tuple[str, str]]:
        """List departement and number of each cell."""
        return [(code, number) for code in self.departements for number in self.numbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What came in one week; `minutes x cells` or `minutes x (numbers, networks)`."""

    index: int
    holidays: frozenset[int]
    """Days of this week that are holidays, 0 for Monday."""
    calls: Counts
    places: Counts
    """Distinct pairs of commune and number among them, within two minutes."""
    callers: Counts
    failed: Counts
    """Callers that did not get through."""
    network_calls: Counts
    """Minutes x numbers x networks."""
    network_places: Counts
    network_callers: Counts
    network_failed: Counts


def play_weeks(land: Land, *, seed: int, weeks: int, first: int = 0) -> Iterator[Week]:
    """
    Draw week after week; a week hangs on the seed and on the weeks before it.

    Args:
        first: week of the year to begin with; New Year's night is in the last one, 51.
    """
    rng = np.random.default_rng([seed, weeks])
    cells = len(land.cells)
    country, failing, swing = np.zeros(1), np.zeros(1), np.zeros(cells)
    for index in range(first, first + weeks):
        holidays = frozenset(
            {int(rng.integers(0, 5))} if rng.random() < HOLIDAYS_PER_YEAR / WEEKS_PER_YEAR else ()
        )
        country_hours, country = _draw_swing(rng, country, COUNTRY_SWING, COUNTRY_HOURS)
        cell_hours, swing = _draw_swing(rng, swing, CELL_SWING, CELL_HOURS)
        storm = _draw_storms(rng, land)
        rate = storm * _rate_hours(land, index, holidays) * np.exp(country_hours + cell_hours)
        failing_hours, failing = _draw_swing(
            rng, failing, FAILED_COUNTRY_SWING, FAILED_COUNTRY_HOURS
        )
        worse = np.where(storm > 1.0, FAILED_IN_STORM, 1.0) * np.exp(failing_hours)
        yield _draw_week(rng, land, rate, worse, index, holidays)


def _rate_hours(land: Land, index: int, holidays: frozenset[int]) -> Floats:
    """Events per minute: hours x cells."""
    base = np.array(
        [
            weight * share
            for weight in land.departements.values()
            for share in land.numbers.values()
        ]
    )
    base *= land.calls_per_s * 60.0 / CLUMP_MEAN / base.sum()
    shape = np.array([_shape_hour(hour, holidays) for hour in range(HOURS)])
    season = 1.0 + 0.12 * math.sin(2.0 * math.pi * index / WEEKS_PER_YEAR)
    rates = season * np.outer(shape, base)
    if index % WEEKS_PER_YEAR == WEEKS_PER_YEAR - 1:
        rates[NEW_YEAR_HOURS] *= NEW_YEAR_TIMES
    return np.asarray(rates)


def _shape_hour(hour: int, holidays: frozenset[int]) -> float:
    """How busy an hour of the week is; the mean is about one."""
    day, clock = divmod(hour, 24)
    weekend = day >= SATURDAY or day in holidays
    wave = 1.0 - 0.62 * math.cos(2.0 * math.pi * (clock - 4.5) / 24.0)
    evening = 0.35 * math.exp(-(((clock - 19.0) / 2.5) ** 2))
    night = 0.5 * math.exp(-(((clock - 1.0) / 2.5) ** 2)) if weekend else 0.0
    return (wave + evening + night) * (1.06 if weekend else 0.94)


def _draw_swing(
    rng: np.random.Generator, last: Floats, deviation: float, hours: float
) -> tuple[Floats, Floats]:
    """Draw logarithms of rates that forget themselves in so many hours: hours x cells."""
    kept = math.exp(-1.0 / hours)
    drawn = rng.normal(0.0, deviation * math.sqrt(1.0 - kept * kept), (HOURS, len(last)))
    swings = np.empty_like(drawn)
    for hour in range(HOURS):
        last = kept * last + drawn[hour]
        swings[hour] = last
    return swings - deviation * deviation / 2.0, last


def _draw_storms(rng: np.random.Generator, land: Land) -> Floats:
    """Draw how many times more is called, in neighbouring departements together."""
    factors = np.ones((HOURS, len(land.departements), len(land.numbers)))
    for _ in range(int(rng.poisson(STORMS_PER_WEEK))):
        begin = int(rng.integers(0, HOURS))
        end = begin + int(rng.integers(*STORM_HOURS))
        first = int(rng.integers(0, len(land.departements)))
        times = rng.uniform(*STORM_TIMES)
        factors[begin:end, first : first + STORM_NEIGHBOURS] *= times
    return factors.reshape(HOURS, -1)


def _draw_week(
    rng: np.random.Generator,
    land: Land,
    rate_hours: Floats,
    worse_hours: Floats,
    index: int,
    holidays: frozenset[int],
) -> Week:
    share = FAILED_SHARE * worse_hours
    share *= np.exp(rng.normal(-(FAILED_SWING**2) / 2.0, FAILED_SWING, rate_hours.shape))
    share = np.clip(share, 0.0, FAILED_SHARE_MAX)
    left = np.zeros((LATE_MINUTES, rate_hours.shape[1]), dtype=np.int64)
    hours: list[list[Counts]] = []
    for rate, failing in zip(rate_hours, share, strict=True):
        events = rng.poisson(rate, (60, len(rate)))
        further = _draw_further(rng, events)
        late = rng.binomial(further, LATE_SHARE)
        late_calls = np.concatenate([left, late[:-LATE_MINUTES]])
        left = late[-LATE_MINUTES:]
        calls = events + further - late + late_calls
        callers = calls - rng.binomial(further - late, RETRY_SHARE)
        hours.append([calls, events + late_calls, callers, rng.binomial(callers, failing)])
    calls, places, callers, failed = (np.concatenate(each) for each in zip(*hours, strict=True))
    networks = _split(rng, land, calls, callers, failed)
    return Week(
        index=index,
        holidays=holidays,
        calls=calls,
        places=places,
        callers=callers,
        failed=failed,
        network_calls=networks[0],
        network_places=networks[1],
        network_callers=networks[1],
        network_failed=networks[2],
    )


def _draw_further(rng: np.random.Generator, events: Counts) -> Counts:
    """Draw the calls that events bring beyond their first."""
    further = np.zeros_like(events)
    some = events > 0
    further[some] = rng.negative_binomial(events[some], 1.0 / CLUMP_MEAN)
    return further


def _split(
    rng: np.random.Generator, land: Land, calls: Counts, callers: Counts, failed: Counts
) -> tuple[Counts, Counts, Counts]:
    """Deal the country's calls of each number among the networks: minutes x numbers x networks."""
    weights = np.array(list(land.networks.values()))
    weights = weights / weights.sum()
    shape = (MINUTES, len(land.departements), len(land.numbers))
    dealt = []
    for counts in (calls, callers, failed):
        total = counts.reshape(shape).sum(axis=1)
        dealt.append(rng.multinomial(total, weights))
    all_calls, callers_by, failed_by = dealt
    callers_by = np.minimum(callers_by, all_calls)
    return all_calls, callers_by, np.minimum(failed_by, callers_by)
