"""The call-back list for people and for machines; numbers are masked unless told otherwise."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from route112.watch.callbacks import CallBack
from route112.wire.record_numbers import ANONYMOUS, mask_number

COLUMNS = (
    *("id", "caller", "number", "commune", "first lost", "last lost", "lost", "of"),
    *("why", "state", "by"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CELL_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def name_caller(back: CallBack, *, clear: bool) -> str:
    """Return what a caller is shown as: number, pseudonym, or anonymous."""
    if back.pseudonym:
        return f"~{back.pseudonym}"
    if not back.caller:
        return ANONYMOUS
    return back.caller if clear else mask_number(back.caller)


def render_time(time_us: int | None) -> str:
    """Return a time in UTC to the second; empty for none."""
    if time_us is None:
        return ""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%SZ")


def list_cells(back: CallBack, *, clear: bool) -> tuple[object, ...]:
    """Return the cells of a row, in the order of COLUMNS."""
    return (
        str(back.id),
        name_caller(back, clear=clear),
        back.number,
        f"{back.commune} {back.place}".strip(),
        render_time(back.first_us),
        render_time(back.last_us),
        back.lost,
        back.attempts,
        f"{back.outcome} {back.party}".strip(),
        back.state if back.state != "done" else f"done: {back.done}",
        back.assigned,
    )


def dump_callback(back: CallBack, *, clear: bool) -> dict[str, object]:
    """Return a caller for machines."""
    return {
        "id": back.id,
        "caller": name_caller(back, clear=clear),
        "number": back.number,
        "commune": back.commune,
        "place": back.place,
        "first_lost": render_time(back.first_us),
        "last_lost": render_time(back.last_us),
        "lost": back.lost,
        "attempts": back.attempts,
        "outcome": back.outcome,
        "party": back.party,
        "through": render_time(back.through_us),
        "state": back.state,
        "assigned": back.assigned,
        "done": back.done,
        "note": back.note,
    }


def render_csv(backs: Iterable[dict[str, object]]) -> str:
    """Return rows under a head, for a spreadsheet; what people wrote is no formula there."""
    rows = list(backs)
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(
            {name: _disarm(name, value) for name, value in row.items()} for row in rows
        )
    return out.getvalue()


def _disarm(name: str, value: object) -> object:
    """Quote what a spreadsheet would take for a formula; a number with its plus is none."""
    text = str(value)
    if not text.startswith(_CELL_BEGINS_FORMULA) or (name == "caller" and text[1:].isdecimal()):
        return value
    return f"'{text}"
