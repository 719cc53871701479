"""Cities and their arrondissements: the level that a plan leaves out follows the other one."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence

from route112.model import Commune, Problem, Severity, ShortNumber
from route112.snapshot.content import NONE


def inherit_routes(
    communes: Sequence[Commune],
    numbers: Sequence[ShortNumber],
    mapping: "array[int]",
    *,
    alike: Callable[[int], object],
) -> list[Problem]:
    """
    Fill the keys of `mapping` that only the city, or only its arrondissements, have.

    A city without a row takes the route of its arrondissements where they agree, else that of
    the most inhabitants, with a warning. Then an arrondissement without one takes its city's.

    Args:
        communes: in the order of the mapping's keys.
        numbers: in the order of the mapping's keys.
        mapping: route of each key, or NONE; changed in place.
        alike: what two routes share when they ring the same lines.

    """
    position = {commune.code: index for index, commune in enumerate(communes)}
    children: dict[int, list[int]] = defaultdict(list)
    for index, commune in enumerate(communes):
        if commune.parent in position:
            children[position[commune.parent]].append(index)
    problems = []
    for city, districts in children.items():
        split = []
        for number, short in enumerate(numbers):
            city_key, *keys = (index * len(numbers) + number for index in (city, *districts))
            if mapping[city_key] == NONE:
                people = [(key, communes[key // len(numbers)].population) for key in keys]
                mapping[city_key], agreed = _choose_route(people, mapping, alike)
                split += [] if agreed else [short.number]
            for key in keys:
                if mapping[key] == NONE:
                    mapping[key] = mapping[city_key]
        if split:
            problems.append(_warn_split(communes[city], split))
    return problems


def _choose_route(
    people: Sequence[tuple[int, int]],
    mapping: "array[int]",
    alike: Callable[[int], object],
) -> tuple[int, bool]:
    """
    Return the route of the most inhabitants, and whether all arrondissements agree.

    Where the table counts inhabitants with the city, all weigh 0 and the route of the most
    arrondissements wins, then the lowest code's.
    """
    weights: dict[object, tuple[int, int]] = {}
    first: dict[object, int] = {}
    for key, population in people:
        if mapping[key] != NONE:
            rings = alike(mapping[key])
            inhabitants, count = weights.get(rings, (0, 0))
            weights[rings] = (inhabitants + population, count + 1)
            first.setdefault(rings, mapping[key])
    if not first:
        return NONE, True
    return first[max(first, key=lambda rings: weights[rings])], len(first) == 1


def _warn_split(city: Commune, numbers: Sequence[str]) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        code="city-split",
        message=(
            f"{city.name} ({city.code}) has no row for {', '.join(numbers)} and its "
            "arrondissements ring different centres; calls that name only the city go where "
            "most of its inhabitants' do"
        ),
        remedy="Add a row for the city, so that the choice is yours",
        file="pdaau",
        value=city.code,
    )
