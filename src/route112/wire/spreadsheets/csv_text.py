"""Delimited text to rows, whatever the separator."""

import csv
import io
import re
from collections import Counter
from typing import Iterator

from route112.wire.spreadsheets.refusal import (
    CELL_CHARS_MAX,
    CELLS_MAX,
    COLUMNS_MAX,
    ROWS_MAX,
    refuse,
    refuse_size,
)
from route112.wire.spreadsheets.workbook import Rows, check_cell

SEPARATORS = (";", ",", "\t", "|")
"""In the order in which they are preferred when a file fits several."""
LAST_SEPARATOR = ":"
"""Taken where no other one cuts rows, since hours and lists of streets hold it too."""
SAMPLE_ROWS_MAX = 200
"""Rows from which the separator is told."""
LINE_CHARS_MAX = COLUMNS_MAX * CELL_CHARS_MAX
"""Longest line that could still be within the limits."""
_BRACKETS = re.compile(r"\([^()\r\n]*\)")


def read_csv(text: str, *, file: str) -> Rows:
    """
    Split delimited text into rows; row `i` is row `i + 1` of a spreadsheet that opens it.

    Raises: TableError for unbalanced quotation marks and beyond a limit.
    """
    rows: list[tuple[str, ...]] = []
    cells = 0
    known: dict[str, str] = {}
    separator = find_separator(text)
    try:
        for row in csv.reader(_lines(text, file), delimiter=separator, strict=True):
            cells += _check_row(row, len(rows) + 1, file=file)
            if len(rows) >= ROWS_MAX or cells > CELLS_MAX:
                raise refuse_size(
                    f"the file has more than {ROWS_MAX:,} rows or {CELLS_MAX:,} cells", file=file
                )
            for cell in row:
                if cell not in known:
                    check_cell(cell, file=file, sheet="", row=len(rows) + 1)
                    known[cell] = cell.strip()
            rows.append(tuple([known[cell] for cell in row]))
    except csv.Error as error:
        raise refuse(
            "broken-quotes",
            "a quotation mark opens here or just below and is not closed as it should be",
            "Write quotation marks around the whole cell, and double those inside it",
            file=file,
            row=len(rows) + 1,
        ) from error
    return tuple(rows)


def _check_row(row: list[str], number: int, *, file: str) -> int:
    if len(row) > COLUMNS_MAX:
        raise refuse_size(
            f"the row has {len(row):,} columns, at most {COLUMNS_MAX} are read",
            file=file,
            row=number,
        )
    return len(row)


def _lines(text: str, file: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > LINE_CHARS_MAX:
            raise refuse_size(
                f"a line holds {len(line):,} characters, at most {LINE_CHARS_MAX:,} are read",
                file=file,
                row=number,
            )
        yield line


def find_separator(text: str) -> str:
    """
    Tell the separator of delimited text.

    A first line `sep=;`, as Excel writes it, decides. Otherwise the separator wins that cuts
    most rows into the same number of cells, and among equals the one that makes most cells.
    """
    first = text[:16].splitlines()[:1]
    if first and first[0].lower().startswith("sep=") and len(first[0]) == len("sep=;"):
        return first[0][-1]
    # What stands in brackets is part of a cell: a polygon has as many commas as corners.
    sample = _BRACKETS.sub("", text[: SAMPLE_ROWS_MAX * CELL_CHARS_MAX])
    best = max(SEPARATORS, key=lambda separator: _fit(sample, separator))
    if not _fit(sample, best) and _fit(sample, LAST_SEPARATOR):
        return LAST_SEPARATOR
    return best


def _fit(sample: str, separator: str) -> int:
    widths: Counter[int] = Counter()
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
            if any(row):
                widths[len(row)] += 1
            if widths.total() >= SAMPLE_ROWS_MAX:
                break
    except csv.Error:
        return 0
    if not widths:
        return 0
    width, rows = widths.most_common(1)[0]
    return rows * min(width - 1, COLUMNS_MAX)
