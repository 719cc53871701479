"""What a new snapshot changes, in communes, inhabitants and answering points."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Mapping

from route112.model import Area, Commune, Hours, Psap
from route112.planning.population import count_touched
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

Pair = tuple[int, int]
"""A route of the old and one of the new snapshot, for the same commune and number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberImpact:
    """What changes for one short number."""

    number: str
    communes: int
    inhabitants: int
    departements: tuple[str, ...]
    psaps_losing: tuple[str, ...]
    """PSAPs that are rung first in fewer places than before."""
    psaps_gaining: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """The difference between two snapshots."""

    generation_old: int
    generation_new: int
    communes: int
    """Communes of which at least one number rings elsewhere, or in another order."""
    inhabitants: int
    """Each once, however many numbers change."""
    population: int
    """Inhabitants of the new snapshot's communes."""
    share: float
    """`inhabitants` in `population`, 0 to 1."""
    numbers: tuple[NumberImpact, ...]
    """Of the short numbers that change, in the order of the new snapshot; removed ones last."""
    numbers_added: tuple[str, ...]
    numbers_removed: tuple[str, ...]
    communes_added: tuple[str, ...]
    communes_removed: tuple[str, ...]
    psaps_added: tuple[str, ...]
    psaps_removed: tuple[str, ...]
    psaps_changed: tuple[str, ...]
    """PSAPs of both whose lines, carrier, building or capacity differ."""
    defaults_changed: tuple[str, ...]
    """`departement/number` or `national/number` whose fallback rings elsewhere."""
    orders_changed: tuple[str, ...]
    """Ids of orders that are added, removed or different."""


def compare_snapshots(old: Snapshot, new: Snapshot) -> Impact:
    """
    Compare two snapshots.

    Cost: one look-up for each key; each distinct pair of routes is compared once.
    """
    communes = [new.commune(index) for index in range(new.communes_count)]
    changes = _list_changes(_Views(old, new), communes)
    everywhere = count_touched(communes, set().union(*(change.communes for change in changes)))
    population = sum(commune.population for commune in communes)
    before = {old.commune(index).code for index in range(old.communes_count)}
    after = {commune.code for commune in communes}
    numbers = [{short.number for short in side.short_numbers} for side in (old, new)]
    psaps = [{psap.id: psap for psap in _list_psaps(side)} for side in (old, new)]
    return Impact(
        generation_old=old.generation,
        generation_new=new.generation,
        communes=everywhere.communes,
        inhabitants=everywhere.inhabitants,
        population=population,
        share=everywhere.inhabitants / population if population else 0.0,
        numbers=tuple(change.sum_up(communes) for change in changes if change.communes),
        numbers_added=tuple(sorted(numbers[1] - numbers[0])),
        numbers_removed=tuple(sorted(numbers[0] - numbers[1])),
        communes_added=tuple(sorted(after - before)),
        communes_removed=tuple(sorted(before - after)),
        psaps_added=tuple(sorted(psaps[1].keys() - psaps[0].keys())),
        psaps_removed=tuple(sorted(psaps[0].keys() - psaps[1].keys())),
        psaps_changed=_differing(psaps[0], psaps[1]),
        defaults_changed=_list_changed_defaults(old, new),
        orders_changed=_list_changed_orders(old, new),
    )


@dataclass(frozen=True, slots=True)
class _VariantView:
    """What a caller notices of one variant."""

    psaps: tuple[str, ...]
    numbers: tuple[str, ...]
    hours: Hours | None
    area: Area | None


class _Views:
    """The routes of two snapshots as callers notice them, each made once."""

    def __init__(self, old: Snapshot, new: Snapshot) -> None:
        self.sides = (old, new)
        self._views: tuple[dict[int, RouteView], dict[int, RouteView]] = ({}, {})
        self._verdicts: dict[Pair, bool] = {}

    def differ(self, pair: Pair) -> bool:
        """Tell whether a route of the old and one of the new snapshot ring differently."""
        verdict = self._verdicts.get(pair)
        if verdict is None:
            verdict = self._verdicts[pair] = self.view(0, pair[0]) != self.view(1, pair[1])
        return verdict

    def view(self, side: int, route: int) -> "RouteView":
        """Return what a caller notices of a route; side 0 is the old snapshot, 1 the new."""
        views = self._views[side]
        if route not in views:
            views[route] = _view_route(self.sides[side], route)
        return views[route]

    def list_first(self, side: int, route: int) -> set[str]:
        """Return the PSAPs that a route rings first, at whatever hour and place."""
        return {variant.psaps[0] for variant in self.view(side, route) if variant.psaps}


RouteView = tuple[_VariantView, ...]


@dataclass(slots=True)
class _Change:
    """What is found while one short number is compared."""

    number: str
    communes: set[int] = field(default_factory=set)
    psaps_losing: set[str] = field(default_factory=set)
    psaps_gaining: set[str] = field(default_factory=set)

    def sum_up(self, communes: Sequence[Commune]) -> NumberImpact:
        """Count the people."""
        touched = count_touched(communes, self.communes)
        return NumberImpact(
            number=self.number,
            communes=touched.communes,
            inhabitants=touched.inhabitants,
            departements=touched.departements,
            psaps_losing=tuple(sorted(self.psaps_losing)),
            psaps_gaining=tuple(sorted(self.psaps_gaining)),
        )


def _list_changes(views: _Views, communes: Sequence[Commune]) -> list[_Change]:
    old, new = views.sides
    before_of = {short.number: index for index, short in enumerate(old.short_numbers)}
    after_of = {short.number: index for index, short in enumerate(new.short_numbers)}
    pairs = _pair_communes(old, new, communes)
    changes = []
    for number in {**after_of, **before_of}:
        before, after = before_of.get(number), after_of.get(number)
        change = _Change(number)
        moved: set[Pair] = set()
        for old_commune, new_commune in pairs:
            pair = (
                NONE
                if old_commune is None or before is None
                else old.route_index(old_commune, before),
                NONE if after is None else new.route_index(new_commune, after),
            )
            if views.differ(pair):
                change.communes.add(new_commune)
                moved.add(pair)
        for pair in moved:
            lost, won = views.list_first(0, pair[0]), views.list_first(1, pair[1])
            change.psaps_losing |= lost - won
            change.psaps_gaining |= won - lost
        changes.append(change)
    return changes


def _pair_communes(
    old: Snapshot, new: Snapshot, communes: Sequence[Commune]
) -> list[tuple[int | None, int]]:
    """
    Pair the communes of both snapshots, old first.

    Merged communes are paired twice: who lived in one of them may ring elsewhere today although
    the commune that it became has not changed.
    """
    pairs = [(old.find_commune(commune.code), index) for index, commune in enumerate(communes)]
    paired = {before for before, _ in pairs}
    for before in range(old.communes_count):
        after = new.find_commune(old.commune(before).code)
        if before not in paired and after is not None:
            pairs.append((before, after))
    return pairs


def _view_route(snapshot: Snapshot, route: int) -> RouteView:
    if route == NONE:
        return ()
    view = []
    for variant in snapshot.route(route):
        lines = [snapshot.line(line) for line in variant.lines]
        view.append(
            _VariantView(
                psaps=tuple(_name_owner(snapshot, line.psap) for line in lines),
                numbers=tuple(line.number for line in lines),
                hours=None if variant.hours == NONE else snapshot.hours(variant.hours),
                area=None if variant.area == NONE else snapshot.area(variant.area),
            )
        )
    return tuple(view)


def _name_owner(snapshot: Snapshot, psap: int) -> str:
    return "" if psap == NONE else snapshot.psap(psap).id


def _list_psaps(snapshot: Snapshot) -> list[Psap]:
    """Return the PSAPs without the row that they stand in: moving a row changes no call."""
    return [replace(snapshot.psap(index), row=0) for index in range(snapshot.psaps_count)]


def _differing(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names that both have, with different values."""
    return tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name]))


def _list_changed_defaults(old: Snapshot, new: Snapshot) -> tuple[str, ...]:
    return _differing(_map_defaults(old), _map_defaults(new))


def _map_defaults(snapshot: Snapshot) -> dict[str, object]:
    """Return the numbers of every fallback by `departement/number` or `national/number`."""
    numbers = [snapshot.line(index).number for index in range(snapshot.lines_count)]
    defaults: dict[str, object] = {}
    for column, short in enumerate(snapshot.short_numbers):
        defaults[f"national/{short.number}"] = numbers[snapshot.national(column)]
        for index, departement in enumerate(snapshot.departements):
            row = snapshot.fallback(index, column)
            own = "" if row.departement == NONE else numbers[row.departement]
            near = tuple(numbers[line] for line in row.neighbours)
            defaults[f"{departement.code}/{short.number}"] = (near, own)
    return defaults


def _list_changed_orders(old: Snapshot, new: Snapshot) -> tuple[str, ...]:
    orders = [{order.id: order for order in side.orders} for side in (old, new)]
    return tuple(
        sorted(
            name
            for name in orders[0].keys() | orders[1].keys()
            if orders[0].get(name) != orders[1].get(name)
        )
    )
