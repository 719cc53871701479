"""How far records have been followed, which calls are not given yet, and which were."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from route112.watch.callbacks import is_anonymous, is_lost
from route112.watch.calls.joining import CORRECTED_US, DONE_KEPT_US
from route112.watch.calls.strands import Given, Whose
from route112.watch.intake import Span
from route112.watch.values import SeenCall
from route112.wire.record_calls import UNKNOWN
from route112.wire.record_lines import Record

_COLUMNS = (
    *("call", "person", "is_test", "lost", "began_us", "ended_us", "number", "operator"),
    *("technology", "commune", "place", "edge", "site", "psap", "reached", "outcome", "party"),
    *("code", "reason", "ring_ms", "answer_ms"),
)
LEFTS_KEPT_US = 3_600_000_000
"""For so long after it began it is known of a call which sites its edge left for others: whoever
has just changed a site asks within a quarter of an hour."""
_INSERT = f"INSERT INTO calls ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_UPDATE = f"UPDATE calls SET {', '.join(f'{name} = ?' for name in _COLUMNS)} WHERE id = ?"  # noqa: S608
_SELECT_GIVEN = (
    "SELECT g.call, g.at_us, g.awaits, ifnull(c.operator, ''), ifnull(p.caller, '') FROM given g"
    " LEFT JOIN calls c ON c.id = (SELECT max(id) FROM calls WHERE call = g.call)"
    " LEFT JOIN people p ON p.id = c.person"
)


@dataclass(frozen=True, slots=True)
class Position:
    """The last record that was taken of a source."""

    writer: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Held:
    """What whoever joins calls had in hand."""

    records: tuple[tuple[str, Record], ...]
    """Each with what its call is held as."""
    given: dict[str, Given]
    """By what calls were held as."""
    unknown: frozenset[str]
    """Those that were given as unknown, and may be corrected."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A station was offered another content under the generation that it has."""

    kind: str
    """`site` or `edge`."""
    station: str
    generation: int
    at_us: int


class Journal:
    """Each method writes; whoever calls it has opened a transaction."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    # ------------------------------------------------------------ positions
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
        """Return the time of the newest record that was taken of each writer."""
        return dict(self._store.execute("SELECT writer, time_us FROM newest").fetchall())

    def note_newest(self, writer: str, time_us: int) -> None:
        """Say of which time the newest record is that was taken of a writer."""
        self._store.execute("INSERT OR REPLACE INTO newest VALUES (?, ?)", (writer, time_us))

    def note_ticked(self, time_us: int) -> None:
        """Say up to when arrivals have been told."""
        self._store.execute("INSERT OR REPLACE INTO ticked VALUES (1, ?)", (time_us,))

    def load_ticked(self) -> int:
        """Return up to when arrivals have been told; 0: none were."""
        row = self._store.execute("SELECT at_us FROM ticked").fetchone()
        return 0 if row is None else int(row[0])

    def note_step(self, wall_us: int) -> None:
        """Say when the last step was, by the clock of this machine."""
        self._store.execute("INSERT OR REPLACE INTO stepped VALUES (1, ?)", (wall_us,))

    def load_step(self) -> int:
        """Return when the last step was; 0: there was none."""
        row = self._store.execute("SELECT wall_us FROM stepped").fetchone()
        return 0 if row is None else int(row[0])

    def move_clock(self, by_us: int) -> None:
        """Take a step of the clock: what was given is as long ago as it was."""
        self._store.execute("UPDATE given SET at_us = at_us + ?", (by_us,))

    # ------------------------------------------------------------ what stations refuse
    def note_refusal(self, refusal: Refusal) -> None:
        """Say that a station was offered another content under the generation that it has."""
        row = (refusal.kind, refusal.station, refusal.generation, refusal.at_us)
        self._store.execute("INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?)", row)

    def forget_refusal(self, kind: str, station: str, generation: int) -> None:
        """Say that a station has a generation: what it refused under a lower one is over."""
        self._store.execute(
            "DELETE FROM refusals WHERE kind = ? AND station = ? AND generation < ?",
            (kind, station, generation),
        )

    def list_refusals(self) -> list[Refusal]:
        """List what is refused and not over, one for each station at most."""
        rows = self._store.execute("SELECT * FROM refusals ORDER BY kind, station")
        return [Refusal(*row) for row in rows]

    # ------------------------------------------------------------ calls that are not given yet
    def hold(self, name: str, record: Record) -> None:
        """Keep a record of a call that is not given yet, and is held as `name`."""
        body = (record.kind, dict(record.fields), record.time_us, record.writer, record.sequence)
        self._store.execute(
            "INSERT INTO held (call, body) VALUES (?, ?)",
            (name, msgspec.json.encode(body)),
        )

    def release(self, call: str) -> None:
        """Drop the records of a call."""
        self._store.execute("DELETE FROM held WHERE call = ?", (call,))

    def load_held(self) -> Held:
        """Return what was kept of calls that were not given, or given as unknown."""
        bodies = self._store.execute("SELECT call, body FROM held ORDER BY id")
        kind = tuple[str, dict[str, str], int, str, int]
        given = self._store.execute(_SELECT_GIVEN).fetchall()
        return Held(
            tuple((name, Record(*msgspec.json.decode(body, type=kind))) for name, body in bodies),
            {name: Given(at_us, Whose(*whose)) for name, at_us, _, *whose in given},
            frozenset(name for name, _, awaits, *_ in given if awaits),
        )

    def forget_given(self, now_us: int) -> None:
        """Forget the Call-IDs that nothing is waited for any more."""
        overdue = now_us - CORRECTED_US
        self._store.execute(
            "DELETE FROM held WHERE call IN (SELECT call FROM given WHERE awaits AND at_us < ?)",
            (overdue,),
        )
        self._store.execute(
            "DELETE FROM given WHERE at_us < CASE WHEN awaits THEN ? ELSE ? END",
            (overdue, now_us - DONE_KEPT_US),
        )
        self._store.execute("DELETE FROM lefts WHERE began_us < ?", (now_us - LEFTS_KEPT_US,))

    # ------------------------------------------------------------ calls that are given
    def give(self, call: SeenCall, *, at_us: int, awaits: bool, place: str, taken_us: int) -> None:
        """
        Keep a call as it was seen.

        Args:
            call: with its number as it was meant.
            at_us: when it is given.
            awaits: its end may still come; its records are kept until then.
            place: name of its commune.
            taken_us: wall clock of this machine; its caller is kept for so long from then on,
                whatever a station's clock says.
        """
        self._store.execute(
            "INSERT OR REPLACE INTO given VALUES (?, ?, ?)", (call.call, at_us, awaits)
        )
        if not awaits:
            self.release(call.call)
        known = self._find_unknown(call.call) if call.corrects else None
        person = self._find_person(call, None if known is None else known[1], taken_us)
        added = {"person": person, "place": place, "lost": is_lost(call)}
        values = [added[name] if name in added else getattr(call, name) for name in _COLUMNS]
        if known is None:
            self._store.execute(_INSERT, values)
            self._note_left(call, person)
            self.count("calls")
        else:
            self._store.execute(_UPDATE, [*values, known[0]])
            self.count("corrected")

    def count(self, name: str, by: int = 1) -> None:
        """Count something for ever: `records` taken, `calls` given, `corrected` ones."""
        self._store.execute(
            "INSERT INTO counts VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            (name, by),
        )

    def load_counts(self) -> dict[str, int]:
        """Return what has been counted."""
        return dict(self._store.execute("SELECT name, value FROM counts").fetchall())

    def _note_left(self, call: SeenCall, person: int | None) -> None:
        """Keep which sites a caller had met in vain before somebody served him, if anybody did."""
        left = call.passed if call.is_direct else call.passed[:-1]
        self._store.executemany(
            "INSERT INTO lefts (person, began_us, number, commune, site) VALUES (?, ?, ?, ?, ?)",
            [(person, call.began_us, call.number, call.commune, site) for site in left],
        )

    def _find_unknown(self, call: str) -> tuple[int, int | None] | None:
        """Return row and person of the call that is corrected."""
        row: tuple[int, int | None] | None = self._store.execute(
            "SELECT id, person FROM calls WHERE call = ? AND outcome = ? ORDER BY id DESC LIMIT 1",
            (call, UNKNOWN),
        ).fetchone()
        return row

    def _find_person(self, call: SeenCall, known: int | None, taken_us: int) -> int | None:
        """Return the caller's row; an anonymous caller is another person at each attempt."""
        if call.is_test:
            return None
        caller = "" if is_anonymous(call.caller) else call.caller.strip()
        if caller:
            query = "SELECT id FROM people WHERE caller = ?"
            row = self._store.execute(query, (caller,)).fetchone()
            known = None if row is None else row[0]
        if known is None:
            query = "INSERT INTO people (caller) VALUES (?) RETURNING id"
            known = self._store.execute(query, (caller,)).fetchone()[0]
        self._store.execute(
            "UPDATE people SET last_us = max(last_us, ?) WHERE id = ?", (taken_us, known)
        )
        return known
