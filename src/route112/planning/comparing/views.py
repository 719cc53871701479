"""
The routes of two snapshots as callers notice them: what rings, when, where, and by whose order.

An order touches every route on which its PSAP stands, and those of a PSAP that is diverted to it.
Orders that are over when the new snapshot begins touch nobody.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple
from weakref import WeakKeyDictionary

from route112.model import Area, Hours, Order, OrderKind, UtcTime
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

Pair = tuple[int, int]
"""A route of the old and one of the new snapshot, for the same commune and number."""


class First(NamedTuple):
    """Who is rung first."""

    psap: str
    number: str
    """Empty where a divert leads there."""


@dataclass(frozen=True, slots=True)
class VariantView:
    """What a caller notices of one variant."""

    psaps: tuple[str, ...]
    numbers: tuple[str, ...]
    hours: Hours | None
    area: Area | None


@dataclass(frozen=True, slots=True)
class RouteView:
    """What a caller notices of a route."""

    variants: tuple[VariantView, ...] = ()
    orders: tuple[Order, ...] = ()
    """That touch it, the winning ones last, without id, author and reason."""

    def list_first(self) -> set[str]:
        """Return the PSAPs that are rung first, at whatever hour and place; orders in force."""
        return {first.psap for first in self.list_first_lines()}

    def list_first_lines(self) -> set[First]:
        """Return the same with the numbers at which they are rung."""
        return {
            self._find_first(variant.psaps, variant.numbers)
            for variant in self.variants
            if variant.psaps
        }

    def _find_first(self, psaps: tuple[str, ...], numbers: tuple[str, ...]) -> First:
        """Follow the diverts and leave paused PSAPs out, as if all orders held at one time."""
        paused = {order.psap for order in self.orders if order.kind is OrderKind.PAUSE}
        diverted = {order.psap: order.to_psap for order in self.orders if order.to_psap}
        place = next((at for at, psap in enumerate(psaps) if psap not in paused), 0)
        first, number = psaps[place], numbers[place]
        seen: set[str] = set()
        while first in diverted and first not in seen:
            seen.add(first)
            first, number = diverted[first], ""
        return First(first, number)


_VARIANTS: WeakKeyDictionary[Snapshot, dict[int, tuple[VariantView, ...]]] = WeakKeyDictionary()
"""Of snapshots that somebody still has open."""


class Views:
    """The views of two snapshots, each made once."""

    def __init__(self, old: Snapshot, new: Snapshot, *, at: UtcTime) -> None:
        """Make none yet; orders that are over at `at` count on neither side."""
        self.sides = (old, new)
        self._is_one_plan = old.plan_hash == new.plan_hash
        self._orders = tuple(_sort_orders(side.orders, at) for side in self.sides)
        self._views: tuple[dict[tuple[int, str], RouteView], ...] = ({}, {})
        self._verdicts: dict[tuple[Pair, str], bool] = {}

    def differ(self, pair: Pair, number: str) -> bool:
        """Tell whether a route of the old and one of the new snapshot ring differently."""
        verdict = self._verdicts.get((pair, number))
        if verdict is None:
            old, new = (self.view(side, route, number) for side, route in enumerate(pair))
            verdict = self._verdicts[pair, number] = old != new
        return verdict

    def view(self, side: int, route: int, number: str) -> RouteView:
        """Return what callers of a short number notice; side 0 is the old snapshot, 1 the new."""
        views = self._views[side]
        if (route, number) not in views:
            views[route, number] = self._make(side, route, number)
        return views[route, number]

    def _make(self, side: int, route: int, number: str) -> RouteView:
        if route == NONE:
            return RouteView()
        # Routes are of the plan: where plans are equal, so are they.
        source = self.sides[0] if self._is_one_plan else self.sides[side]
        variants = _view_variants(source, route)
        psaps = {psap for variant in variants for psap in variant.psaps}
        return RouteView(variants, self._list_orders(side, psaps, number))

    def _list_orders(self, side: int, psaps: Iterable[str], number: str) -> tuple[Order, ...]:
        """Return the orders on some PSAPs, and on those that they divert to."""
        reached = list(psaps)
        found: list[tuple[int, Order]] = []
        for psap in reached:  # grows while it is walked
            for rank, order in self._orders[side].get(psap, ()):
                if order.short_number in ("", number):
                    found.append((rank, order))
                    reached += [order.to_psap] if order.to_psap not in ("", *reached) else []
        return tuple(order for _, order in sorted(found, key=lambda ranked: ranked[0]))


def _sort_orders(orders: Iterable[Order], at: UtcTime) -> dict[str, list[tuple[int, Order]]]:
    """Return the orders by PSAP, with their rank: the one of two with the higher rank wins."""
    sorted_orders: dict[str, list[tuple[int, Order]]] = defaultdict(list)
    for rank, order in enumerate(sorted(orders, key=lambda order: (order.starts, order.id))):
        if order.expires > at:
            begins = max(order.starts, at)
            plain = replace(order, id="", author="", approver="", reason="", starts=begins)
            sorted_orders[order.psap].append((rank, plain))
    return sorted_orders


def _view_variants(snapshot: Snapshot, route: int) -> tuple[VariantView, ...]:
    """View the variants of a route; once for as long as the snapshot is open."""
    known = _VARIANTS.setdefault(snapshot, {})
    if route not in known:
        known[route] = _make_variants(snapshot, route)
    return known[route]


def _make_variants(snapshot: Snapshot, route: int) -> tuple[VariantView, ...]:
    view = []
    for variant in snapshot.route(route):
        lines = [snapshot.line(line) for line in variant.lines]
        view.append(
            VariantView(
                psaps=tuple(name_owner(snapshot, line.psap) for line in lines),
                numbers=tuple(line.number for line in lines),
                hours=None if variant.hours == NONE else snapshot.hours(variant.hours),
                area=None if variant.area == NONE else snapshot.area(variant.area),
            )
        )
    return tuple(view)


def name_owner(snapshot: Snapshot, psap: int) -> str:
    """Return the id of a PSAP; empty where the index says that nobody owns a line."""
    return "" if psap == NONE else snapshot.psap(psap).id
