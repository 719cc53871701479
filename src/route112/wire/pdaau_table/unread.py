"""Columns that nobody reads, watched for long numbers: a second target must not get lost."""

from route112.model import Profile, Severity
from route112.wire.cells import read_long_number
from route112.wire.pdaau_table.headers import Header, is_about_targets
from route112.wire.pdaau_table.line import Line
from route112.wire.pdaau_table.occurrences import Occurrences, make_note

_DIGITS_MIN = 8
"""A text with fewer digits is no long number, whatever a spreadsheet has lost."""


class UnreadColumns:
    """The columns of one table that are not read, and have not held a long number so far."""

    def __init__(self, header: Header, profile: Profile, notes: Occurrences) -> None:
        self._header = header
        self._profile = profile
        self._notes = notes
        self._watched = list(header.unread)
        self._told: set[int] = set()
        self._harmless: set[str] = {""}

    def look(self, line: Line) -> None:
        """Note the columns that hold a long number in this row, each once."""
        cells, width = line.cells, len(self._header.titles)
        if not self._watched and len(cells) <= width:
            return
        for column in (*self._watched, *range(width, len(cells))):
            text = cells[column]
            if text in self._harmless or column in self._told:
                continue
            if self._is_long_number(text):
                self._told.add(column)
                self._note(line, column)
            else:
                self._harmless.add(text)

    def _is_long_number(self, text: str) -> bool:
        if sum(map(str.isdigit, text)) < _DIGITS_MIN:
            return False
        return bool(read_long_number(text, self._profile).value)

    def _note(self, line: Line, column: int) -> None:
        titles = self._header.titles
        title = titles[column] if column < len(titles) else ""
        is_doubtful = is_about_targets(title, self._profile)
        self._notes.add(
            make_note(
                Severity.ERROR if is_doubtful else Severity.WARNING,
                "unread-column",
                "the column holds long numbers, but its title does not say what they are for",
                "Name it like `15` or `15 secours` if calls go there, else remove the column",
                value=line.cells[column],
            ),
            line.place(column),
        )
