"""The XML parts of an XLSX: cells by their references, and strings by how often they are used."""

import re
from array import array
from typing import Any

from route112.wire.spreadsheets.refusal import CELLS_MAX, COLUMNS_MAX
from route112.wire.spreadsheets.survey import CellBudget, Walk, broken_xml

_NO_CELL = frozenset({"v", "t", "is", "f", "x:v", "x:t", "x:is", "x:f"})
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = ["", *_ALPHABET, *[one + two for one in _ALPHABET for two in _ALPHABET]]
"""Column as an editor shows it, by its number from 1."""
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_ROW = re.compile("[1-9][0-9]{0,6}")
_COUNT = re.compile("[0-9]{1,9}")
_ERROR_TYPE = re.compile(rb"""(\st\s*=\s*)(?:"e"|'e')""")
_SHARED_CELL = re.compile(
    rb"""<(?:\w+:)?c(?=\s)[^>]*?\st\s*=\s*["']s["'][^>]*?"""
    rb"""(?:/>|>\s*(?:<(?:\w+:)?v(?:\s[^>]*)?>([0-9]{1,9})</(?:\w+:)?v\s*>\s*)?</(?:\w+:)?c\s*>)"""
)
"""A cell that holds an index into the shared strings, or nothing."""


def survey_xlsx(members: dict[str, bytes], *, budget: CellBudget) -> dict[str, bytes]:
    """
    Measure all XML parts of an XLSX and return them as the library reads them rightly.

    Raises: TableError where cells lie outside the limits or the XML is hostile or broken.
    """
    strings = array("L")
    parts: dict[str, bytes] = {}
    shared: dict[str, int] = {}
    for name, xml in members.items():
        if name.endswith((".xml", ".rels")):
            part = _Part(budget, strings)
            parts[name] = part.walk.run(xml, part.start)
            part.finish(len(xml))
            shared[name] = part.shared_cells
    for name, cells in shared.items():
        if cells:
            _check_shared(parts[name], cells, strings, budget)
    return parts


def _check_shared(xml: bytes, cells: int, strings: "array[int]", budget: CellBudget) -> None:
    # The library takes what is no index for 0, and copies a string into each cell that names it.
    indexes = _SHARED_CELL.findall(xml)
    if len(indexes) != cells:
        raise broken_xml(budget.file)
    try:
        budget.spend_text(sum([strings[int(index)] for index in indexes if index]))
    except IndexError as error:
        raise broken_xml(budget.file) from error


class _Part:
    """Where in one part the walk stands, and how far its cells reach."""

    def __init__(self, budget: CellBudget, strings: "array[int]") -> None:
        self.walk = Walk(budget.file)
        self.shared_cells = 0
        self._budget = budget
        self._strings = strings
        self._string_offset = -1
        self._rows = self._columns = self._row = self._column = 0
        self._row_text = "0"

    def start(self, name: str, attributes: dict[str, Any]) -> None:
        """Take notice of an element that begins."""
        if name in _NO_CELL:
            return
        local = name.rpartition(":")[2]
        if local == "c":
            self._count_cell(attributes.get("r"))
            kind = attributes.get("t")
            if kind == "s":
                self.shared_cells += 1
            elif kind == "e":
                self.walk.change_tag(lambda tag: _ERROR_TYPE.sub(rb'\1"str"', tag))
        elif local == "row":
            self._start_row(attributes.get("r"))
        elif local == "si":
            self._finish_string(self.walk.offset)
            self._string_offset = self.walk.offset
        else:
            self._check_counts(attributes)

    def finish(self, size: int) -> None:
        """Spend what the part needs; `size` is its length in bytes."""
        self._finish_string(size)
        if self._rows:
            self._budget.spend_sheet(self._rows, self._columns)

    def _finish_string(self, offset: int) -> None:
        # From one string to the next: never less than its text.
        if self._string_offset >= 0:
            self._strings.append(offset - self._string_offset)

    def _count_cell(self, reference: str | None) -> None:
        column = self._column = self._column + 1
        # Nearly all cells stand right of the one before, and need no taking apart.
        if reference is not None and (
            column > COLUMNS_MAX or reference != _LETTERS[column] + self._row_text
        ):
            row, column = self._read_reference(reference)
            self._rows = max(self._rows, row)
            self._column = column
        self._columns = max(self._columns, column)

    def _read_reference(self, reference: str) -> tuple[int, int]:
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise broken_xml(self._budget.file)
        column = 0
        for letter in match[1].upper():
            column = column * 26 + ord(letter) - 64
        return int(match[2]), column

    def _start_row(self, declared: str | None) -> None:
        if declared is None:
            self._row += 1
        elif _ROW.fullmatch(declared):
            self._row = int(declared)
        else:
            raise broken_xml(self._budget.file)
        self._row_text = str(self._row)
        self._column = 0
        self._rows = max(self._rows, self._row)

    def _check_counts(self, attributes: dict[str, Any]) -> None:
        # The library makes room for as many strings or styles as a list says that it has.
        for name in ("count", "uniqueCount"):
            count = attributes.get(name, "0")
            if not _COUNT.fullmatch(count) or int(count) > CELLS_MAX:
                raise broken_xml(self._budget.file)
