"""What a report may say, wherever it comes from: checked before it is kept."""

import sqlite3
from collections.abc import Mapping

from route112.adapters.watch_store import AlarmBook, transaction
from route112.watch.alarms.reports import DIMENSIONS
from route112.watch.series import Series

TEXT_CHARS_MAX = 300
WHO_CHARS_MAX = 100
REPORTS_WAITING_MAX = 1_000
"""Reports that watch has not taken yet: beyond it, it does not run, and more say nothing new."""


class ReportError(Exception):
    """A report that cannot be kept; says why, and what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def keep_report(
    store: sqlite3.Connection, about: Mapping[str, str], *, text: str, who: str, wall_us: int
) -> int:
    """
    Keep a report; return its id.

    Args:
        about: value by dimension; at least one of `DIMENSIONS`.
    Raises: ReportError, sqlite3.Error.
    """
    _check_text("text", text, TEXT_CHARS_MAX)
    _check_text("who", who, WHO_CHARS_MAX)
    book = AlarmBook(store)
    pairs = tuple((name, about[name]) for name in DIMENSIONS if about.get(name))
    if not pairs:
        raise ReportError("a report about nothing", f"Name one of {', '.join(DIMENSIONS)}")
    for name, value in pairs:
        known = book.list_names(name)
        if known and value not in known:
            raise ReportError(
                f"the plan has no {name} {value!r}",
                f"Write it as the plan does, for example {known[0]}",
            )
    with transaction(store):
        if book.count_waiting() >= REPORTS_WAITING_MAX:
            raise ReportError(
                f"{REPORTS_WAITING_MAX:,} reports wait for watch", "Start `route112 watch run`"
            )
        return book.add_report(Series(pairs), text=text.strip(), who=who.strip(), wall_us=wall_us)


def _check_text(name: str, text: str, chars_max: int) -> None:
    if not text.strip() or len(text) > chars_max or not text.isprintable():
        raise ReportError(f"{name} is no text", f"Write 1 to {chars_max} characters on one line")
