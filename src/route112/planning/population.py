"""Who is touched: departements, communes and inhabitants, each inhabitant once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from route112.model import Commune

DEPARTEMENTS_NAMED_MAX = 8
"""Most departements that a message names before it counts the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """The people behind a set of communes."""

    departements: tuple[str, ...]
    """Codes, ascending."""
    communes: int
    """Arrondissements are counted as their city."""
    inhabitants: int

    def __str__(self) -> str:
        """Say it in the words of a message."""
        named = ", ".join(self.departements[:DEPARTEMENTS_NAMED_MAX])
        more = len(self.departements) - DEPARTEMENTS_NAMED_MAX
        rest = f" and {more} more" if more > 0 else ""
        plural = "s" if len(self.departements) > 1 else ""
        communes = f"{self.communes:,} commune{'s' if self.communes != 1 else ''}"
        return f"departement{plural} {named}{rest}: {communes}, {self.inhabitants:,} inhabitants"


def count_touched(communes: Sequence[Commune], touched: Iterable[int]) -> Touched:
    """
    Count the people of the communes at the indexes `touched`.

    Where only arrondissements of a city are touched and the table counts their inhabitants
    with the city, the whole city counts: a gate that watches the share must not miss them.
    """
    chosen = [communes[index] for index in sorted(set(touched))]
    cities = {commune.parent or commune.code for commune in chosen}
    districts = dict.fromkeys(cities, 0)
    for commune in chosen:
        if commune.parent:
            districts[commune.parent] += commune.population
    own = {commune.code: commune.population for commune in chosen if not commune.parent}
    if cities - own.keys():
        own = {commune.code: commune.population for commune in communes if commune.code in cities}
    inhabitants = sum(own.get(city, 0) or districts[city] for city in cities)
    return Touched(
        departements=tuple(sorted({commune.departement for commune in chosen})),
        communes=len(cities),
        inhabitants=inhabitants,
    )
