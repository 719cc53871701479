import numpy as np
import pytest

from route112.simulation.week_parts import (
    SLOT_S,
    SLOTS_PER_MINUTE,
    draw_networks,
    draw_paths,
    draw_trunks,
)
from route112.simulation.weeks import MINUTES, Land, play_weeks

LAND = Land(
    calls_per_s=2.0,
    departements={f"{index:02d}": 1.0 for index in range(20)},
    numbers={"15": 0.6, "18": 0.4},
    networks={("a", "mobile"): 0.7, ("b", "voip"): 0.3},
)
PATHS = {("edge", f"site-{index}"): 1.0 for index in range(4)}


@pytest.fixture(scope="module")
def week():
    return next(play_weeks(LAND, seed=4, weeks=1))


@pytest.fixture(scope="module")
def quick(week):
    return draw_networks(LAND, week, seed=4)


def by_number(counts):
    return counts.reshape(MINUTES, -1, 2).sum(axis=1)


def test_slots_add_up_to_the_minute_and_networks_to_the_slot(week, quick):
    slots, networks = quick
    assert SLOT_S * SLOTS_PER_MINUTE == 60
    for name in ("places", "callers", "failed"):
        minutes = getattr(slots, name).reshape(MINUTES, SLOTS_PER_MINUTE, 2).sum(axis=1)
        assert np.array_equal(minutes, by_number(getattr(week, name)))
    for name in ("callers", "failed"):
        assert np.array_equal(getattr(networks, name).sum(axis=2), getattr(slots, name))


def test_counts_are_parts_of_each_other(week, quick):
    for part in (
        *quick,
        draw_paths(week, PATHS, seed=4),
        draw_trunks(LAND, week, trunks=2, seed=4),
    ):
        assert (part.failed <= part.callers).all()
        assert (part.places <= part.callers).all()
        assert ((part.places > 0) == (part.callers > 0)).all()
        assert 0.01 < part.failed.sum() / part.callers.sum() < 0.04


def test_a_slot_is_not_smoother_than_its_minute_lets_it_be(quick):
    slots, _ = quick
    callers = slots.callers.sum(axis=1)
    places = slots.places.sum(axis=1)
    assert callers.var() / callers.mean() > 1.5 * places.var() / places.mean()


def test_an_event_is_a_place_of_each_network_that_its_calls_came_by(quick):
    slots, networks = quick
    per_event = networks.places.sum() / slots.places.sum()
    assert 1.1 < per_event < 2.0
    shares = networks.callers.sum(axis=(0, 1)) / networks.callers.sum()
    assert shares == pytest.approx([0.7, 0.3], abs=0.01)


def test_networks_fail_more_or_less_than_others_hour_by_hour(quick):
    _, networks = quick
    hourly = networks.failed.sum(axis=1).reshape(-1, 60 * SLOTS_PER_MINUTE, 2).sum(axis=1)
    parts = hourly[:, 0] / hourly.sum(axis=1)
    expected = np.sqrt(0.7 * 0.3 / hourly.sum(axis=1).mean())
    assert parts.std() > 1.2 * expected


def test_paths_and_trunks_have_their_part(week):
    paths = draw_paths(week, PATHS, seed=4)
    trunks = draw_trunks(LAND, week, trunks=2, seed=4)
    assert paths.callers.shape == (MINUTES, 4)
    assert trunks.callers.shape == (MINUTES, 20, 2)
    assert np.array_equal(paths.callers.sum(axis=1), week.callers.sum(axis=1))
    of_departements = week.callers.reshape(MINUTES, 20, 2).sum(axis=2)
    assert np.array_equal(trunks.callers.sum(axis=2), of_departements)


def test_the_same_seed_deals_the_same(week):
    one, two, other = (draw_paths(week, PATHS, seed=seed).callers for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)
