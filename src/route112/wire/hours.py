"""
Opening hours as people write them: `Mo-Fr 08:00-20:00`, `lun-ven 8h-20h`, `20:00-08:00`.

A cell is a list of pieces `[days] from-to`. A comma goes on with the days of the piece before
it, a semicolon starts again with every day. A span that ends before it begins runs over
midnight.
"""

import re

from route112.model import WEEK_MINUTES, Hours, fold_text
from route112.wire.pdaau_table.synonyms import ALWAYS, DAYS

_DAY_MINUTES = 24 * 60
PIECES_MAX = 50
"""Most pieces in one cell."""

_TIME = r"(\d{1,2})(?:[:h](\d{2})?|\b)"
_SPAN = re.compile(rf"{_TIME} ?(?:-|a|to) ?{_TIME}$")
_DAY_RANGE = re.compile(r"([a-z]+)(?: ?(?:-|au|a|to) ?([a-z]+))?")


class HoursError(ValueError):
    """A text that does not say hours; the message is for its author."""


def parse_hours(text: str) -> Hours | None:
    """
    Read opening hours; None means always.

    Raises: HoursError with a sentence that says what is not understood.
    """
    folded = fold_text(text)
    if folded in ALWAYS:
        return None
    if folded.count(",") + folded.count(";") >= PIECES_MAX:
        raise HoursError(f"the hours have more than {PIECES_MAX} parts")
    minutes = bytearray(WEEK_MINUTES)
    for group in folded.split(";"):
        if group.strip():
            _mark_group(group, minutes)
    spans = _find_spans(minutes)
    if not spans:
        raise HoursError("the hours name no time of day")
    return None if spans == ((0, WEEK_MINUTES),) else Hours(spans)


def _mark_group(group: str, minutes: bytearray) -> None:
    """Mark the minutes of pieces that share their days, such as `lun,mar 8h-12h, 14h-18h`."""
    days: set[int] = set()
    complete = True
    for piece in group.split(","):
        match = _SPAN.search(piece.strip())
        words = piece.strip()[: match.start()].strip() if match else piece.strip()
        if words:
            named = _read_days(words.rstrip(":").strip())
            # A piece with days after a finished one starts anew; else it adds to the list.
            days = named if complete else days | named
        if match:
            start, end = _minute(match[1], match[2]), _minute(match[3], match[4])
            _mark(minutes, days or set(range(7)), start, end)
        complete = match is not None
    if not complete:
        raise HoursError(f"no time of day stands after {group.strip()!r}")


def _read_days(words: str) -> set[int]:
    named: set[int] = set()
    for word in re.split(r" et | and | & |/", words):
        match = _DAY_RANGE.fullmatch(word.strip())
        first = DAYS.get(match[1]) if match else None
        last = DAYS.get(match[2] or match[1]) if match else None
        if first is None or last is None:
            raise HoursError(f"{word.strip()!r} is not a day of the week")
        named |= {day % 7 for day in range(first, last + 1 if last >= first else last + 8)}
    return named


def _minute(hour: str, minute: str | None) -> int:
    total = int(hour) * 60 + int(minute or 0)
    if total > _DAY_MINUTES or int(minute or 0) > 59:  # noqa: PLR2004
        raise HoursError(f"{hour}:{minute or '00'} is not a time of day")
    return total


def _mark(minutes: bytearray, days: set[int], start: int, end: int) -> None:
    if start == end:
        raise HoursError("the hours end when they begin")
    length = end - start if end > start else end - start + _DAY_MINUTES
    for day in days:
        begin = day * _DAY_MINUTES + start
        until = min(begin + length, WEEK_MINUTES)
        minutes[begin:until] = b"\x01" * (until - begin)
        # What runs past Sunday midnight is on Monday.
        rest = begin + length - until
        minutes[:rest] = b"\x01" * rest


def _find_spans(minutes: bytearray) -> tuple[tuple[int, int], ...]:
    return tuple((match.start(), match.end()) for match in re.finditer(b"\x01+", minutes))
