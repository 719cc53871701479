"""Calls that are given: one row each, whatever its sides say, in whatever order they do."""

import sqlite3
from dataclasses import replace

from route112.adapters.watch_store.counts import count
from route112.adapters.watch_store.matching import (
    Row,
    find_begun,
    find_other_side,
    find_refused,
    find_refused_before,
    find_unknown,
    has_beginning,
    list_sites_told,
    spell_caller,
)
from route112.watch.callbacks import is_lost
from route112.watch.calls.joining import APART_US
from route112.watch.values import SeenCall
from route112.wire.record_calls import UNKNOWN

_COLUMNS = (
    *("call", "person", "is_test", "lost", "began_us", "ended_us", "number", "operator"),
    *("technology", "commune", "place", "edge", "site", "psap", "reached", "outcome", "party"),
    *("code", "reason", "ring_ms", "answer_ms", "heard_us", "end_heard_us"),
)
LEFTS_KEPT_US = 3_600_000_000
"""For so long after it began it is known of a call which sites its edge left for others: whoever
has just changed a site asks within a quarter of an hour."""
_INSERT = f"INSERT INTO calls ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_UPDATE = (
    f"UPDATE calls SET {', '.join(f'{name} = ?' for name in _COLUMNS)}, closed = 0 WHERE id = ?"  # noqa: S608
)
"""Whose end is known by now may have been dialling when it was said that he is done."""
_LEFT = "cancelled"
_DROP = (
    "DELETE FROM calls WHERE id = ?1 AND began_us BETWEEN ?2 AND ?3"
    " AND instr(' ' || ?4 || ' ', ' ' || site || ' ') RETURNING lost, reached"
)


class Calls:
    """Each method but `is_told` writes; whoever calls it has opened a transaction."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def is_told(self, call: SeenCall) -> bool:
        """Tell whether it was given before, from its other side or begun."""
        finders = (find_begun, find_other_side, find_refused)
        return any(find(self._store, call) is not None for find in finders)

    def give(self, call: SeenCall, *, place: str, taken_us: int) -> bool:
        """
        Keep a call as it was seen; return whether it was not known before, from its other side.

        Not what a site says late is what the caller got, but what the edge says, also late. So
        each call is sought, also where it seems to be in time.

        Args:
            call: with its number as it was meant.
            place: name of its commune.
            taken_us: wall clock of this machine; from then on its caller is kept.
        """
        if self._adds_end(call) or self._adds_refusal(call):
            return False
        known = find_unknown(self._store, call) if call.corrects else None
        other = find_other_side(self._store, call) if known is None else None
        if other is not None and (call.edge or not self._is_apart(other[0], call)):
            if call.edge:
                self._overrule(other, call, taken_us)
            return False
        person = self._find_person(call, None if known is None else known[1], taken_us)
        lost = is_lost(call) or (known is None and self._drop_refusal(call))
        added = {"person": person, "place": place, "lost": lost}
        values = [added[name] if name in added else getattr(call, name) for name in _COLUMNS]
        if known is None:
            self._store.execute(_INSERT, values)
            self._note_left(call, person)
            count(self._store, "calls")
        else:
            self._store.execute(_UPDATE, [*values, known[0]])
            count(self._store, "corrected")
        return True

    def _adds_end(self, call: SeenCall) -> bool:
        """Tell whether this is the rest of an attempt that is waited for no more, and keep it."""
        begun = find_begun(self._store, call)
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
            " ring_ms = ?, answer_ms = ?, reached = ?, end_heard_us = ?, closed = 0 WHERE id = ?",
            (is_lost(whole), *said, ring_ms, answer_ms, call.reached, call.end_heard_us, id_),
        )
        count(self._store, "corrected")
        return True

    def _adds_refusal(self, call: SeenCall) -> bool:
        """
        Tell whether another station refused what there is a row of, and keep that.

        A refusal names nobody; who gave up elsewhere and was sent on got nowhere.
        """
        row = find_refused(self._store, call)
        if row is not None and is_lost(call):
            self._note_lost(row[0])
        return row is not None

    def _drop_refusal(self, call: SeenCall) -> bool:
        """
        Forget that nobody known was refused elsewhere, who by this call is somebody.

        Returns: whether that was after the caller had given up here, as far as can be told.
        """
        row = find_refused_before(self._store, call)
        if row is None:
            return False
        query = "DELETE FROM calls WHERE id = ? RETURNING lost, began_us"
        ((lost, began_us),) = self._store.execute(query, row[:1]).fetchall()
        may_be_after = call.ring_ms is None or began_us >= call.ended_us - APART_US
        return bool(lost) and call.outcome == _LEFT and may_be_after

    def _overrule(self, row: Row, call: SeenCall, taken_us: int) -> None:
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
            " reached = iif(? AND reached != '', reached, ?), end_heard_us = ?,"
            " closed = 0 WHERE id = ?",
            (
                *(person, *lost, *said, call.answer_ms, is_sites),
                *(reached if is_sites else call.reached, call.end_heard_us, row[0]),
            ),
        )
        count(self._store, "corrected")

    def _absorb(self, id_: int, call: SeenCall) -> tuple[bool, str]:
        """
        Drop what further sites told of an edge's call, each as if it were a call of its own.

        Returns: whether one of these was lost, and which answering point one has reached.
        """
        span = (call.began_us - APART_US, call.ended_us + APART_US)
        dropped: list[tuple[int, str]] = []
        for other, _ in list_sites_told(self._store, call):
            if other != id_:
                dropped += self._store.execute(_DROP, (other, *span, " ".join(call.passed)))
        return any(lost for lost, _ in dropped), max((each for _, each in dropped), default="")

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
        if call.began_us > ended_us and has_beginning(call):
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
        count(self._store, "corrected", changed.rowcount)

    def _note_left(self, call: SeenCall, person: int | None) -> None:
        """Keep which sites a caller had met in vain before somebody served him, if anybody did."""
        left = call.passed if call.is_direct else call.passed[:-1]
        self._store.executemany(
            "INSERT INTO lefts (person, began_us, number, commune, site) VALUES (?, ?, ?, ?, ?)",
            [(person, call.began_us, call.number, call.commune, site) for site in left],
        )

    def _find_person(self, call: SeenCall, known: int | None, taken_us: int) -> int | None:
        """Return the caller's row; an anonymous caller is another person at each attempt."""
        if call.is_test:
            return None
        caller = spell_caller(call)
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

    def forget_lefts(self, now_us: int) -> None:
        """Forget who left which sites, where nobody asks for it any more."""
        self._store.execute("DELETE FROM lefts WHERE began_us < ?", (now_us - LEFTS_KEPT_US,))

    def move_clock(self, by_us: int) -> None:
        """Take a step of the clock: what was heard is as long ago as it was."""
        self._store.execute(
            "UPDATE calls SET heard_us = heard_us + ?1, end_heard_us = end_heard_us + ?1", (by_us,)
        )
        self._store.execute("UPDATE people SET done_us = done_us + ? WHERE done_us", (by_us,))
