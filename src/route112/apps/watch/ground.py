"""What a topology and a snapshot say of the things that elements hang on."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator

from route112.adapters.watch_store import AlarmBook, transaction
from route112.adapters.watch_store.alarm_book import Fates
from route112.model.topology import Topology
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot
from route112.watch.alarms import Ground
from route112.watch.alarms.changes import Happening
from route112.watch.alarms.ground import (
    count_inhabitants,
    describe_departements,
    describe_psaps,
    describe_topology,
    describe_trunks,
)


def build_ground(topology: Topology, snapshot: Snapshot) -> Ground:
    """Return what alarms have to know of the country."""
    trunks = (snapshot.trunk(index) for index in range(snapshot.records.frame.count("trunks")))
    return Ground(
        attributes={
            **describe_topology(topology),
            **describe_trunks((trunk.name, trunk.hops) for trunk in trunks),
            **describe_psaps(map(snapshot.psap, range(snapshot.psaps_count))),
            **describe_departements({each.code: each.zone for each in snapshot.departements}),
        },
        inhabitants=count_inhabitants(map(snapshot.commune, range(snapshot.communes_count))),
        numbers=tuple(each.number for each in snapshot.short_numbers),
        answers=list_answers(snapshot),
    )


def list_answers(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """
    List by answering point the short numbers that the plan sends to it before all others.

    One that is nowhere the first answers what it stands in for.
    """
    count = len(snapshot.short_numbers)
    routes: set[tuple[int, int]] = set()
    found: set[tuple[int, int, bool]] = set()
    for commune in range(snapshot.communes_count):
        routes.update((number, snapshot.route_index(commune, number)) for number in range(count))
    for departement in range(len(snapshot.departements)):
        for number in range(count):
            line = snapshot.fallback(departement, number).departement
            found.add((number, line, (number, NONE) in routes))
    for number, route in routes:
        for variant in () if route == NONE else snapshot.route(route):
            found.update((number, line, place == 0) for place, line in enumerate(variant.lines))
    first: dict[str, set[int]] = defaultdict(set)
    later: dict[str, set[int]] = defaultdict(set)
    for number, line, is_first in found:
        psap = NONE if line == NONE else snapshot.line(line).psap
        if psap != NONE:
            (first if is_first else later)[snapshot.psap(psap).id].add(number)
    return {
        psap: tuple(snapshot.short_numbers[number].number for number in sorted(numbers))
        for psap, numbers in {**later, **first}.items()
    }


def keep_ground(
    store: sqlite3.Connection, topology: Topology, snapshot: Snapshot, *, now_us: int
) -> None:
    """Keep what the country has, and what is another than it was when watch last began."""
    book = AlarmBook(store)
    with transaction(store):
        book.set_names(list_names(topology, snapshot))
        fates = describe_topology(topology)
        for change in compare_fates(book.swap_fates(fates), fates, now_us=now_us):
            book.note_change(change)


def compare_fates(before: Fates, after: Fates, *, now_us: int) -> Iterator[Happening]:
    """Yield what changed in the topology; where none is known from before, nothing did."""
    for element in sorted(before.keys() | after.keys()) if before else ():
        was, is_ = dict(before.get(element, ())), dict(after.get(element, ()))
        said = [
            f"{name} {was[name]} -> {is_[name]}"
            for name in was.keys() & is_.keys()
            if was[name] != is_[name]
        ]
        if not was or not is_:
            said = ["new in the topology" if is_ else "gone from the topology"]
        for what in sorted(said):
            yield Happening(what=what, dimension=element[0], value=element[1], at_us=now_us)


def list_names(topology: Topology, snapshot: Snapshot) -> dict[str, list[str]]:
    """List what a report can be about, by dimension."""
    return {
        "number": [each.number for each in snapshot.short_numbers],
        "operator": [each.id for each in topology.operators],
        "departement": [each.code for each in snapshot.departements],
        "psap": [snapshot.psap(index).id for index in range(snapshot.psaps_count)],
    }
