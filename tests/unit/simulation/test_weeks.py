import numpy as np
import pytest

from route112.simulation.weeks import HOURS, MINUTES, NEW_YEAR_HOURS, Land, play_weeks

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


def test_departements_swing_together_in_storms_and_new_year_comes():
    last = list(play_weeks(LAND, seed=3, weeks=52))[-1]
    hourly = last.calls.sum(axis=1).reshape(HOURS, 60).sum(axis=1)
    night = hourly[NEW_YEAR_HOURS].mean()
    before = hourly[24 * 3 - 1 : 24 * 3 + 4].mean()
    assert night > 2.0 * before
