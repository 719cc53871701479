"""
Which keys an order may touch, and the proof that it touches no others.

A key is touched by an order on a PSAP where a line of that PSAP stands in its route, in the
fallbacks of its departement or in the country's default, or where a divert leads from such a line
to the PSAP. Everything else of two generations is equal: their plan hashes say so.
"""

import functools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Mapping

from route112.model import Commune, Order, UtcTime
from route112.planning.comparing.views import Views
from route112.planning.population import Touched, count_touched
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

PLANS_READ_MAX = 4
"""Plans kept as they were read: of a change there are two, one before and one behind; a station
may have one of its own that was adopted, and somebody looks at the next one."""


class OrdersError(Exception):
    """Two generations differ in more than the orders that somebody gave; the text says in what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersReach:
    """What the orders of a generation change, against the generation before."""

    orders: tuple[str, ...]
    """Ids of those that are added, withdrawn or different."""
    psaps: tuple[str, ...]
    """That these orders name as touched."""
    keys: Mapping[str, frozenset[int]]
    """Communes (indexes) by short number whose calls may find an order on their way."""
    changed: Mapping[str, frozenset[int]]
    """Of these, the communes with such an order on a line of their own route; in those that remain
    only a helper behind it is touched."""
    people: Touched
    """Of the communes of `changed`."""


def compare_orders(
    old: Snapshot, new: Snapshot, *, named: Collection[str], at: UtcTime
) -> OrdersReach:
    """
    Compare two generations that may differ in orders on some PSAPs, and in nothing else.

    Args:
        old: what is in force.
        new: what shall follow it.
        named: PSAPs that orders may touch.
        at: orders that are over by then touch nobody.
    Raises: OrdersError where the plan differs, where an order on another PSAP does, or where a
        key changes that no such order touches.

    """
    if old.plan_hash != new.plan_hash:
        raise OrdersError("the plan differs: this is a change, not an order")
    changed = [*_list_changed(old, new)]
    standing = [order for order in changed if order.expires > at]
    foreign = sorted({order.psap for order in standing} - set(named))
    if foreign:
        raise OrdersError(f"orders on {', '.join(foreign)} differ, which nobody named")
    psaps = {order.psap for order in standing}
    # Plans are equal from here on, and the old one is the one that was read before.
    keys = _find_keys(old, _follow_back((*old.orders, *new.orders), psaps))
    moved = {number: frozenset(own) for number, own in find_changed(old, new, at=at).items()}
    for number, own in moved.items():
        if beyond := own - keys.get(number, frozenset()):
            code = new.commune(min(beyond)).code
            raise OrdersError(f"{number} @{code} changes, and no order on {sorted(psaps)} says so")
    return OrdersReach(
        orders=tuple(sorted({order.id for order in changed})),
        psaps=tuple(sorted(psaps)),
        keys=keys,
        changed=moved,
        people=count_touched(_list_communes(old), frozenset().union(*moved.values())),
    )


@functools.lru_cache(maxsize=PLANS_READ_MAX)
def _list_communes(snapshot: Snapshot) -> tuple[Commune, ...]:
    return tuple(map(snapshot.commune, range(snapshot.communes_count)))


def find_changed(old: Snapshot, new: Snapshot, *, at: UtcTime) -> dict[str, set[int]]:
    """
    Find the communes that orders let ring elsewhere or in another order, by short number.

    Args:
        new: of the same plan as `old`.
        at: orders that are over by then count for nothing.
    Returns: indexes of communes; numbers that do not change are left out.
    Cost: one comparison for each distinct route of a number.

    """
    views = Views(old, new, at=at)
    stored = new.records.columns["mapping_routes"]["route"]
    found: dict[str, set[int]] = {}
    for place, short in enumerate(new.short_numbers):
        column = stored[place :: len(new.short_numbers)]
        pairs = {route: ((route - 1) & NONE, (route - 1) & NONE) for route in set(column)}
        moved = {route for route, pair in pairs.items() if views.differ(pair, short.number)}
        if moved:
            found[short.number] = {
                commune for commune, route in enumerate(column) if route in moved
            }
    return found


def _list_changed(old: Snapshot, new: Snapshot) -> Iterable[Order]:
    """List the orders that only one of them has, or has so."""
    sides = [{order.id: order for order in side.orders} for side in (old, new)]
    for mine, other in (sides, sides[::-1]):
        yield from (order for name, order in mine.items() if other.get(name) != order)


def _follow_back(orders: Iterable[Order], psaps: Collection[str]) -> set[str]:
    """Return PSAPs and those that a divert, or several in a row, lead to them."""
    diverts = {(order.psap, order.to_psap) for order in orders if order.to_psap}
    reached = list(psaps)
    for psap in reached:  # grows while it is walked
        reached += [start for start, end in diverts if end == psap and start not in reached]
    return set(reached)


def _find_keys(snapshot: Snapshot, psaps: Collection[str]) -> dict[str, frozenset[int]]:
    """Find the communes of each short number that have a line of these PSAPs among their lines."""
    owners = {snapshot.find_psap(psap) for psap in psaps} - {None}
    plan_lines = range(snapshot.records.frame.count("lines"))
    lines = {index for index in plan_lines if snapshot.line(index).psap in owners}
    routes = {
        index + 1  # as stored
        for index in range(snapshot.routes_count)
        if any(line in lines for variant in snapshot.route(index) for line in variant.lines)
    }
    columns = snapshot.records.columns
    stored, home = columns["mapping_routes"]["route"], columns["communes"]["departement"]
    width = len(snapshot.short_numbers)
    found = {}
    for number, short in enumerate(snapshot.short_numbers):
        behind = {index for index in set(home) if _helps(snapshot, index, number, lines)}
        own = stored[number::width]
        found[short.number] = frozenset(
            commune
            for commune, (route, place) in enumerate(zip(own, home, strict=True))
            if route in routes or place in behind
        )
    return {number: communes for number, communes in found.items() if communes}


def _helps(snapshot: Snapshot, departement: int, number: int, lines: Collection[int]) -> bool:
    """Tell whether one of these lines stands behind those of the plan."""
    row = snapshot.fallback(departement, number)
    behind = {*row.neighbours, row.departement, snapshot.national(number)} - {NONE}
    return not behind.isdisjoint(lines)
