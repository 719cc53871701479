"""
Callers of the station at work, and of the others, since its gate began.

Taken from what watch keeps of calls: there edge and sites are one call, a record counts once
whoever sends it twice, and one caller is one person at each station that he meets: who calls often
meets all of them in time, and were he one person to all others together, the station at work would
have several times their share of such callers. Whoever met the station in vain has failed there,
although another site served him a moment later; that is what a gate is for.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from route112.apps.planner.senses.again import Again
from route112.apps.planner.senses.view import Met
from route112.change import Trial

SERIES_MAX = 200
"""Short numbers and departements of one gate; a caller may dial anything."""
ALL = "all"


@dataclass(slots=True)
class _Group:
    """Persons of one series on one side, each with the station that he met."""

    served: set[tuple[int, str]] = field(default_factory=set)
    failed: set[tuple[int, str]] = field(default_factory=set)

    def add(self, met: Met, place: str) -> None:
        if met.failed:
            self.failed.add((met.person, place))
        elif met.served:
            self.served.add((met.person, place))

    @property
    def counts(self) -> tuple[int, int]:
        """How many were served, and how many failed at least once."""
        return len(self.served - self.failed), len(self.failed)


class Trials:
    """
    The callers of one gate.

    Args:
        station: the one at work.
        is_edge: whether that is an edge; else it is a site.
        departement_of: by code of a commune; empty: not known.
    """

    def __init__(
        self, station: str, *, is_edge: bool, departement_of: Callable[[str], str]
    ) -> None:
        self._station = station
        self._is_edge = is_edge
        self._departement_of = departement_of
        self._here: dict[str, _Group] = defaultdict(_Group)
        self._others: dict[str, _Group] = defaultdict(_Group)
        self._again = Again(station, self._list_names, self._find_place)
        self.calls_seen = self.lefts_seen = 0
        """Highest ids that were taken."""

    def take(self, found: Sequence[Met]) -> None:
        """Take what callers met, each once."""
        for met in found:
            if met.left:
                self.lefts_seen = max(self.lefts_seen, met.id)
            else:
                self.calls_seen = max(self.calls_seen, met.id)
            self._again.take(met)
            place = self._find_place(met)
            if not place:
                continue
            side = self._here if place == self._station else self._others
            for name in self._list_names(met):
                if name in side or len(side) < SERIES_MAX:
                    side[name].add(met, place)

    def _find_place(self, met: Met) -> str:
        """A site is compared with sites, an edge with edges; no edge is to blame for a site."""
        return met.edge if self._is_edge else met.site

    def _list_names(self, met: Met) -> tuple[str, ...]:
        departement = self._departement_of(met.commune)
        names = (ALL, met.number)
        return (*names, f"departement {departement}") if departement else names

    def list_trials(self, departements: Sequence[str] | None) -> tuple[Trial, ...]:
        """
        List all callers, each short number and departement that they came from; who called again.

        Args:
            departements: those that change; None: all.
        """
        wanted = None if departements is None else _name(departements)
        names = [
            name
            for name in sorted(self._here)
            if name != ALL
            and (wanted is None or not name.startswith("departement ") or name in wanted)
        ]
        again = self._again.list_trials((ALL, *names))
        return (*(self._make(name) for name in (ALL, *names)), *again)

    def list_hidden(self, departements: Sequence[str]) -> tuple[str, ...]:
        """List those of the departements that change in which too many call again anywhere."""
        return self._again.list_hidden(sorted(_name(departements)))

    def _make(self, name: str) -> Trial:
        served, failed = self._here.get(name, _Group()).counts
        others_served, others_failed = self._others.get(name, _Group()).counts
        return Trial(
            series=name,
            served=served,
            failed=failed,
            others_served=others_served,
            others_failed=others_failed,
        )


def _name(departements: Sequence[str]) -> set[str]:
    return {f"departement {each}" for each in departements}
