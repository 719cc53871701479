"""How far records have been followed, which calls are not given yet, and which were."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from route112.watch.callbacks import is_anonymous, is_lost
from route112.watch.calls.joining import APART_US, CORRECTED_US, DONE_KEPT_US, OPEN_US
from route112.watch.calls.strands import Given, Whose
from route112.watch.intake import Span
from route112.watch.values import SeenCall
from route112.wire.record_calls import UNKNOWN
from route112.wire.record_lines import Record

_COLUMNS = (
    *("call", "person", "is_test", "lost", "began_us", "ended_us", "number", "operator"),
    *("technology", "commune", "place", "edge", "site", "psap", "reached", "outcome", "party"),
    *("code", "reason", "ring_ms", "answer_ms", "heard_us", "end_heard_us"),
)
LEFTS_KEPT_US = 3_600_000_000
"""For so long after it began it is known of a call which sites its edge left for others: whoever
has just changed a site asks within a quarter of an hour."""
_INSERT = f"INSERT INTO calls ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_UPDATE = f"UPDATE calls SET {', '.join(f'{name} = ?' for name in _COLUMNS)} WHERE id = ?"  # noqa: S608
_LEFT = "cancelled"
_UNSEEN = 2
"""In `given.awaits`: its end may still come, and nobody has looked at it until then."""
_FIND_SAME = (
    "SELECT c.id, c.person, c.call = ?1, ifnull(c.operator, ''), ifnull(p.caller, ''),"
    " abs(c.began_us - ?3) FROM calls c LEFT JOIN people p ON p.id = c.person"
    " WHERE (c.call = ?2 OR c.call BETWEEN ?2 || ' ' AND ?2 || '!')"
    " AND abs(c.began_us - ?3) <= ?4"
)
"""Rows under the Call-ID of a call, also where that came after others under it."""
_FIND_BEGUN = (
    "SELECT id, began_us, ring_ms, is_test FROM calls"
    " WHERE (call = ?1 OR call BETWEEN ?1 || ' ' AND ?1 || '!')"
    " AND began_us BETWEEN ?2 AND ?3 AND outcome = ?4"
    " AND edge = ?5 AND (edge != '' OR site = ?6) AND number || operator != ''"
)
"""Rows of attempts of which one side has told, and not yet how they ended."""
_IS_OTHER_SIDE = " AND (c.edge = '') != ?5"
_IS_OUTCOME = " AND c.outcome = ?5"
_DROP = (
    "DELETE FROM calls WHERE id = ?1 AND began_us BETWEEN ?2 AND ?3"
    " AND instr(' ' || ?4 || ' ', ' ' || site || ' ') RETURNING lost, reached"
)
_SELECT_GIVEN = (
    "SELECT g.call, g.at_us, g.awaits, ifnull(c.edge, ''), ifnull(c.site, ''),"
    " ifnull(c.operator, ''), ifnull(p.caller, '') FROM given g"
    " LEFT JOIN calls c ON c.id = (SELECT max(id) FROM calls WHERE call = g.call)"
    " LEFT JOIN people p ON p.id = c.person"
)


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


@dataclass(frozen=True, slots=True)
class Held:
    """What whoever joins calls had in hand."""

    records: tuple[tuple[str, Record], ...]
    """Each with what its call is held as."""
    given: dict[str, Given]
    """By what calls were held as."""
    unknown: frozenset[str]
    """Those that were given as unknown, and may be corrected."""
    unseen: frozenset[str]
    """Those of them that nobody has looked at, because their station could not be read."""


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
        self._store.execute(
            "UPDATE calls SET heard_us = heard_us + ?1, end_heard_us = end_heard_us + ?1", (by_us,)
        )

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
            {
                name: Given(at, Whose(*whose), bool(edge), frozenset({edge, site} - {""}))
                for name, at, _, edge, site, *whose in given
            },
            frozenset(name for name, _, awaits, *_ in given if awaits),
            frozenset(name for name, _, awaits, *_ in given if awaits == _UNSEEN),
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
    def is_told(self, call: SeenCall) -> bool:
        """Tell whether it was given before, from its other side or begun."""
        return bool(self._find_begun(call) or self._find_other_side(call))

    def give(
        self,
        call: SeenCall,
        *,
        at_us: int,
        awaits: bool,
        place: str,
        taken_us: int,
        is_unseen: bool = False,
    ) -> bool:
        """
        Keep a call as it was seen; return whether it was not known before, from its other side.

        Not what a site says late is what the caller got, but what the edge says, also late. So
        each call is sought, also where it seems to be in time.

        Args:
            call: with its number as it was meant.
            at_us: when it is given.
            awaits: its end may still come; its records are kept until then.
            place: name of its commune.
            taken_us: wall clock of this machine; from then on its caller is kept.
            is_unseen: its station cannot be read, so that nobody looks at it while it awaits.
        """
        waits = _UNSEEN if awaits and is_unseen else int(awaits)
        self._store.execute(
            "INSERT OR REPLACE INTO given VALUES (?, ?, ?)", (call.call, at_us, waits)
        )
        if not awaits:
            self.release(call.call)
        if self._adds_end(call):
            return False
        known = self._find_unknown(call) if call.corrects else None
        other = self._find_other_side(call) if known is None else None
        if other is not None and (call.edge or not self._is_apart(other[0], call)):
            if call.edge:
                self._overrule(other, call, taken_us)
            return False
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
        return True

    def _adds_end(self, call: SeenCall) -> bool:
        """Tell whether this is the rest of an attempt that is waited for no more, and keep it."""
        begun = self._find_begun(call)
        if begun is None:
            return False
        if call.outcome == UNKNOWN:
            return True
        id_, began_us, ring_ms, is_test = begun
        before_ms = (call.began_us - began_us) // 1_000
        if ring_ms is None and call.ring_ms is not None:
            ring_ms = call.ring_ms + before_ms
        answer_ms = None if call.answer_ms is None else call.answer_ms + before_ms
        said = (call.ended_us, call.outcome, call.party, call.code)
        whole = replace(call, began_us=began_us, ring_ms=ring_ms, is_test=bool(is_test))
        self._store.execute(
            "UPDATE calls SET lost = ?, ended_us = ?, outcome = ?, party = ?, code = ?,"
            " ring_ms = ?, answer_ms = ?, reached = ?, end_heard_us = ? WHERE id = ?",
            (is_lost(whole), *said, ring_ms, answer_ms, call.reached, call.end_heard_us, id_),
        )
        self.count("corrected")
        return True

    def _find_begun(self, call: SeenCall) -> tuple[int, int, int | None, int] | None:
        """
        Return the row of the attempt that these lines without a beginning are the rest of.

        A station was away for longer than anybody waits; where several attempts may be meant, none
        is.
        """
        if _has_beginning(call):
            return None
        base, since_us = call.call.partition(" ")[0], call.began_us - CORRECTED_US
        rows: list[tuple[int, int, int | None, int]] = self._store.execute(
            _FIND_BEGUN, (base, since_us, call.began_us, UNKNOWN, call.edge, call.site)
        ).fetchall()
        return rows[0] if len(rows) == 1 else None

    def _overrule(self, row: tuple[int, int | None], call: SeenCall, taken_us: int) -> None:
        """Keep what an edge says of a call that its sites have told of, as soon as it says how."""
        if call.outcome == UNKNOWN:
            # A site that was left knows nothing of whether anybody else took the call.
            self._note_lost(row[0])
            return
        person = self._find_person(call, row[1], taken_us)
        self._note_left(call, person)
        # Where the caller gave up a site may know better how long it rang.
        is_left = call.outcome == _LEFT
        was_lost, reached = self._absorb(row[0], call)
        lost = (is_lost(call) or (is_left and was_lost), is_left)
        said = (call.edge, call.site, call.ended_us, call.outcome, call.party, call.code)
        # Whom a site reached is known to that site, and only where the edge says that it counts.
        is_sites = call.got_through and not call.reached
        self._store.execute(
            "UPDATE calls SET person = ?, lost = max(?, iif(?, lost, 0)), edge = ?, site = ?,"
            " ended_us = ?, outcome = ?, party = ?, code = ?, answer_ms = ?,"
            " reached = iif(? AND reached != '', reached, ?), end_heard_us = ? WHERE id = ?",
            (
                *(person, *lost, *said, call.answer_ms, is_sites),
                *(reached if is_sites else call.reached, call.end_heard_us, row[0]),
            ),
        )
        self.count("corrected")

    def _absorb(self, id_: int, call: SeenCall) -> tuple[bool, str]:
        """
        Drop what further sites told of an edge's call, each as if it were a call of its own.

        Returns: whether one of these was lost, and which answering point one has reached.
        """
        span = (call.began_us - APART_US, call.ended_us + APART_US)
        others = self._list_same(call, OPEN_US, _IS_OTHER_SIDE, value=False)
        dropped: list[tuple[int, str]] = []
        for other, _ in others:
            if other != id_:
                dropped += self._store.execute(_DROP, (other, *span, " ".join(call.passed)))
        return any(lost for lost, _ in dropped), max((each for _, each in dropped), default="")

    def _find_other_side(self, call: SeenCall) -> tuple[int, int | None] | None:
        """Return row and person of a call of which the edge alone has told, or sites alone."""
        return next(self._list_same(call, OPEN_US, _IS_OTHER_SIDE, value=not call.edge), None)

    def _is_apart(self, id_: int, call: SeenCall) -> bool:
        """
        Tell whether what a site says is a call of its own, and not of its edge's row.

        Who is left by an edge may try a site under the same Call-ID. So what began when the row
        was over, and was lost, is another attempt; and who gave up has lost his, where a site
        knows that somebody let it ring in vain.
        """
        query = "SELECT ended_us, outcome, lost FROM calls WHERE id = ?"
        ended_us, outcome, was_lost = self._store.execute(query, (id_,)).fetchone()
        if was_lost or not is_lost(call):
            return False
        if call.began_us > ended_us and _has_beginning(call):
            return True
        if outcome == call.outcome == _LEFT:
            self._note_lost(id_)
        return False

    def _note_lost(self, id_: int) -> None:
        """Call back who gave up soon, as far as a row says."""
        changed = self._store.execute(
            "UPDATE calls SET lost = 1 WHERE id = ? AND outcome = ? AND NOT lost AND NOT is_test",
            (id_, _LEFT),
        )
        self.count("corrected", changed.rowcount)

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

    def _find_unknown(self, call: SeenCall) -> tuple[int, int | None] | None:
        """Return row and person of the call that is corrected."""
        return next(self._list_same(call, CORRECTED_US, _IS_OUTCOME, value=UNKNOWN), None)

    def _list_same(
        self, call: SeenCall, within_us: int, condition: str, *, value: object
    ) -> Iterator[tuple[int, int | None]]:
        """
        Yield row and person of what began about then and may be of the same caller, best first.

        What is held as something else under that Call-ID is so only where both have one number.
        """
        whose = Whose(call.operator, _spell(call))
        bounds = (call.call, call.call.partition(" ")[0], call.began_us, within_us)
        found: list[tuple[bool, bool, int, int, int | None]] = []
        for id_, person, is_named_so, operator, caller, apart_us in self._store.execute(
            _FIND_SAME + condition, (*bounds, value)
        ):
            is_same = bool(caller) and caller == whose.caller
            if is_same or (is_named_so and not whose.is_other(Whose(operator, caller))):
                found.append((is_same, is_named_so, -apart_us, id_, person))
        found.sort(key=lambda each: each[:4], reverse=True)
        yield from (each[3:] for each in found)

    def _find_person(self, call: SeenCall, known: int | None, taken_us: int) -> int | None:
        """Return the caller's row; an anonymous caller is another person at each attempt."""
        if call.is_test:
            return None
        caller = _spell(call)
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


def _has_beginning(call: SeenCall) -> bool:
    """Tell whether the lines of a call say what only the first one of a station does."""
    return bool(call.number or call.operator or call.caller)


def _spell(call: SeenCall) -> str:
    """Return a caller as people are told apart; empty: anonymous."""
    return "" if is_anonymous(call.caller) else call.caller.strip()
