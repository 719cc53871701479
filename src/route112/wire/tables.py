"""A delivered table of any kind to sheets of text."""

from dataclasses import dataclass, replace

from route112.model import Problem, Severity
from route112.wire.problems import make_problem
from route112.wire.spreadsheets.csv_text import read_csv
from route112.wire.spreadsheets.merged import MergedCell
from route112.wire.spreadsheets.refusal import (
    CELL_CHARS_MAX,
    CELLS_MAX,
    COLUMNS_MAX,
    FILE_BYTES_MAX,
    ROWS_MAX,
    SHEETS_MAX,
    UNPACKED_BYTES_MAX,
    TableError,
    refuse,
    refuse_size,
)
from route112.wire.spreadsheets.workbook import Rows, not_its_name, read_workbook
from route112.wire.text import decode_text, repair_accents

__all__ = [
    "CELLS_MAX",
    "CELL_CHARS_MAX",
    "COLUMNS_MAX",
    "EXTENSIONS",
    "FILE_BYTES_MAX",
    "ROWS_MAX",
    "SHEETS_MAX",
    "UNPACKED_BYTES_MAX",
    "Sheet",
    "TableError",
    "read_sheets",
]

EXTENSIONS = ("csv", "txt", "tsv", "ods", "xlsx")
"""Kinds of table that are read, by the end of the file's name."""
_KINDS = (
    (b"PK\x03\x04", "a workbook or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF"),
    (b"<?xml", "XML"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"{\\rtf", "a text document"),
)
"""First bytes of what is delivered under a wrong name."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file, all cells as text without space around."""

    name: str
    """Empty for CSV."""
    rows: Rows
    """Row `i` is row `i + 1` of a spreadsheet program; empty rows are kept."""
    problems: tuple[Problem, ...] = ()
    """Repairs that were made while reading."""
    merged: tuple[MergedCell, ...] = ()
    """Of a workbook: first cells of merged ranges, and values that are hidden under one."""

    def find_text(self, row: int, column: int) -> str:
        """Return the text of a cell, the row from 1 and the column from 0; empty outside."""
        cells = self.rows[row - 1] if 0 < row <= len(self.rows) else ()
        return cells[column] if column < len(cells) else ""


def read_sheets(content: bytes, *, file: str) -> tuple[Sheet, ...]:
    """
    Read a table of a kind that its name tells.

    Raises: TableError, with the problem for its author, when the content is of another kind
    than the name says, is damaged or hostile, or passes a limit.
    """
    if len(content) > FILE_BYTES_MAX:
        raise refuse_size(
            f"the file has {len(content):,} bytes, at most {FILE_BYTES_MAX:,} are read", file=file
        )
    extension = file.rpartition(".")[2].lower()
    if extension in ("ods", "xlsx"):
        if not content.startswith(b"PK\x03\x04"):
            raise not_its_name(_tell_kind(content), file=file)
        sheets = read_workbook(content, file=file, is_ods=extension == "ods")
        return tuple(
            replace(_mend_sheet(name, rows, file), merged=merged) for name, rows, merged in sheets
        )
    if extension in EXTENSIONS:
        return (_read_text(content, file=file),)
    raise refuse(
        "unknown-kind-of-file",
        "the name does not end in .csv, .ods or .xlsx",
        "Save the table as .ods, .xlsx or .csv",
        file=file,
    )


def _tell_kind(content: bytes) -> str:
    start = content[:64].lstrip()
    for magic, kind in _KINDS:
        if start.lower().startswith(magic.lower()):
            return kind
    return "empty" if not content else "not a text" if b"\0" in content[:4096] else "plain text"


def _read_text(content: bytes, *, file: str) -> Sheet:
    kind = _tell_kind(content)
    if kind not in ("empty", "plain text", "not a text"):
        raise not_its_name(kind, file=file)
    decoded = decode_text(content)
    if "\0" in decoded.text:
        raise refuse(
            "nul-character",
            "the file holds NUL characters, so it is damaged or not a table of text",
            "Export the table again as CSV in UTF-8",
            file=file,
        )
    rows = read_csv(decoded.text, file=file)
    if not decoded.repaired:
        return Sheet("", rows)
    return Sheet("", rows, (_describe_mending(decoded.repaired_line, file=file),))


def _mend_sheet(name: str, rows: Rows, file: str) -> Sheet:
    mended: dict[str, str] = {}
    first = 0
    for number, row in enumerate(rows, 1):
        for cell in row:
            if cell not in mended:
                mended[cell] = repair_accents(cell)
                first = first or (number if mended[cell] != cell else 0)
    if not first:
        return Sheet(name, rows)
    better = tuple(tuple([mended[cell] for cell in row]) for row in rows)
    return Sheet(name, better, (_describe_mending(first, file=file, sheet=name),))


def _describe_mending(row: int, **place: str) -> Problem:
    return make_problem(
        Severity.REPAIR,
        "accents-repaired",
        "accented letters were damaged on the way, here first, and have been restored",
        "Export the table again in UTF-8",
        row=row,
        **place,
    )
