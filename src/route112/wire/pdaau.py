"""
A departement's plan (PDAAU) as delivered, to a `PlanFile`: whole, or refused with reasons.

Long tables have a row per commune and short number, wide ones a column per short number; both
may have title rows above the header, and further sheets that are no tables.
"""

import hashlib
import re

from route112.model import PlanFile, Profile, Territory
from route112.wire.pdaau_table.coverage import check_coverage, list_named_departements
from route112.wire.pdaau_table.headers import Header, find_header
from route112.wire.pdaau_table.keys import KeyTable
from route112.wire.problems import ProblemList
from route112.wire.tables import Sheet, TableError, read_sheets

_DIGITS = re.compile(r"[0-9](?:[\s.\-/]?[0-9]){3}")
"""What every long number has, and nearly every code: four digits in a row."""


def parse_pdaau(content: bytes, *, file: str, profile: Profile, territory: Territory) -> PlanFile:
    """
    Parse one delivered plan file.

    Args: `file`: path relative to the source folder; its name tells kind and departement.
    Returns: rows and the problems found; if any is an error, `refused` and without rows.
    Raises: nothing for bad content.
    """
    problems = ProblemList(file)
    table = KeyTable(profile, territory)
    try:
        sheets = read_sheets(content, file=file)
    except TableError as error:
        problems.add(error.problem)
        sheets = ()
    else:
        _read_tables(sheets, table, profile, problems)
    table.names.finish()
    table.notes.tell(problems)
    communes = list(table.reader.communes)
    departement = check_coverage(
        communes,
        table.first_rows,
        named=list_named_departements(file, profile),
        territory=territory,
        problems=problems,
    )
    if sheets and not table.cells and not problems.has_errors:
        problems.error(
            "no-rows",
            "the table has a header but no row with a commune and a target",
            "Deliver the table with its rows",
        )
    sha256 = hashlib.sha256(content).hexdigest()
    if problems.has_errors:
        return PlanFile(
            file=file, sha256=sha256, departement=departement, problems=problems.finish()
        )
    return PlanFile(
        file=file,
        sha256=sha256,
        departement=departement,
        sheets=tuple(table.sheets),
        communes=tuple(communes),
        short_numbers=tuple(table.reader.numbers),
        routes=tuple(table.reader.routes),
        cells=table.cells,
        problems=problems.finish(),
    )


def _read_tables(
    sheets: tuple[Sheet, ...], table: KeyTable, profile: Profile, problems: ProblemList
) -> None:
    tables = [(sheet, header) for sheet in sheets if (header := find_header(sheet, profile))]
    full = [_holds_anything(sheet, header, table) for sheet, header in tables]
    for sheet in sheets:
        for problem in sheet.problems:
            problems.add(problem)
    for (sheet, header), is_full in zip(tables, full, strict=True):
        if is_full or not any(full):
            table.read_sheet(sheet, header)
        elif any(map(any, sheet.rows[header.row + 1 :])):
            problems.warn(
                "sheet-not-read",
                "the sheet has the header of a plan table, but only words below it",
                "Remove the sheet if it is a description, else fill in codes and numbers",
                sheet=sheet.name,
                row=header.row + 1,
            )
    if not tables:
        problems.error(
            "no-table",
            "no row is the header of a plan table",
            "Put a header above the rows: `insee`, then `numero court` and `numero long`, or a"
            " column for each short number",
        )


def _holds_anything(sheet: Sheet, header: Header, table: KeyTable) -> bool:
    """Tell whether a cell below the header may be a code or a long number, or went wrong."""
    return any(
        _DIGITS.search(cell) or cell.startswith(("#", "Err:")) or table.reader.is_commune(cell)
        for cells in sheet.rows[header.row + 1 :]
        for cell in cells
    )
