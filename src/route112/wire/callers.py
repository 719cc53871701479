"""
Tables of callers whose network tells no commune: where its cells are, and where its lines.

Both tables lie beside the profile of the operator, are read by one reader, and differ in their
columns only. A row that is wrong refuses the table, and every such row is told.

Source: docs/formats/sources.md.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from route112.model import (
    LINE_KINDS,
    OPERATOR_CELLS_MAX,
    OPERATOR_LINES_MAX,
    CallingLine,
    CellTable,
    LineTable,
    Problem,
    Technology,
    Territory,
)
from route112.wire.cells import Repair, find_code_width, read_commune_code
from route112.wire.pdaau_table.synonyms import COLUMNS as PLAN_COLUMNS
from route112.wire.problems import ProblemList
from route112.wire.tables import Sheet, TableError, read_sheets
from route112.wire.text import fold

HEADER_ROWS_MAX = 100
"""Rows above a header."""
WEIGHT_MAX = 1_000_000
"""Highest weight of a commune in a cell."""
WEIGHT_UNITS = 1_000
"""A weight is kept in thousandths."""
_COMMUNE = (*PLAN_COLUMNS["commune"], "commune")
CELL_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "cell": (
        "cell", "cell id", "cell identity", "cellule", "identifiant cellule",
        "identifiant de cellule", "id cellule", "cgi", "ecgi", "ncgi",
    ),
    "commune": _COMMUNE,
    "weight": ("weight", "poids", "ponderation", "part", "share"),
}  # fmt: skip
LINE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "prefix": (
        "prefix", "line", "number", "range", "prefixe", "ligne", "numero", "numero appelant",
        "tranche", "debut de numero",
    ),
    "commune": _COMMUNE,
    "technology": ("technology", "technologie", "raccordement", "acces"),
    "kind": ("kind", "type", "clientele", "usage"),
}  # fmt: skip
"""Headers of each column, folded; the first of them is what the documents call it."""
TECHNOLOGIES = {"rtc": "rtc", "rnis": "rtc", "pstn": "rtc", "isdn": "rtc"} | dict.fromkeys(
    ("ip", "sip", "voip"), "ip"
)
KINDS = {kind: kind for kind in LINE_KINDS} | {
    "residentiel": "residential",
    "particulier": "residential",
    "entreprise": "enterprise",
    "professionnel": "enterprise",
}
CELL_CHARS_MAX = 24
LINE_DIGITS_MAX = 16
_CELL = re.compile(rf"[0-9a-z._:+-]{{1,{CELL_CHARS_MAX}}}")
_LINE = re.compile(rf"(?:\+|00)?([0-9]{{1,{LINE_DIGITS_MAX}}})")
_WHOLE = re.compile(r"([0-9]+)[.,]0+")
_NOISE = re.compile(r"[\s.\-/()\u00a0\u202f]")
_WEIGHT = re.compile(r"([0-9]{1,7}(?:[.,][0-9]{1,12})?)\s*%?")

_Words = tuple[str, str, str]
"""Code, message and remedy of a problem."""


class _Row(NamedTuple):
    """A row with something in it."""

    sheet: str
    number: int
    texts: Mapping[str, str]
    """By column."""


class _RefusedError(Exception):
    """A cell of the table that cannot be taken."""

    def __init__(self, words: _Words, column: str, value: str) -> None:
        super().__init__(words[1])
        self.words, self.column, self.value = words, column, value


def parse_cells(
    content: bytes, *, file: str, territory: Territory
) -> tuple[CellTable, tuple[Problem, ...]]:
    """
    Parse where the cells of an operator are.

    Returns: the table, without cells if a problem is an error, and the problems. Communes that
        were merged are those of today, with their weights together.
    """
    problems = ProblemList(file)
    communes = _Communes(territory, problems, "cell-unknown-commune")
    weights: dict[str, dict[str, int]] = {}
    named: set[tuple[str, str]] = set()

    def take(row: _Row) -> None:
        cell = row.texts["cell"].lower()
        if not _CELL.fullmatch(cell):
            said = "the row names no cell" if not cell else "this cannot be the identity of a cell"
            remedy = f"Write 1 to {CELL_CHARS_MAX} letters, digits and . _ : + -"
            raise _RefusedError(("no-cell", said, remedy), "cell", cell)
        commune = communes.read(row)
        if (cell, row.texts["commune"]) in named:
            remedy = "Give each commune of a cell one row"
            words = ("cell-twice", "a row above names this cell and this commune", remedy)
            raise _RefusedError(words, "cell", cell)
        named.add((cell, row.texts["commune"]))
        if cell not in weights and len(weights) >= OPERATOR_CELLS_MAX:
            raise _RefusedError(_too_many(f"{OPERATOR_CELLS_MAX:,} cells"), "cell", cell)
        own = weights.setdefault(cell, {})
        own[commune] = own.get(commune, 0) + _read_weight(row.texts["weight"])

    _read_table(content, CELL_COLUMNS, ("cell", "commune"), problems, take)
    if problems.has_errors:
        return CellTable(file=file), problems.finish()
    cells = {cell: _rank(own) for cell, own in sorted(weights.items())}
    return CellTable(file=file, cells=cells), problems.finish()


def parse_calling_lines(
    content: bytes, *, file: str, territory: Territory
) -> tuple[LineTable, tuple[Problem, ...]]:
    """
    Parse where the calling lines of an operator are.

    Returns: the table, without lines if a problem is an error, and the problems.
    """
    problems = ProblemList(file)
    communes = _Communes(territory, problems, "line-unknown-commune")
    lines: dict[str, CallingLine] = {}

    def take(row: _Row) -> None:
        prefix = _read_prefix(row.texts["prefix"])
        line = CallingLine(
            communes.read(row),
            Technology(_read_word(row, "technology", TECHNOLOGIES)),
            _read_word(row, "kind", KINDS) if row.texts["kind"] else "",
        )
        if prefix in lines:
            remedy = "Give each line or range one row"
            words = ("line-twice", "a row above names this line or range", remedy)
            raise _RefusedError(words, "prefix", prefix)
        if len(lines) >= OPERATOR_LINES_MAX:
            raise _RefusedError(_too_many(f"{OPERATOR_LINES_MAX:,} lines"), "prefix", prefix)
        lines[prefix] = line

    needed = ("prefix", "commune", "technology")
    _read_table(content, LINE_COLUMNS, needed, problems, take)
    if problems.has_errors:
        return LineTable(file=file), problems.finish()
    return LineTable(file=file, lines=dict(sorted(lines.items()))), problems.finish()


class _Communes:
    """Reads codes of communes, each spelling once; one repair is told for all."""

    def __init__(self, territory: Territory, problems: ProblemList, unknown: str) -> None:
        self._territory = territory
        self._problems = problems
        self._unknown = unknown
        self._width = find_code_width(territory)
        self._known: dict[str, str] = {}
        self._repaired = False

    def read(self, row: _Row) -> str:
        """Return the code of today of a row's commune; raises _RefusedError."""
        text = row.texts["commune"]
        code = self._known.get(text)
        if code is None:
            code = self._known[text] = self._read(text, row)
        return code

    def _read(self, text: str, row: _Row) -> str:
        reading = read_commune_code(text, self._territory, width=self._width)
        note = reading.note
        if isinstance(note, Repair) and not self._repaired:
            self._repaired = True
            self._problems.repair(
                note.code, note.message, note.remedy, sheet=row.sheet, row=row.number, value=text
            )
        if not reading.value:
            assert note is not None, "a reading without a value says why"
            raise _RefusedError((self._unknown, note.message, note.remedy), "commune", text)
        return self._territory.merged.get(reading.value, reading.value)


def _read_table(
    content: bytes,
    columns: Mapping[str, tuple[str, ...]],
    needed: tuple[str, ...],
    problems: ProblemList,
    take: Callable[[_Row], None],
) -> None:
    """Give each row of each table of a file to `take`, and keep what it refuses."""
    try:
        sheets = read_sheets(content, file=problems.file)
    except TableError as error:
        problems.add(error.problem)
        return
    tables = [
        (sheet, index, places)
        for sheet in sheets
        for index, places in _find_header(sheet, columns, needed)
    ]
    for sheet in sheets:
        for problem in sheet.problems:
            problems.add(problem)
    if not tables:
        problems.error(
            "no-table",
            f"no row is a header with the columns {', '.join(needed)}",
            "Put one above the rows",
        )
    count = 0
    for sheet, header, places in tables:
        for row in _list_rows(sheet, header, places, columns):
            count += 1
            try:
                take(row)
            except _RefusedError as refused:
                problems.error(
                    *refused.words,
                    sheet=row.sheet,
                    row=row.number,
                    column=refused.column,
                    value=refused.value,
                )
                if refused.words[0] == "too-many-callers":
                    return
    if tables and not count:
        problems.error("no-rows", "there is a header and nothing under it", "Add the rows")


def _find_header(
    sheet: Sheet, columns: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, int]]]:
    """Yield the first row that has every needed column, and the places of all columns."""
    for index, row in enumerate(sheet.rows[:HEADER_ROWS_MAX]):
        titles = [fold(cell).replace("_", " ") for cell in row]
        places = {
            name: place
            for name, words in columns.items()
            for place, title in reversed([*enumerate(titles)])
            if title in words
        }
        if set(needed) <= set(places):
            yield index, places
            return


def _list_rows(
    sheet: Sheet, header: int, places: dict[str, int], columns: Mapping[str, tuple[str, ...]]
) -> Iterator[_Row]:
    for number, cells in enumerate(sheet.rows[header + 1 :], header + 2):
        if any(cells):
            texts = {
                name: cells[place] if (place := places.get(name, -1)) in range(len(cells)) else ""
                for name in columns
            }
            yield _Row(sheet.name, number, texts)


def _rank(weights: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Put the heaviest commune first, of equal ones the lower code."""
    return tuple(sorted(weights.items(), key=lambda item: (-item[1], item[0])))


def _read_weight(text: str) -> int:
    if not text:
        return WEIGHT_UNITS
    found = _WEIGHT.fullmatch(text)
    weight = round(float(found[1].replace(",", ".")) * WEIGHT_UNITS) if found else 0
    if not 0 < weight <= WEIGHT_MAX * WEIGHT_UNITS:
        remedy = f"Write a number above 0, at most {WEIGHT_MAX:,}"
        raise _RefusedError(("bad-weight", "this is no weight", remedy), "weight", text)
    return weight


def _read_prefix(text: str) -> str:
    """Return the digits that a line begins with, a `+` or `00` in front left out."""
    whole = _WHOLE.fullmatch(text)
    found = _LINE.fullmatch(whole[1] if whole else _NOISE.sub("", text))
    if found is None:
        said = "this is no number and no beginning of one" if text else "the row names no line"
        remedy = f"Write the digits that it begins with, 1 to {LINE_DIGITS_MAX} of them"
        raise _RefusedError(("no-line", said, remedy), "prefix", text)
    return found[1]


def _read_word(row: _Row, column: str, words: Mapping[str, str]) -> str:
    text = row.texts[column]
    found = words.get(fold(text))
    if found is None:
        remedy = f"Write {' or '.join(sorted(set(words.values())))}"
        raise _RefusedError(
            ("unknown-word", f"this is no {column} of a line", remedy), column, text
        )
    return found


def _too_many(what: str) -> _Words:
    return (
        "too-many-callers",
        f"the table has more than {what}",
        "Write ranges of lines instead of single ones, or cells that are in use only",
    )
