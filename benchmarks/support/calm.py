"""Some hours of a calm week, call by call: what detectors find, and the alarms it becomes."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from benchmarks.support.callers import Callers, S, find_departement, name_number
from benchmarks.support.faults_seen import make_ground
from benchmarks.support.layout import CALLS_PER_S

from route112.simulation.weeks import MINUTES, Week
from route112.watch.alarms import Alarms, Sightings
from route112.watch.alarms.values import What
from route112.watch.findings import Change, Detector, Finding

TICK_US = 5 * S
T0 = 1_795_000_000_000_000


@dataclass(slots=True)
class Played:
    """What some hours brought."""

    calls: int = 0
    findings: list[Finding] = field(default_factory=list)
    opened: dict[int, int] = field(default_factory=dict)
    """Minute of the week at which an alarm was opened, by its number; not of those that became
    part of another one."""


def play_hours(
    week: Week,
    minutes: tuple[int, int],
    detectors: Sequence[Detector],
    *,
    seed: int,
    warm_up: int = 0,
    as_alarms: bool = False,
) -> Played:
    """
    Play a part of a week to detectors, who count from its first minutes on.

    Args:
        minutes: of the week: the first one, and the one after the last.
        warm_up: so many of the first ones only tell what is usual.
        as_alarms: say which alarms it becomes, too; that takes a third more.
    """
    callers = Callers(seed, calls_per_s=CALLS_PER_S)
    sightings = Sightings(number_of=name_number, departement_of=find_departement)
    alarms = Alarms(make_ground(callers), sightings)
    feed = (sightings, *detectors) if as_alarms else tuple(detectors)
    played = Played()
    week_us = T0 + week.index * MINUTES * 60 * S
    begin_us = looked_us = week_us + minutes[0] * 60 * S
    few = cut_out(week, *minutes)
    for told in callers.play_week(few, begin_us):
        while looked_us + TICK_US <= told.at_us:
            looked_us += TICK_US
            changes = [detector.tick(looked_us) for detector in feed]
            change = Change(
                begun=tuple(each for one in changes for each in one.begun),
                over=tuple(each for one in changes for each in one.over),
            )
            counts = looked_us >= begin_us + warm_up * 60 * S
            played.findings += change.begun if counts else ()
            for event in alarms.take(change, looked_us) if as_alarms else ():
                if event.what is What.OPENED and counts:
                    minute = (event.alarm.opened_us - week_us) // (60 * S)
                    played.opened[event.alarm.id] = minute
                elif event.what is What.MERGED:
                    played.opened.pop(event.alarm.id, None)
        for detector in feed:
            if told.is_end:
                detector.add_end(told.call)
            else:
                detector.add_arrival(told.call)
        played.calls += not told.is_end
    gc.collect()
    return played


def cut_out(week: Week, first: int, last: int) -> Week:
    """Return some minutes of a week."""
    few = slice(first, last)
    return replace(
        week,
        calls=week.calls[few],
        places=week.places[few],
        callers=week.callers[few],
        failed=week.failed[few],
    )
