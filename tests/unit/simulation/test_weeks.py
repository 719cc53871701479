from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from route112.simulation import week_parts
from route112.simulation import weeks as weeks_module
from route112.simulation.weeks import (
    HOURS,
    MINUTES,
    NEW_YEAR_HOURS,
    STORM_NEIGHBOURS,
    WEEKS_PER_YEAR,
    Land,
    play_weeks,
)

LAND = Land(
    calls_per_s=2.0,
    departements={f"{index:02d}": 1.0 / index for index in range(1, 21)},
    numbers={"15": 0.6, "18": 0.4},
    networks={("a", "mobile"): 0.7, ("b", "voip"): 0.3},
)


@pytest.fixture(scope="module")
def weeks():
    return list(play_weeks(LAND, seed=1, weeks=3))


def test_the_same_seed_gives_the_same_weeks(weeks):
    again = list(play_weeks(LAND, seed=1, weeks=3))
    assert all(np.array_equal(one.calls, two.calls) for one, two in zip(weeks, again, strict=True))
    other = next(play_weeks(LAND, seed=2, weeks=3))
    assert not np.array_equal(other.calls, weeks[0].calls)


def test_about_so_many_calls_come_and_they_are_over_dispersed(weeks):
    for week in weeks:
        assert week.calls.shape == (MINUTES, 40)
        assert 1.4 < week.calls.sum() / MINUTES / 60.0 < 3.0
        ratio = week.calls.var(axis=0) / week.calls.mean(axis=0)
        assert ratio.min() >= 2.0


def test_counts_are_parts_of_each_other(weeks):
    for week in weeks:
        assert (week.callers <= week.calls).all()
        assert (week.failed <= week.callers).all()
        assert (week.network_failed <= week.network_callers).all()
        assert (week.network_callers <= week.network_calls).all()
        by_number = week.calls.reshape(MINUTES, -1, 2).sum(axis=1)
        assert np.array_equal(week.network_calls.sum(axis=2), by_number)
        assert 0.01 < week.failed.sum() / week.callers.sum() < 0.04


@dataclass
class Hours:
    """What is kept of a week: hours x departements, and variance by mean of each minute's calls."""

    holidays: frozenset
    calls: np.ndarray
    callers: np.ndarray
    failed: np.ndarray
    spread: np.ndarray


@pytest.fixture(scope="module")
def year():
    """A year of a small country; New Year's night is in its last week."""
    departements = {f"{index:02d}": 1.0 for index in range(20)}
    few = replace(LAND, departements=departements, numbers={"15": 1.0})
    return [
        Hours(
            week.holidays,
            *(
                each.reshape(HOURS, 60, -1).sum(axis=1)
                for each in (week.calls, week.callers, week.failed)
            ),
            week.calls.var(axis=0) / week.calls.mean(axis=0),
        )
        for week in play_weeks(few, seed=3, weeks=WEEKS_PER_YEAR)
    ]


def test_new_years_night_comes(year):
    hourly = year[-1].calls.sum(axis=1)
    night = hourly[NEW_YEAR_HOURS].mean()
    before = hourly[24 * 3 - 1 : 24 * 3 + 4].mean()
    assert night > 2.0 * before


def test_holidays_are_spread_over_the_year_and_have_the_hours_of_a_sunday(year):
    holidays = [(week, day) for week in year for day in week.holidays]
    assert 4 <= len(holidays) <= 20
    assert all(0 <= day < 5 for _, day in holidays)
    # In the small hours people go out on holidays and weekends, and sleep on workdays.
    small = slice(0, 3)
    calm = [(week, day) for week, day in holidays if week is not year[-1]]
    shares = [week.calls[day * 24 : day * 24 + 24].sum(axis=1) for week, day in calm]
    nights = np.mean([each[small].sum() / each.sum() for each in shares])
    others = [
        week.calls[day * 24 : day * 24 + 24].sum(axis=1)
        for week in year[:-1]
        for day in range(5)
        if day not in week.holidays
    ]
    workdays = np.mean([each[small].sum() / each.sum() for each in others])
    assert nights > 1.15 * workdays


def test_storms_hit_neighbours_together_for_hours(year):
    logarithms = np.log(np.stack([week.calls for week in year[:-1]]) + 1.0)
    # What is left when the hour of the week, the departement and the country are taken off.
    left = logarithms - logarithms.mean(axis=0)
    left = (left - left.mean(axis=2, keepdims=True)).reshape(-1, 20)
    related = np.corrcoef(left.T)
    near = np.mean([related[index, index + 1] for index in range(19)])
    far = np.mean([related[index, index + 10] for index in range(10)])
    assert near > far + 0.15
    stormy = left > 4.0 * np.median(left.std(axis=0))
    together = [row.sum() for row in stormy if row.any()]
    assert max(together) >= STORM_NEIGHBOURS // 2
    assert (stormy[1:] & stormy[:-1]).any(), "it lasts"


def test_counts_of_an_hour_are_over_dispersed_too_and_each_cell_is(year):
    """Clumps make three times the mean, swings and storms more; the hour of the week is known."""
    hourly = np.stack([week.calls for week in year[:-1]])
    ratio = hourly.var(axis=0) / np.maximum(hourly.mean(axis=0), 1.0)
    assert np.median(ratio) >= 2.0
    assert min(week.spread.min() for week in year) >= 2.0


def test_what_fails_swings_for_the_whole_country(year):
    failed = np.stack([week.failed.sum(axis=1) for week in year])
    callers = np.stack([week.callers.sum(axis=1) for week in year])
    shares = failed / callers
    alone = np.sqrt(0.02 * 0.98 / callers.mean())
    assert shares.std() > 1.3 * alone
    assert 0.015 < shares.mean() < 0.03


def test_the_generator_knows_nothing_of_those_who_watch():
    for module in (weeks_module, week_parts):
        assert "route112.watch" not in Path(module.__file__).read_text(encoding="utf-8")
