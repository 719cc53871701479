"""Thousands of interleavings: change and replication as they run, in worlds that go wrong."""

import os
from pathlib import Path

import pytest
from tests.simulation.checks import BrokenError
from tests.simulation.world import BAD, GOOD, REFUSED, UNFIT, WRONG, World

from route112.change.values import Kind

KEPT = Path(__file__).parent / "seeds.txt"
"""Seeds that failed once: each stays for good."""
FOUND = Path("var") / "failing-seeds.txt"
BATCH = 25
BATCHES = int(os.environ.get("ROUTE112_SIMULATION_BATCHES", "8"))


def play(seed):
    world = World(seed, stations=3 + seed % 4)
    try:
        world.play(60)
        world.heal()
    except (BrokenError, AssertionError) as error:
        FOUND.parent.mkdir(exist_ok=True)
        with FOUND.open("a") as file:
            file.write(f"{seed}\n")
        raise AssertionError(f"seed {seed} (kept in {FOUND}): {error}") from error
    return world


@pytest.mark.parametrize("seed", [int(line) for line in KEPT.read_text().split()])
def test_a_seed_that_failed_once_never_fails_again(seed):
    play(seed)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_whatever_happens_nothing_goes_back_and_all_agree_in_the_end(batch):
    worlds = [play(batch * BATCH + number) for number in range(BATCH)]
    assert sum(world.checks.changes for world in worlds) > BATCH / 2
    outcomes = {outcome for world in worlds for outcome in world.checks.outcomes}
    assert {"done", "rolled-back"} <= outcomes


@pytest.mark.parametrize("seed", range(BATCH))
def test_a_station_that_is_added_at_any_time_agrees_with_all_in_the_end(seed):
    world = World(seed, stations=3)
    for number in range(2):
        world.play(5 + seed)
        world.add_station(f"site-9{number}")
    world.play(20)
    world.heal()
    assert {"site-90", "site-91"} <= set(world.stations)


@pytest.mark.parametrize("fate", [GOOD, BAD, WRONG, REFUSED, UNFIT])
def test_a_planner_that_is_killed_at_any_point_goes_on(fate):
    """One activation with an order in its middle; the planner dies at each point of it in turn."""
    expected, kill_at = None, 0
    while True:
        world = World(7, stations=3, calm=True, kill_at=kill_at)
        candidate = world.candidate(fate)
        world.asked = 1
        while not world.checks.changes and not world.planner.state.history:
            world.tick()
            if world.planner.is_up and world.planner.state.change is None:
                world.ask_change(Kind.PLAN, candidate=candidate, soak_s=10)
            elif world.planner.is_up:
                break
        for tick in range(60):
            if tick >= 8 and world.planner.is_up and not world.planner.state.orders:
                world.ask_order(120)
            world.tick()
        world.heal()
        files = {name: each.in_force for name, each in world.stations.items()}
        found = [{each.candidate for each in files.values()}, world.checks.outcomes]
        expected = expected or found
        assert found == expected, f"killed at point {kill_at}"
        if kill_at > world.points:
            break
        kill_at += 1 + kill_at // 40
    assert expected[0] == {candidate if fate == GOOD else world.first.candidate}
