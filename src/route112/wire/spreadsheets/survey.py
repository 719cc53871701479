"""
What the XML of a workbook declares, measured before anything is allocated for it.

The walk is expat's, which needs no tree: document types are refused outright, so entities
cannot exist. Formula errors are turned into plain text on the way, because the library reads
them as empty cells, or as 0, and a target that says `#N/A` must be named to its author.
"""

import re
from typing import Any, Callable
from xml.parsers import expat

from route112.wire.spreadsheets.refusal import (
    CELLS_MAX,
    COLUMNS_MAX,
    ROWS_MAX,
    SHEETS_MAX,
    refuse,
    refuse_size,
)

_NO_CELL = frozenset({"v", "t", "is", "si", "f", "x:v", "x:t"})
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = ["", *_ALPHABET, *[one + two for one in _ALPHABET for two in _ALPHABET]]
"""Column as an editor shows it, by its number from 1."""
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_XLSX_TYPE = re.compile(rb"""(\st\s*=\s*)(?:"e"|'e')""")
_ODS_VALUE = re.compile(rb"""\s(?:office|calcext):[a-z-]*value[a-z-]*\s*=\s*(?:"[^"]*"|'[^']*')""")


class _Walk:
    """One expat run over one document, with the offsets of error cells."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.errors: list[int] = []
        # The declared encoding is ignored, since the library that reads next takes UTF-8.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _refuse_doctype(self, *_: object) -> None:
        raise refuse(
            "hostile-xml",
            "the workbook contains a document type, which no spreadsheet program writes",
            "Open it in LibreOffice or Excel and save it again",
            file=self.file,
        )

    def run(
        self, xml: bytes, start: Callable[..., None], end: Callable[[str], None] | None
    ) -> None:
        if b"\0" in xml:
            # UTF-16, which expat would detect by itself and the library would read otherwise.
            raise broken_xml(self.file)
        self.parser.StartElementHandler = start
        if end is not None:
            self.parser.EndElementHandler = end
        try:
            self.parser.Parse(xml, True)
        except expat.ExpatError as error:
            raise broken_xml(self.file) from error


def broken_xml(file: str) -> Exception:
    """Build the refusal of a workbook whose XML cannot be read."""
    return refuse(
        "broken-workbook",
        "the workbook's content is damaged",
        "Open it in LibreOffice or Excel and save it again",
        file=file,
    )


class CellBudget:
    """What is left of the cells that one file may have."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.left = CELLS_MAX
        self.sheets = 0

    def spend_sheet(self, rows: int, columns: int) -> None:
        """Count a sheet of so many rows and columns; raises TableError beyond a limit."""
        self.sheets += 1
        if self.sheets > SHEETS_MAX:
            raise refuse_size(f"the workbook has more than {SHEETS_MAX} sheets", file=self.file)
        if rows > ROWS_MAX:
            raise refuse_size(
                f"a sheet has cells down to row {rows:,}, at most {ROWS_MAX:,} rows are read",
                file=self.file,
            )
        if columns > COLUMNS_MAX:
            raise refuse_size(
                f"a sheet has {columns:,} columns, at most {COLUMNS_MAX} are read", file=self.file
            )
        self.left -= rows * columns
        if self.left < 0:
            raise refuse_size(
                f"the file has more than {CELLS_MAX:,} cells, empty ones included", file=self.file
            )


def survey_xlsx_part(xml: bytes, *, budget: CellBudget) -> bytes:
    """
    Measure one XML part of an XLSX and return it with formula errors as text.

    Raises: TableError where cells lie outside the limits or the XML is hostile or broken.
    """
    grid = _XlsxGrid(budget)
    grid.walk.run(xml, grid.start, None)
    if grid.rows:
        budget.spend_sheet(grid.rows, grid.columns)
    return _edit(xml, grid.walk.errors, lambda tag: _XLSX_TYPE.sub(rb'\1"str"', tag))


class _XlsxGrid:
    """Follows the cells of an XLSX part by their references, or by counting where none stand."""

    def __init__(self, budget: CellBudget) -> None:
        self.file = budget.file
        self.walk = _Walk(budget.file)
        self.rows = self.columns = self._row = self._column = 0
        self._row_text = "0"

    def start(self, name: str, attributes: dict[str, Any]) -> None:
        if name in _NO_CELL:
            return
        local = name.rpartition(":")[2]
        if local == "c":
            self._count_cell(attributes.get("r"))
            if attributes.get("t") == "e":
                self.walk.errors.append(self.walk.parser.CurrentByteIndex)
        elif local == "row":
            self._row = _row(attributes.get("r"), self._row, self.file)
            self._row_text = str(self._row)
            self._column = 0
            self.rows = max(self.rows, self._row)

    def _count_cell(self, reference: str | None) -> None:
        column = self._column = self._column + 1
        # Nearly all cells stand right of the one before, and need no taking apart.
        if reference is not None and (
            column > COLUMNS_MAX or reference != _LETTERS[column] + self._row_text
        ):
            row, column = _place(reference, self.file)
            self.rows = max(self.rows, row)
            self._column = column
        self.columns = max(self.columns, column)


def _place(reference: str, file: str) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise broken_xml(file)
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def _row(declared: str | None, previous: int, file: str) -> int:
    if declared is None:
        return previous + 1
    if not re.fullmatch("[1-9][0-9]{0,6}", declared):
        raise broken_xml(file)
    return int(declared)


def survey_ods(xml: bytes, *, budget: CellBudget) -> bytes:
    """
    Measure the `content.xml` of an ODS and return it with formula errors as text.

    Raises: TableError where cells lie outside the limits or the XML is hostile or broken.
    """
    grid = _OdsGrid(budget)
    grid.walk.run(xml, grid.start, grid.end)
    return _edit(xml, grid.walk.errors, _as_text_cell)


class _OdsGrid:
    """Follows rows and cells of an ODS with the repetitions that they declare."""

    def __init__(self, budget: CellBudget) -> None:
        self.budget = budget
        self.walk = _Walk(budget.file)
        self.in_table = False
        self.rows = self.columns = 0
        self.row_end = self.column_end = 0
        self.row_columns = 0

    def start(self, name: str, attributes: dict[str, Any]) -> None:
        if name == "text:p":
            return
        if name in ("table:table-cell", "table:covered-table-cell"):
            repeated = attributes.get("table:number-columns-repeated")
            self.column_end += 1 if repeated is None else self._repeat(repeated)
            # A cell with a type may be read as a value; an untyped one never is.
            if "office:value-type" in attributes or "office:value" in attributes:
                self.row_columns = self.column_end
            if attributes.get("calcext:value-type") == "error":
                self.walk.errors.append(self.walk.parser.CurrentByteIndex)
                self.row_columns = self.column_end
        elif name == "table:table-row":
            self._finish_row()
            repeated = attributes.get("table:number-rows-repeated")
            self.row_end += 1 if repeated is None else self._repeat(repeated)
        elif name == "table:table":
            if self.in_table:
                raise broken_xml(self.budget.file)
            self.in_table = True
            self.rows = self.columns = self.row_end = 0

    def end(self, name: str) -> None:
        if name == "table:table":
            self._finish_row()
            self.in_table = False
            self.budget.spend_sheet(self.rows, self.columns)

    def _finish_row(self) -> None:
        if self.row_columns:
            self.rows = self.row_end
            self.columns = max(self.columns, self.row_columns)
        self.row_columns = self.column_end = 0

    def _repeat(self, declared: str) -> int:
        if not re.fullmatch("[1-9][0-9]{0,8}", declared):
            raise broken_xml(self.budget.file)
        return int(declared)


def _as_text_cell(tag: bytes) -> bytes:
    # Without a value of its own the cell is read from the paragraph that people see.
    bare = _ODS_VALUE.sub(b"", tag)
    closing = b"/>" if bare.endswith(b"/>") else b">"
    text = b' office:string-value="#ERROR"' if closing == b"/>" else b""
    return bare[: -len(closing)] + b' office:value-type="string"' + text + closing


def _edit(xml: bytes, offsets: list[int], change: Callable[[bytes], bytes]) -> bytes:
    parts: list[bytes] = []
    done = 0
    for offset in offsets:
        tag = _TAG.match(xml, offset)
        assert tag is not None, "expat found an element at this offset"
        parts += (xml[done:offset], change(tag[0]))
        done = tag.end()
    return b"".join((*parts, xml[done:])) if parts else xml
