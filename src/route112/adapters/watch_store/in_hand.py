"""Calls that whoever joins them has in hand: not given yet, or given and remembered."""

import sqlite3
from dataclasses import dataclass

import msgspec

from route112.watch.calls.joining import CORRECTED_US, DONE_KEPT_US
from route112.watch.calls.strand import Given, Whose
from route112.wire.record_lines import Record

_UNSEEN = 2
"""In `given.awaits`: its end may still come, and nobody has looked at it until then."""
_SELECT_GIVEN = (
    "SELECT g.call, g.at_us, g.awaits, ifnull(c.edge, ''), ifnull(c.site, ''),"
    " ifnull(c.operator, ''), ifnull(p.caller, '') FROM given g"
    " LEFT JOIN calls c ON c.id = (SELECT max(id) FROM calls WHERE call = g.call)"
    " LEFT JOIN people p ON p.id = c.person"
)


@dataclass(frozen=True, slots=True)
class Held:
    """What whoever joins calls had in hand."""

    records: tuple[tuple[str, Record], ...]
    """Each with what its call is held as."""
    heard_us: tuple[int, ...]
    """When each of them was heard of; 0: that was not kept."""
    given: dict[str, Given]
    """By what calls were held as."""
    unknown: frozenset[str]
    """Those that were given as unknown, and may be corrected."""
    unseen: frozenset[str]
    """Those of them that nobody has looked at, because their station could not be read."""
    ticked_us: int
    """Up to when arrivals have been told; 0: none were."""
    wall_us: int
    """When the last step was, by the clock of this machine; 0: there was none."""


class InHand:
    """Each method but `load` writes; whoever calls it has opened a transaction."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def load(self) -> Held:
        """Return what was kept of calls that were not given, or given as unknown."""
        query = "SELECT call, body, ifnull(heard_us, 0) FROM held ORDER BY id"
        bodies = self._store.execute(query).fetchall()
        kind = tuple[str, dict[str, str], int, str, int]
        given = self._store.execute(_SELECT_GIVEN).fetchall()
        return Held(
            tuple(
                (name, Record(*msgspec.json.decode(body, type=kind))) for name, body, _ in bodies
            ),
            tuple(heard_us for *_, heard_us in bodies),
            {
                name: Given(at, Whose(*whose), bool(edge), frozenset({edge, site} - {""}))
                for name, at, _, edge, site, *whose in given
            },
            frozenset(name for name, _, awaits, *_ in given if awaits),
            frozenset(name for name, _, awaits, *_ in given if awaits == _UNSEEN),
            self._load_time("SELECT at_us FROM ticked"),
            self._load_time("SELECT wall_us FROM stepped"),
        )

    def _load_time(self, query: str) -> int:
        row = self._store.execute(query).fetchone()
        return 0 if row is None else int(row[0])

    def hold(self, name: str, record: Record, heard_us: int) -> None:
        """Keep a record of a call that is not given yet, and is held as `name`."""
        body = (record.kind, dict(record.fields), record.time_us, record.writer, record.sequence)
        self._store.execute(
            "INSERT INTO held (call, body, heard_us) VALUES (?, ?, ?)",
            (name, msgspec.json.encode(body), heard_us),
        )

    def release(self, call: str) -> None:
        """Drop the records of a call."""
        self._store.execute("DELETE FROM held WHERE call = ?", (call,))

    def note_given(self, call: str, *, at_us: int, awaits: bool, is_unseen: bool = False) -> None:
        """
        Remember that a call was given.

        Args:
            at_us: when that is.
            awaits: its end may still come; its records are kept until then.
            is_unseen: its station cannot be read, so that nobody looks at it while it awaits.
        """
        waits = _UNSEEN if awaits and is_unseen else int(awaits)
        self._store.execute("INSERT OR REPLACE INTO given VALUES (?, ?, ?)", (call, at_us, waits))
        if not awaits:
            self.release(call)

    def forget(self, now_us: int) -> None:
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

    def note_ticked(self, time_us: int) -> None:
        """Say up to when arrivals have been told."""
        self._store.execute("INSERT OR REPLACE INTO ticked VALUES (1, ?)", (time_us,))

    def note_step(self, wall_us: int) -> None:
        """Say when the last step was, by the clock of this machine."""
        self._store.execute("INSERT OR REPLACE INTO stepped VALUES (1, ?)", (wall_us,))

    def move_clock(self, by_us: int) -> None:
        """Take a step of the clock: what was given, or heard of, is as long ago as it was."""
        self._store.execute("UPDATE given SET at_us = at_us + ?", (by_us,))
        self._store.execute("UPDATE held SET heard_us = heard_us + ?", (by_us,))
