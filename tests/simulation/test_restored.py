"""A planner's disk is lost, and what comes back is a backup from some time before."""

import pytest
from tests.simulation.checks import Checks
from tests.simulation.world import TICK_US, UNFIT, World

from route112.change import Generation, adopt, parse_journal, render_event, replay
from route112.change.events import Restored
from route112.model import Order, OrderKind, UtcTime

WORLDS = 60
BACKUP_EVERY = 40
"""Ticks between two backups."""
LOSSES = (60, 130, 180)
"""Ticks at which the disk is lost."""
ORDER_S = 12


class Watching(Checks):
    """Of what must hold, what holds whatever a planner has forgotten: numbers and contents."""

    def see_restart(self, events):
        self.events = list(events)

    def see_event(self, event, _world):
        self.events.append(event)

    def see_oddities(self, _odd):
        """Stations may have what this planner does not know; then they are held."""

    def see_drained(self, _station):
        """Nor does it know of changes."""

    def see_exchange(self, _station):
        """The same."""

    def look(self):
        """The same."""


def make_order(key, world):
    return Order(
        id=key,
        kind=OrderKind.PAUSE,
        psap="CRRA15-29",
        author="crisis",
        approver="operator",
        reason="flooded",
        starts=UtcTime(world.now_us),
        expires=UtcTime(world.now_us + 600_000_000),
    )


def bring_back(world, backup, *, knows):
    """Take a journal of some time before for the planner's, with or without what is in force."""
    journal, files = backup
    parsed = parse_journal(journal)
    newest = max((each.in_force for each in world.stations.values()), key=lambda file: file.number)
    generation = Generation(
        number=newest.number if knows else 0,
        candidate=newest.candidate,
        orders=(),
        parent=0,
        content_hash=newest.content_hash,
        size=0,
    )
    orders = {key: make_order(key, world) for key in newest.orders}
    end, content = parsed.end, journal[: parsed.size]
    state = replay(parsed.events)
    restored = Restored(at_us=world.now_us, author="root", reason="burnt")
    for event in adopt(state, restored, generation, orders):
        line, end = render_event(event, end)
        content += line
    planner = world.planner
    planner.disk.journal = bytearray(content)
    planner.disk.files = dict(files)
    if knows:
        planner.disk.files[newest.number] = newest
    planner.start()


def play(seed):
    """Live with losses, then mend everything and give one order more."""
    world = World(seed, stations=3 + seed % 4)
    world.checks = watching = Watching(world)
    watching.contents[1] = world.first
    backup = (bytes(world.planner.disk.journal), dict(world.planner.disk.files))
    for tick in range(240):
        if tick % BACKUP_EVERY == 0 and world.planner.is_up:
            backup = (bytes(world.planner.disk.journal), dict(world.planner.disk.files))
        if tick in LOSSES:
            bring_back(world, backup, knows=(seed + tick) % 2 == 0)
        world.live()
    return world


@pytest.mark.parametrize("seed", range(WORLDS))
def test_nothing_goes_back_and_no_number_has_two_contents(seed):
    world = play(seed)
    world.is_healed, world.alarms, world.planner.disk.is_full = True, (), False
    for station in world.stations.values():
        station.is_linked = station.is_up = True
        station.is_full = station.is_stopped = False
    for _ in range(40):
        world.tick()
    world.asked += 1
    key = world.ask_order(600).id
    for _ in range(ORDER_S * 1_000_000 // TICK_US):
        world.tick()
    state = world.planner.state
    if UNFIT in {world.fates[each] for each in state.assigned.values()}:
        return
    for name in set(state.stations) - set(state.held):
        assert key in world.stations[name].in_force.orders, name
