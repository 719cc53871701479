"""How far each source of records was taken, who writes into it, and since when it is away."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from route112.watch.intake import Span
from route112.wire.record_lines import Record


@dataclass(frozen=True, slots=True)
class Position:
    """The last record that was taken of a source."""

    writer: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Absence:
    """A source that cannot be read."""

    source: str
    station: str
    """Whose records it has."""
    since_us: int
    """By the clock of this machine."""


class Sources:
    """Each method that notes writes; whoever calls it has opened a transaction."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def load_positions(self) -> dict[str, Position]:
        """Return where each source was left, by name."""
        rows = self._store.execute("SELECT source, writer, sequence FROM positions")
        return {source: Position(writer, sequence) for source, writer, sequence in rows}

    def move(self, source: str, record: Record) -> None:
        """Say that a source has been taken up to this record."""
        self._store.execute(
            "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)",
            (source, record.writer, record.sequence),
        )

    def load_absences(self) -> list[Absence]:
        """Return which sources could not be read."""
        rows = self._store.execute(
            "SELECT source, station, since_us FROM absences ORDER BY source"
        )
        return [Absence(*row) for row in rows]

    def note_absences(self, absences: Sequence[Absence]) -> None:
        """Say which sources cannot be read now, and that all others can."""
        self._store.execute("DELETE FROM absences")
        self._store.executemany(
            "INSERT INTO absences VALUES (?, ?, ?)",
            [(each.source, each.station, each.since_us) for each in absences],
        )

    def load_taken(self) -> tuple[dict[str, int], dict[str, list[Span]]]:
        """Return what has been taken of each writer: up to where all, and what beyond."""
        rows = self._store.execute("SELECT writer, floor, ahead FROM taken").fetchall()
        floors = {writer: floor for writer, floor, _ in rows}
        spans = {writer: msgspec.json.decode(text, type=list[Span]) for writer, _, text in rows}
        return floors, spans

    def note_taken(self, writer: str, floor: int, ahead: Sequence[Span]) -> None:
        """Say what has been taken of a writer."""
        text = msgspec.json.encode(ahead).decode()
        self._store.execute("INSERT OR REPLACE INTO taken VALUES (?, ?, ?)", (writer, floor, text))

    def load_newest(self) -> dict[str, int]:
        """Return the time of the newest record that was taken under each name of a writer."""
        return dict(self._store.execute("SELECT writer, time_us FROM newest").fetchall())

    def note_newest(self, name: str, time_us: int) -> None:
        """Say of which time the newest record is that was taken under a name of a writer."""
        self._store.execute("INSERT OR REPLACE INTO newest VALUES (?, ?)", (name, time_us))

    def note_writer(self, writer: str, source: str) -> None:
        """Say which source a writer writes into."""
        self._store.execute("INSERT OR REPLACE INTO writers VALUES (?, ?)", (writer, source))

    def load_writers(self) -> dict[str, list[str]]:
        """Return who writes into each source, the one that was noted last at the end."""
        writers: dict[str, list[str]] = {}
        for writer, source in self._store.execute("SELECT * FROM writers ORDER BY rowid"):
            writers.setdefault(source, []).append(writer)
        return writers

    def forget_taken(self, name: str) -> None:
        """Know nothing more of what was taken under a name of a writer."""
        for table in ("taken", "newest", "writers"):
            self._store.execute(f"DELETE FROM {table} WHERE writer = ?", (name,))  # noqa: S608
