"""
What stations on other hosts say of themselves: by the reports of their receivers, and by no file.

A station at a gate is asked for it with each answer (`replication.AtGate`). What it has in force
is among the planner's own files. Of work at a station nothing is known: no such change begins.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from route112.apps.planner.senses.lives import Lives
from route112.apps.planner.senses.places import Place
from route112.change import StationFact
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot

OK = 200
SILENT = 0
AGE_S_MAX = 5.0
"""What a station said longer ago says nothing of how it is."""

FindFact = Callable[[str], StationFact | None]


class NeverComparedError(Exception):
    """A station says that it cannot compare its translations, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FarPlace(Place):
    """Where the country runs: elsewhere. `run_dir` is that of a prober, if there is one."""

    find_fact: FindFact
    """What a station said last."""
    find_snapshot: Callable[[str], Path | None]
    """By content hash, the file that a station was given."""

    @property
    def asks_at_gate(self) -> bool:
        """Whether a station at a gate has to say itself how it is."""
        return True

    def compare(self, station: str) -> int | None:
        """Return what the station found of its translations; raises NeverComparedError."""
        fact = self.find_fact(station)
        at_gate = None if fact is None else fact.report.at_gate
        if at_gate is None:
            return None
        if at_gate.flaw:
            raise NeverComparedError(at_gate.flaw)
        return at_gate.differences

    def read_in_force(self, station: str) -> Snapshot | None:
        """Open what the station says that it has in force; None where that is not here."""
        fact = self.find_fact(station)
        path = None if fact is None else self.find_snapshot(fact.report.content_hash)
        try:
            return None if path is None else Snapshot(path.read_bytes())
        except (OSError, SnapshotError):
            return None


class FarLives(Lives):
    """
    Follows the station at work by what it says of itself.

    Args:
        find_fact: what a station said last.
    """

    def __init__(self, run_dir: Path, find_fact: FindFact) -> None:
        super().__init__(run_dir)
        self._find_fact = find_fact

    def _look(self, station: str) -> tuple[str, int | None]:
        """Return how it is; what it does not say is taken for nothing. One away has no gate."""
        fact = self._find_fact(station)
        if fact is None or fact.age_s > AGE_S_MAX or fact.report.at_gate is None:
            return "", None
        status = fact.report.at_gate.status
        if status is None or status == OK or not fact.report.serving:
            return "up", status
        return ("silent" if status == SILENT else "degraded"), status
