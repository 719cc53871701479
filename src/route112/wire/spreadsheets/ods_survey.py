"""The `content.xml` of an ODS: rows and cells with the repetitions that they declare."""

import re
from typing import Any

from route112.wire.spreadsheets.merged import MergedCell, MergedCells
from route112.wire.spreadsheets.refusal import CELL_CHARS_MAX
from route112.wire.spreadsheets.survey import CellBudget, Walk, broken_xml

_COVERED = "table:covered-table-cell"
_CELLS = ("table:table-cell", _COVERED)
_COLUMNS, _ROWS = "table:number-columns-spanned", "table:number-rows-spanned"
_VALUE = re.compile(rb"""\s(?:office|calcext):[a-z-]*value[a-z-]*\s*=\s*(?:"[^"]*"|'[^']*')""")
_NUMBER = re.compile("[1-9][0-9]{0,8}")


def survey_ods(xml: bytes, *, budget: CellBudget, merged: MergedCells) -> bytes:
    """
    Measure the `content.xml` of an ODS and return it as the library reads it rightly.

    Args: `merged`: where the merged cells of each table go.
    Raises: TableError where cells lie outside the limits or the XML is hostile or broken.
    """
    grid = _Grid(budget, merged)
    return grid.walk.run(xml, grid.start, grid.end)


class _Grid:
    """Where in the table the walk stands, and how far cells that hold something reach."""

    def __init__(self, budget: CellBudget, merged: MergedCells) -> None:
        self._merged = merged
        self.walk = Walk(budget.file)
        self._budget = budget
        self._in_table = False
        self._rows = self._columns = 0
        self._row_end = self._column_end = 0
        self._row_columns = 0
        self._row_repeated = self._cell_repeated = 1
        self._cell_offset = 0

    def start(self, name: str, attributes: dict[str, Any]) -> None:
        """Take notice of an element that begins."""
        if name == "text:p":
            return
        if name in _CELLS:
            self._start_cell(attributes)
            self._look_for_merged(name, attributes)
        elif name == "text:s":
            self._count_spaces(attributes.get("text:c", "1"))
        elif name == "table:table-row":
            self._finish_row()
            self._row_repeated = self._read(attributes.get("table:number-rows-repeated"))
            self._row_end += self._row_repeated
        elif name == "table:table":
            if self._in_table:
                raise broken_xml(self._budget.file)
            self._in_table = True
            self._merged.begin_sheet()
            self._rows = self._columns = self._row_end = 0

    def end(self, name: str) -> None:
        """Take notice of an element that ends."""
        if name == "table:table":
            self._finish_row()
            self._in_table = False
            self._budget.spend_sheet(self._rows, self._columns)
        elif name in _CELLS and self._cell_repeated * self._row_repeated > 1:
            size = self.walk.offset - self._cell_offset
            self._budget.spend_text(size * self._cell_repeated * self._row_repeated)

    def _start_cell(self, attributes: dict[str, Any]) -> None:
        repeated = attributes.get("table:number-columns-repeated")
        self._cell_repeated = 1 if repeated is None else self._read(repeated)
        self._column_end += self._cell_repeated
        if not _holds_value(attributes):
            self._cell_repeated = 0
            return
        self._row_columns = self._column_end
        self._cell_offset = self.walk.offset
        if attributes.get("calcext:value-type") == "error":
            self.walk.change_tag(_as_text_cell)

    def _look_for_merged(self, name: str, attributes: dict[str, Any]) -> None:
        if name == _COVERED:
            if self._cell_repeated:
                self._merged.add(MergedCell(self._row_end, self._column_end - 1, is_hidden=True))
        elif attributes.get(_COLUMNS, "1") != "1" or attributes.get(_ROWS, "1") != "1":
            self._merged.add(MergedCell(self._row_end, self._column_end - 1))

    def _count_spaces(self, declared: str) -> None:
        # `text:s` stands for as many spaces as it says, which a few bytes can make billions.
        count = self._read(declared)
        if count > CELL_CHARS_MAX:
            raise broken_xml(self._budget.file)
        self._budget.spend_text(count * max(1, self._cell_repeated * self._row_repeated))

    def _finish_row(self) -> None:
        if self._row_columns:
            self._rows = self._row_end
            self._columns = max(self._columns, self._row_columns)
        self._row_columns = self._column_end = 0

    def _read(self, declared: str | None) -> int:
        if declared is None:
            return 1
        if not _NUMBER.fullmatch(declared):
            raise broken_xml(self._budget.file)
        return int(declared)


def _holds_value(attributes: dict[str, Any]) -> bool:
    # The library keeps a cell, and repeats it, for any of these; all others are but space.
    return any(name.startswith("office:") or name == "table:formula" for name in attributes)


def _as_text_cell(tag: bytes) -> bytes:
    # Without a value of its own the cell is read from the paragraph that people see.
    bare = _VALUE.sub(b"", tag)
    closing = b"/>" if bare.endswith(b"/>") else b">"
    text = b' office:string-value="#ERROR"' if closing == b"/>" else b""
    return bare[: -len(closing)] + b' office:value-type="string"' + text + closing
