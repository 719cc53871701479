"""
Rows of a table about callers, and the communes in them.

A row that is wrong refuses the table, and every such row is told.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from route112.model import Territory
from route112.wire.cells import Repair, find_code_width, read_commune_code
from route112.wire.pdaau_table.synonyms import COLUMNS as PLAN_COLUMNS
from route112.wire.problems import ProblemList
from route112.wire.tables import Sheet, TableError, read_sheets
from route112.wire.text import fold

HEADER_ROWS_MAX = 100
"""Rows above a header."""
COMMUNE_HEADERS = (*PLAN_COLUMNS["commune"], "commune")

Words = tuple[str, str, str]
"""Code, message and remedy of a problem."""


class Row(NamedTuple):
    """A row with something in it."""

    sheet: str
    number: int
    texts: Mapping[str, str]
    """By column."""


class RefusedRowError(Exception):
    """A cell of the table that cannot be taken."""

    def __init__(self, words: Words, column: str, value: str) -> None:
        super().__init__(words[1])
        self.words, self.column, self.value = words, column, value


class Communes:
    """Reads codes of communes, each spelling once; one repair is told for all."""

    def __init__(self, territory: Territory, problems: ProblemList, unknown: str) -> None:
        self._territory = territory
        self._problems = problems
        self._unknown = unknown
        self._width = find_code_width(territory)
        self._known: dict[str, str] = {}
        self._repaired = False

    def read(self, row: Row) -> str:
        """Return the code of today of a row's commune; raises RefusedRowError."""
        text = row.texts["commune"]
        code = self._known.get(text)
        if code is None:
            code = self._known[text] = self._read(text, row)
        return code

    def _read(self, text: str, row: Row) -> str:
        reading = read_commune_code(text, self._territory, width=self._width)
        note = reading.note
        if isinstance(note, Repair) and not self._repaired:
            self._repaired = True
            self._problems.repair(
                note.code, note.message, note.remedy, sheet=row.sheet, row=row.number, value=text
            )
        if not reading.value:
            assert note is not None, "a reading without a value says why"
            raise RefusedRowError((self._unknown, note.message, note.remedy), "commune", text)
        return self._territory.merged.get(reading.value, reading.value)


def read_table(
    content: bytes,
    columns: Mapping[str, tuple[str, ...]],
    needed: tuple[str, ...],
    problems: ProblemList,
    take: Callable[[Row], None],
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
            except RefusedRowError as refused:
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
) -> Iterator[Row]:
    for number, cells in enumerate(sheet.rows[header + 1 :], header + 2):
        if any(cells):
            texts = {
                name: cells[place] if (place := places.get(name, -1)) in range(len(cells)) else ""
                for name in columns
            }
            yield Row(sheet.name, number, texts)


def too_many(what: str) -> Words:
    """Say that a table is too long."""
    return (
        "too-many-callers",
        f"the table has more than {what}",
        "Write ranges of lines instead of single ones, or cells that are in use only",
    )
