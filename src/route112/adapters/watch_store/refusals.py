"""Which stations were offered two contents under one generation, until they have a later one."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A station was offered another content under the generation that it has."""

    kind: str
    """`site` or `edge`."""
    station: str
    generation: int
    at_us: int


class Refusals:
    """One for each station at most; whoever has one noted has opened a transaction."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def note(self, refusal: Refusal) -> None:
        """Say that a station was offered another content under the generation that it has."""
        row = (refusal.kind, refusal.station, refusal.generation, refusal.at_us)
        self._store.execute("INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?)", row)

    def forget(self, kind: str, station: str, generation: int) -> None:
        """Say that a station has a generation: what it refused under a lower one is over."""
        self._store.execute(
            "DELETE FROM refusals WHERE kind = ? AND station = ? AND generation < ?",
            (kind, station, generation),
        )

    def list_all(self) -> list[Refusal]:
        """List what is refused and not over."""
        rows = self._store.execute("SELECT * FROM refusals ORDER BY kind, station")
        return [Refusal(*row) for row in rows]
