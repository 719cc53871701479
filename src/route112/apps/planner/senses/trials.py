"""
Callers of the station at work, and of the others, since its gate began.

Taken from what watch keeps of calls: there edge and sites are one call, a record counts once
whoever sends it twice, and one caller is one person. Whoever met the station in vain has failed
there, although another site served him a moment later; that is what a gate is for.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from route112.apps.planner.senses.view import Met
from route112.change import Trial

SERIES_MAX = 200
"""Short numbers and departements of one gate; a caller may dial anything."""
ALL = "all"


@dataclass(slots=True)
class _Group:
    """Persons of one series on one side."""

    served: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)

    def add(self, met: Met) -> None:
        if met.failed:
            self.failed.add(met.person)
        elif met.served:
            self.served.add(met.person)

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
        self.calls_seen = self.lefts_seen = 0
        """Highest ids that were taken."""

    def take(self, found: Sequence[Met]) -> None:
        """Take what callers met, each once."""
        for met in found:
            if met.left:
                self.lefts_seen = max(self.lefts_seen, met.id)
            else:
                self.calls_seen = max(self.calls_seen, met.id)
            side = self._find_side(met)
            if side is None:
                continue
            for name in self._list_names(met):
                if name in side or len(side) < SERIES_MAX:
                    side[name].add(met)

    def _find_side(self, met: Met) -> dict[str, _Group] | None:
        """A site is compared with sites, an edge with edges; no edge is to blame for a site."""
        place = met.edge if self._is_edge else met.site
        if not place:
            return None
        return self._here if place == self._station else self._others

    def _list_names(self, met: Met) -> tuple[str, ...]:
        departement = self._departement_of(met.commune)
        names = (ALL, met.number)
        return (*names, f"departement {departement}") if departement else names

    def list_trials(self, departements: Sequence[str] | None) -> tuple[Trial, ...]:
        """
        List all callers, then each short number and each departement that callers came from.

        Args:
            departements: those that change; None: all.
        """
        wanted = None if departements is None else {f"departement {each}" for each in departements}
        names = [
            name
            for name in sorted(self._here)
            if name != ALL
            and (wanted is None or not name.startswith("departement ") or name in wanted)
        ]
        return tuple(self._make(name) for name in (ALL, *names))

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
