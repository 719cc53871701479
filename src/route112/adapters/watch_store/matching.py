"""Which row a call belongs to that is told of once more: its other side, its end, or corrected."""

import sqlite3
from collections.abc import Iterator

from route112.watch.callbacks import is_anonymous
from route112.watch.calls.joining import CORRECTED_US, OPEN_US
from route112.watch.calls.strand import Whose
from route112.watch.values import SeenCall
from route112.wire.record_calls import UNKNOWN

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
_IS_NAMELESS = " AND c.outcome = ?5 AND p.caller = '' AND c.edge = ''"
_IS_ANY = " AND c.outcome != ?5"

REFUSED = "refused"
"""Outcome of a call that a station did not take. Such a line names no caller."""

Row = tuple[int, int | None]
"""Id and person."""
Begun = tuple[int, int, int | None, int]
"""Of an attempt that has begun: id, when that was, `ring_ms`, and whether it is a test."""


def find_begun(store: sqlite3.Connection, call: SeenCall) -> Begun | None:
    """
    Return the row of the attempt that these lines without a beginning are the rest of.

    A station was away for longer than anybody waits; where several attempts may be meant, none
    is.
    """
    if has_beginning(call):
        return None
    base, since_us = call.call.partition(" ")[0], call.began_us - CORRECTED_US
    rows: list[Begun] = store.execute(
        _FIND_BEGUN, (base, since_us, call.began_us, UNKNOWN, call.edge, call.site)
    ).fetchall()
    return rows[0] if len(rows) == 1 else None


def find_other_side(store: sqlite3.Connection, call: SeenCall) -> Row | None:
    """Return the row of a call of which the edge alone has told, or sites alone."""
    return next(_list_same(store, call, OPEN_US, _IS_OTHER_SIDE, value=not call.edge), None)


def list_sites_told(store: sqlite3.Connection, call: SeenCall) -> list[Row]:
    """List the rows of which sites alone have told, and that may be an edge's call."""
    return list(_list_same(store, call, OPEN_US, _IS_OTHER_SIDE, value=False))


def find_refused_before(store: sqlite3.Connection, call: SeenCall) -> Row | None:
    """Return the row of nobody's refusal by which a call began that sites alone tell of."""
    if call.edge or call.outcome == REFUSED:
        return None
    return next(_list_same(store, call, OPEN_US, _IS_NAMELESS, value=REFUSED), None)


def find_refused(store: sqlite3.Connection, call: SeenCall) -> Row | None:
    """Return the row of the call that another station refused, as is heard late."""
    if call.outcome != REFUSED or spell_caller(call):
        return None
    return next(_list_same(store, call, OPEN_US, _IS_ANY, value=""), None)


def find_unknown(store: sqlite3.Connection, call: SeenCall) -> Row | None:
    """Return the row of the call that is corrected."""
    return next(_list_same(store, call, CORRECTED_US, _IS_OUTCOME, value=UNKNOWN), None)


def _list_same(
    store: sqlite3.Connection, call: SeenCall, within_us: int, condition: str, *, value: object
) -> Iterator[Row]:
    """
    Yield what began about then and may be of the same caller, best first.

    What is held as something else under that Call-ID is so only where both have one number.
    """
    whose = Whose(call.operator, spell_caller(call))
    bounds = (call.call, call.call.partition(" ")[0], call.began_us, within_us)
    found: list[tuple[bool, bool, int, int, int | None]] = []
    for id_, person, is_named_so, operator, caller, apart_us in store.execute(
        _FIND_SAME + condition, (*bounds, value)
    ):
        is_same = bool(caller) and caller == whose.caller
        if is_same or (is_named_so and not whose.is_other(Whose(operator, caller))):
            found.append((is_same, is_named_so, -apart_us, id_, person))
    found.sort(key=lambda each: each[:4], reverse=True)
    yield from (each[3:] for each in found)


def has_beginning(call: SeenCall) -> bool:
    """Tell whether the lines of a call say what only the first one of a station does."""
    return bool(call.number or call.operator or call.caller)


def spell_caller(call: SeenCall) -> str:
    """Return a caller as people are told apart; empty: anonymous."""
    return "" if is_anonymous(call.caller) else call.caller.strip()
