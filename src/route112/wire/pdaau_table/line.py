"""One row of a table while it is read."""

from dataclasses import dataclass

from route112.wire.pdaau_table.headers import Header
from route112.wire.pdaau_table.occurrences import Place


@dataclass(frozen=True, slots=True)
class Line:
    """A row, and where it is."""

    header: Header
    sheet: str
    sheet_index: int
    row: int
    """As an editor shows it."""
    cells: tuple[str, ...]
    """At least as many as the header has titles."""

    def place(self, column: int) -> Place:
        """Return the place of one of its cells, for messages."""
        return Place(self.sheet, self.row, self.header.get_title(column))
