"""What a new snapshot changes, in communes, inhabitants and answering points."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Mapping, NamedTuple

from route112.model import Commune, Psap, UtcTime
from route112.planning.comparing.views import Pair, Views, name_owner
from route112.planning.population import Touched, count_touched
from route112.snapshot.content import NONE, TrunkRow
from route112.snapshot.reader import Snapshot


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
class PathsImpact:
    """Who still rings the same lines, but over other next hops."""

    trunks: tuple[str, ...]
    """Names of the trunks that lines of both snapshots now use with other hops."""
    psaps: tuple[str, ...]
    """PSAPs at the end of these lines."""
    communes: int
    inhabitants: int
    """Of the communes that ring one of these lines, first or later."""
    share: float
    """`inhabitants` in the population, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """The difference between two snapshots."""

    generation_old: int
    generation_new: int
    communes: int
    """Communes of which at least one number rings elsewhere, or in another order, by the plan or
    by an order; those that are gone count."""
    inhabitants: int
    """Each once, however many numbers change."""
    population: int
    """Inhabitants of the new snapshot's communes, and of those that are gone."""
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
    paths: PathsImpact
    operators_added: tuple[str, ...]
    operators_removed: tuple[str, ...]
    operators_changed: tuple[str, ...]
    """Operators of both whose sources, dialect or anything else differs."""


def compare_snapshots(old: Snapshot, new: Snapshot, *, at: UtcTime | None = None) -> Impact:
    """
    Compare two snapshots.

    Args:
        old: what is in force.
        new: what shall follow it.
        at: orders that are over by then count for nothing; None: when `new` becomes valid.
    Cost: one look-up for each key; each distinct pair of routes is compared once.

    """
    communes, places = _pair_communes(old, new)
    changes = _list_changes(Views(old, new, at=new.valid_from if at is None else at), places)
    everywhere = count_touched(communes, set().union(*(change.communes for change in changes)))
    population = sum(commune.population for commune in communes)
    before = {old.commune(index).code for index in range(old.communes_count)}
    after = {new.commune(index).code for index in range(new.communes_count)}
    numbers = [{short.number for short in side.short_numbers} for side in (old, new)]
    psaps = [{psap.id: psap for psap in _list_psaps(side)} for side in (old, new)]
    operators = [{each.id: each for each in side.operators} for side in (old, new)]
    return Impact(
        generation_old=old.generation,
        generation_new=new.generation,
        communes=everywhere.communes,
        inhabitants=everywhere.inhabitants,
        population=population,
        share=_divide(everywhere, population),
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
        paths=_compare_paths(old, new, communes),
        operators_added=tuple(sorted(operators[1].keys() - operators[0].keys())),
        operators_removed=tuple(sorted(operators[0].keys() - operators[1].keys())),
        operators_changed=_differing(operators[0], operators[1]),
    )


def _divide(touched: Touched, population: int) -> float:
    """Return the share of the population; all of it where nobody is counted at all."""
    return touched.inhabitants / population if population else float(touched.communes > 0)


def _compare_paths(old: Snapshot, new: Snapshot, communes: Sequence[Commune]) -> PathsImpact:
    """Find the lines of both that other next hops lead to; `communes`: those of `new` first."""
    before, after = _map_hops(old), _map_hops(new)
    moved = {
        number
        for number in before.keys() & after.keys()
        if before[number].hops != after[number].hops
    }
    lines = {index for index in range(new.lines_count) if new.line(index).number in moved}
    routes = {
        route
        for route in range(new.routes_count)
        if any(line in lines for variant in new.route(route) for line in variant.lines)
    }
    keys = [(c, n) for c in range(new.communes_count) for n in range(len(new.short_numbers))]
    touched = count_touched(
        communes, {commune for commune, n in keys if new.route_index(commune, n) in routes}
    )
    population = sum(commune.population for commune in communes)
    owners = {name_owner(new, new.line(line).psap) for line in lines} - {""}
    return PathsImpact(
        trunks=tuple(sorted({after[number].name for number in moved})),
        psaps=tuple(sorted(owners)),
        communes=touched.communes,
        inhabitants=touched.inhabitants,
        share=_divide(touched, population),
    )


def _map_hops(snapshot: Snapshot) -> dict[str, TrunkRow]:
    """Return the trunk of every line by its number."""
    lines = [snapshot.line(index) for index in range(snapshot.lines_count)]
    return {line.number: snapshot.trunk(line.trunk) for line in lines}


class _Place(NamedTuple):
    """A commune in both snapshots."""

    old: int | None
    """Index in the old snapshot; None: it is new."""
    new: int | None
    """Index in the new one; None: it is gone."""
    commune: int
    """Index into the communes that are counted."""


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


def _list_changes(views: Views, pairs: Sequence[_Place]) -> list[_Change]:
    old, new = views.sides
    before_of = {short.number: index for index, short in enumerate(old.short_numbers)}
    after_of = {short.number: index for index, short in enumerate(new.short_numbers)}
    changes = []
    for number in {**after_of, **before_of}:
        before, after = before_of.get(number), after_of.get(number)
        change = _Change(number)
        moved: set[Pair] = set()
        for place in pairs:
            pair = (_find_route(old, place.old, before), _find_route(new, place.new, after))
            if views.differ(pair, number):
                change.communes.add(place.commune)
                moved.add(pair)
        for pair in moved:
            lost, won = (views.view(i, pair[i], number).list_first() for i in (0, 1))
            change.psaps_losing |= lost - won
            change.psaps_gaining |= won - lost
        changes.append(change)
    return changes


def _find_route(snapshot: Snapshot, commune: int | None, number: int | None) -> int:
    return NONE if commune is None or number is None else snapshot.route_index(commune, number)


def _pair_communes(old: Snapshot, new: Snapshot) -> tuple[list[Commune], list[_Place]]:
    """
    Return the communes of the new snapshot and then those that are gone, and all pairs.

    Merged communes are paired twice: who lived in one of them may ring elsewhere today although
    the commune that it became has not changed. Who lives in one that is gone rings a default.
    """
    communes = [new.commune(index) for index in range(new.communes_count)]
    pairs = [_Place(old.find_commune(each.code), at, at) for at, each in enumerate(communes)]
    paired = {place.old for place in pairs}
    for before in range(old.communes_count):
        commune = old.commune(before)
        after = new.find_commune(commune.code)
        if after is None:
            pairs.append(_Place(before, None, len(communes)))
            communes.append(commune)
        elif before not in paired:
            pairs.append(_Place(before, after, after))
    return communes, pairs


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
