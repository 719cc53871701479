"""What must hold whatever happens; looks at stations and events, never asks the code itself."""

from route112.change.events import (
    ChangeBegun,
    ChangeEnded,
    OrderEnded,
    OrderGiven,
    StationsAdded,
    StepBegun,
    TurnedBack,
)

ORDER_US = 5_000_000
"""An order reaches every station that can be reached within this time."""


AWAY_US = 7_000_000
"""A station with which all was well for so long is reported."""


BEHIND_DRAIN = ("swap", "work", "unpoint", "stop")
"""Steps in which nothing may ring at a station any more."""


class BrokenError(Exception):
    """An invariant does not hold."""


class Checks:
    """One for each invariant."""

    def __init__(self, world):
        self.world = world
        self.highest = {}
        self.contents = {}
        self.running = None
        self.changes = 0
        self.outcomes = []
        self.turned = {}
        self.pending = {}
        """Orders given and not yet judged, with their time."""
        self.reached = 0
        self.excused = 0
        self.events = []

    def fail(self, text):
        raise BrokenError(text)

    def see_offered(self, station, file):
        """Never a lower generation, never two contents under one."""
        before = self.highest.get(station.name, 0)
        if file.number < before:
            self.fail(f"{station.name} is offered g{file.number} behind g{before}")
        self.highest[station.name] = file.number
        if self.contents.setdefault(file.number, file) != file:
            self.fail(f"g{file.number} has two contents")

    def see_drained(self, station):
        """Nobody takes a station out of service that the others were not proved to carry."""
        begun = [each for each in self.events if isinstance(each, ChangeBegun)][-1]
        if not any(
            isinstance(each, StepBegun)
            and (each.change, each.step) == (begun.id, "drain")
            and begun.stations[each.place] == station.name
            for each in self.events
        ):
            self.fail(f"{station.name} is drained, and no proof was there")

    def see_exchange(self, station):
        """What runs is ended when nothing rings there."""
        if station.is_ringing:
            self.fail(f"{station.name} is ended, and calls ring there")

    def see_oddities(self, odd):
        if odd:
            self.fail(f"a station is odd: {odd}")

    def see_restart(self, events):
        """What was seen to happen is in the journal, and perhaps what a dying planner wrote last."""
        known = len(self.events)
        if list(events[:known]) != self.events:
            self.fail("the journal forgot what was acted upon")
        for event in events[known:]:
            self.see_event(event, self.world)

    def see_event(self, event, world):
        self.events.append(event)
        if isinstance(event, ChangeBegun):
            if self.running not in (None, event.id):
                self.fail("two changes at once")
            self.running, self.changes = event.id, self.changes + 1
        elif isinstance(event, StepBegun):
            if event.step == "offer" and world.alarms:
                self.fail("a station changes while an alarm is open")
            self.check_drained(event)
        elif isinstance(event, TurnedBack):
            self.turned[event.change] = event.cause
        elif isinstance(event, ChangeEnded):
            self.running = None
            self.outcomes.append(event.outcome)
            self.check_rolled_back(event)
            self.check_left(event)
            if event.outcome == "done" and event.change in self.turned:
                self.fail("a change that turned back is done")
        elif isinstance(event, OrderGiven):
            self.pending[event.id] = event
        elif isinstance(event, OrderEnded):
            self.pending.pop(event.id, None)

    def look(self):
        """After each tick."""
        world = self.world
        country = world.planner.state.stations
        out = [
            each.name
            for each in world.stations.values()
            if each.is_up and not each.serving and each.name in country
        ]
        if len(out) > 1:
            self.fail(f"{out} take no calls at the same time")
        for key, event in list(self.pending.items()):
            if world.now_us >= event.expires_us:
                del self.pending[key]
            elif world.now_us >= event.at_us + ORDER_US:
                del self.pending[key]
                self.judge_order(key, event)

        for fate in ("bad", "wrong"):
            having = [
                each.name
                for each in world.stations.values()
                if world.fates[each.in_force.candidate] == fate
            ]
            if len(having) > 1:
                self.fail(f"a {fate} plan went beyond its canary: {having}")

    def find_begun(self, change):
        """What began a change."""
        return next(each for each in self.events if getattr(each, "id", "") == change)

    def find_station(self, event):
        """Whose step it is; who was added meanwhile comes last."""
        begun = self.find_begun(event.change)
        later = self.events[self.events.index(begun) :]
        added = [each for one in later if isinstance(one, StationsAdded) for each in one.stations]
        return (*begun.stations, *added)[event.place]

    def check_drained(self, event):
        """Nobody works at a station, or exchanges anything, while calls ring there."""
        station = self.world.stations[self.find_station(event)]
        if event.step in BEHIND_DRAIN and station.is_ringing:
            self.fail(f"{station.name} is at {event.step}, and calls ring there")

    def check_left(self, event):
        """Who was left for good runs no more."""
        world, begun = self.world, self.find_begun(event.change)
        if (begun.kind, event.outcome) != ("evacuation", "done"):
            return
        long_ago_us = world.now_us - AWAY_US
        for name in begun.stations:
            station = world.stations[name]
            is_heard = station.is_well and station.trouble_us < long_ago_us
            if is_heard and world.planner_trouble_us < long_ago_us and not station.is_stopped:
                self.fail(f"{name} was left, and runs")

    def check_rolled_back(self, event):
        """Who can be reached has the plan of before."""
        world = self.world
        if event.outcome != "rolled-back":
            return
        begun = self.find_begun(event.change)
        for station in world.stations.values():
            is_heard = station.is_well and station.trouble_us < world.now_us - AWAY_US
            is_heard = is_heard and world.planner_trouble_us < world.now_us - AWAY_US
            if is_heard and station.in_force.candidate == begun.candidate:
                self.fail(f"{station.name} has the plan that was rolled back")

    def judge_order(self, key, event):
        world = self.world
        if world.planner_trouble_us >= event.at_us:
            self.excused += 1
            return
        for station in world.stations.values():
            if station.name not in world.planner.state.stations:
                continue
            if station.trouble_us >= event.at_us:
                self.excused += 1
            elif key not in station.in_force.orders:
                self.fail(f"order {key} has not reached {station.name} after 5 s")
            else:
                self.reached += 1

    def has_converged(self):
        """All stations have one plan with all orders, and nothing runs."""
        world = self.world
        planner = world.planner
        if not planner.is_up or planner.state.change is not None:
            return False
        state = planner.state
        live = {key for key, order in state.orders.items() if world.now_us < order.expires}
        gone = {key for key, until in state.ended_orders.items() if world.now_us < until}
        for name in state.stations:
            file = world.stations[name].in_force
            if file.candidate != state.candidate or not live <= set(file.orders):
                return False
            if gone & set(file.orders) or file.number != state.wanted[name]:
                return False
            if not world.stations[name].serving:
                return "stuck" in self.outcomes
        return True
