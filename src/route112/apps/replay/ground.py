"""
Where calls come from, and where the country's own second derivation says that they ring.

A call of a replay may come at any real hour, so places whose answer changes with the hour, with
the area or with an order are left out; the report says how many inhabitants that concerns.
"""

import bisect
import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from route112.apps.demo.draw import is_steady, read_targets, tells_commune
from route112.apps.ends.whereabouts import NOWHERE, Whereabouts, can_tell, list_whereabouts
from route112.model import Operator, Scenario
from route112.simulation.arrivals import Arrival, Place
from route112.snapshot.reader import Snapshot


class GroundError(Exception):
    """A scenario asks for what the country has not; the text says what and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the plays of one scenario stand on."""

    places: tuple[Place, ...]
    targets: Mapping[tuple[str, str], tuple[str, ...]]
    """(commune, number) to long numbers, best first."""
    departements: Mapping[str, str]
    """Commune to the code of its departement."""
    whereabouts: Mapping[str, Whereabouts] = field(default_factory=dict)
    """By operator, what it says instead of a commune."""
    settled: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    """By operator whose default commune is left out: places that it tells, weights summed up."""
    population_share: float
    """Of the country's inhabitants, those who live in `places`."""

    def list_targets(self, arrival: Arrival, operator: Operator) -> tuple[str, ...]:
        """Return where a call should ring."""
        said = self.whereabouts.get(operator.id, NOWHERE)
        told = can_tell(operator, said, arrival.commune)
        commune = arrival.commune if told else operator.default_commune
        return self.targets[commune, arrival.number]

    def settle(self, arrival: Arrival, operator: Operator) -> Arrival:
        """
        Return the call, from a place that its operator can tell where nobody could judge it else.

        A call that tells no place goes where its operator's default commune does, and that one may
        ring elsewhere by the hour.
        """
        places = self.settled.get(operator.id, ())
        said = self.whereabouts.get(operator.id, NOWHERE)
        if not places or can_tell(operator, said, arrival.commune):
            return arrival
        rng = random.Random(arrival.index)  # noqa: S311  the same evening twice, no secret
        sums = [place.weight for place in places]
        at = bisect.bisect_right(sums, rng.random() * sums[-1])
        return replace(arrival, commune=places[min(at, len(places) - 1)].code)

    def find_departement(self, arrival: Arrival) -> str:
        """Return where the caller is."""
        return self.departements[arrival.commune]


def lay_ground(snapshot: Snapshot, table: Path, scenario: Scenario) -> Ground:
    """
    Choose the places of a scenario.

    Raises: GroundError when the country lacks a number or an operator of the scenario.
    """
    numbers = [number for number, share in scenario.numbers if share]
    _check_names(snapshot, scenario, numbers)
    communes = [snapshot.commune(index) for index in range(snapshot.communes_count)]
    wanted = {(commune.code, number) for commune in communes for number in numbers}
    rows = read_targets(table, wanted)
    steady = [
        commune
        for commune in communes
        if commune.population
        and all(
            (key := (commune.code, number)) in rows and is_steady(snapshot, *key, rows[key])
            for number in numbers
        )
    ]
    codes = {commune.code for commune in steady}
    places = tuple(Place(commune.code, float(commune.population)) for commune in steady)
    return Ground(
        places=places,
        settled=_settle(snapshot, scenario, places),
        targets={key: targets for key, targets in rows.items() if key[0] in codes},
        departements={
            snapshot.commune(index).code: snapshot.departements[
                snapshot.commune_departement(index)
            ].code
            for index in range(snapshot.communes_count)
        },
        whereabouts={id_: list_whereabouts(snapshot, id_) for id_, _ in scenario.operators},
        population_share=(
            sum(commune.population for commune in steady)
            / max(1, sum(commune.population for commune in communes))
        ),
    )


def _check_names(snapshot: Snapshot, scenario: Scenario, numbers: Iterable[str]) -> None:
    known = {short.number for short in snapshot.short_numbers}
    for number in numbers:
        if number not in known:
            raise GroundError(f"{number} is no short number of {snapshot.country}")
    for id_, _ in scenario.operators:
        if snapshot.operator(id_) is None:
            raise GroundError(f"{id_} is no operator of {snapshot.country}")


def _settle(
    snapshot: Snapshot, scenario: Scenario, places: Sequence[Place]
) -> dict[str, tuple[Place, ...]]:
    """Find where calls come from whose operator has a default commune that cannot be judged."""
    codes = {place.code for place in places}
    settled = {}
    for id_, _ in scenario.operators:
        operator = snapshot.operator(id_)
        assert operator is not None, "checked before"
        if tells_commune(operator) or operator.default_commune in codes:
            continue
        said = list_whereabouts(snapshot, id_)
        told = [place for place in places if can_tell(operator, said, place.code)]
        if not told:
            raise GroundError(
                f"calls of {id_} go to {operator.default_commune}, which rings elsewhere by the "
                "hour or by an order: nobody could say where a call of it should ring"
            )
        sums = itertools.accumulate(place.weight for place in told)
        settled[id_] = tuple(
            replace(place, weight=weight) for place, weight in zip(told, sums, strict=True)
        )
    return settled
