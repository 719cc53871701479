"""What a new candidate changes: where callers notice it, and which next hops they are led over."""

from dataclasses import dataclass

from route112.planning.comparing.views import Views
from route112.snapshot.reader import NONE, Snapshot


@dataclass(frozen=True, slots=True)
class Moved:
    """What differs between two candidates."""

    departements: tuple[str, ...]
    """Where some short number rings otherwise, or over other next hops; ascending."""
    hops: tuple[str, ...]
    """Next hops, `host:port`, that these routes have now; ascending."""


def find_moved(old: Snapshot, new: Snapshot) -> Moved:
    """
    Find what changes from one candidate to another.

    Cost: one look-up for each key; each distinct pair of routes is compared once.
    """
    views = Views(old, new, at=new.valid_from)
    before = {short.number: index for index, short in enumerate(old.short_numbers)}
    departements: set[str] = set()
    hops: set[str] = set()
    known: dict[tuple[int, int, str], bool] = {}
    ways = _Ways(old), _Ways(new)
    for index in range(new.communes_count):
        earlier = old.find_commune(new.commune(index).code)
        for number, short in enumerate(new.short_numbers):
            was = before.get(short.number)
            is_new = earlier is None or was is None
            pair = (
                NONE if earlier is None or was is None else old.route_index(earlier, was),
                new.route_index(index, number),
            )
            key = (*pair, short.number)
            if key not in known:
                known[key] = (
                    (is_new and pair[1] != NONE)
                    or views.differ(pair, short.number)
                    or ways[0].list_hops(pair[0]) != ways[1].list_hops(pair[1])
                )
            if known[key]:
                departements.add(new.departements[new.commune_departement(index)].code)
                hops.update(ways[1].list_hops(pair[1]))
    return Moved(tuple(sorted(departements)), tuple(sorted(hops)))


def list_all_hops(snapshot: Snapshot) -> tuple[str, ...]:
    """List the next hops of all trunks of a snapshot."""
    trunks = map(snapshot.trunk, range(snapshot.trunks_count))
    return tuple(sorted({hop.address for trunk in trunks for hop in trunk.hops}))


class _Ways:
    """The next hops of the routes of one snapshot, each found once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._hops: dict[int, tuple[str, ...]] = {NONE: ()}

    def list_hops(self, route: int) -> tuple[str, ...]:
        """List them in the order in which they would be rung."""
        found = self._hops.get(route)
        if found is None:
            rows = [
                self._snapshot.line(line)
                for variant in self._snapshot.route(route)
                for line in variant.lines
            ]
            trunks = (self._snapshot.trunk(row.trunk) for row in rows if row.trunk != NONE)
            found = self._hops[route] = tuple(
                hop.address for trunk in trunks for hop in trunk.hops
            )
        return found
