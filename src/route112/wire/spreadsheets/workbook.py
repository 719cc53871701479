"""ODS and XLSX to rows of text, through python-calamine once `survey` has measured them."""

import datetime as dt
from typing import Iterator, Sequence

import python_calamine

from route112.wire.spreadsheets.archive import ODS_TYPE, open_archive, pack_archive
from route112.wire.spreadsheets.merged import MergedCell, MergedCells
from route112.wire.spreadsheets.ods_survey import survey_ods
from route112.wire.spreadsheets.refusal import CELL_CHARS_MAX, TableError, refuse, refuse_size
from route112.wire.spreadsheets.survey import CellBudget, broken_xml
from route112.wire.spreadsheets.xlsx_survey import survey_xlsx

Rows = tuple[tuple[str, ...], ...]
_EXACT_INTEGER_MAX = 2**53
"""A float below it holds every whole number exactly."""


def read_workbook(
    content: bytes, *, file: str, is_ods: bool
) -> list[tuple[str, Rows, tuple[MergedCell, ...]]]:
    """
    Read all sheets of cells as (name, rows of text, merged cells), empty leading rows kept.

    Raises: TableError for a file that is damaged, hostile, too large or of another kind.
    """
    members = open_archive(content, file=file)
    _check_kind(members, file=file, is_ods=is_ods)
    budget = CellBudget(file)
    merged = MergedCells(file)
    if is_ods:
        content_xml = members["content.xml"]
        members["content.xml"] = survey_ods(content_xml, budget=budget, merged=merged)
    else:
        members = survey_xlsx(members, budget=budget)
    archive = pack_archive(members, is_ods=is_ods)
    members.clear()
    try:
        with python_calamine.CalamineWorkbook.from_filelike(archive) as workbook:
            return list(_read_sheets(workbook, merged, file))
    except (KeyboardInterrupt, SystemExit, MemoryError, TableError):
        raise
    except BaseException as error:  # a panic of the library is not an Exception
        raise broken_xml(file) from error


def _read_sheets(
    workbook: python_calamine.CalamineWorkbook, merged: MergedCells, file: str
) -> Iterator[tuple[str, Rows, tuple[MergedCell, ...]]]:
    # Several sheets may name one part of the archive, which was measured once: count again.
    budget = CellBudget(file)
    render = _Renderer(file)
    names = [sheet.name for sheet in workbook.sheets_metadata]
    if twice := next((name for at, name in enumerate(names) if name in names[:at]), ""):
        # The library finds sheets by their name, so that it would read the first one twice.
        raise refuse(
            "repeated-sheet",
            "two sheets have the same name",
            "Rename one of the two sheets",
            file=file,
            sheet=twice,
        )
    cells = python_calamine.SheetTypeEnum.WorkSheet  # others are charts and programs
    tables = [described.name for described in workbook.sheets_metadata if described.typ is cells]
    for position, name in enumerate(tables):
        sheet = workbook.get_sheet_by_name(name)
        budget.spend_sheet(sheet.total_height, sheet.total_width)
        rows = sheet.to_python(skip_empty_area=False)
        ranges = sheet.merged_cell_ranges
        if ranges is not None:  # an XLSX; of an ODS the survey knows them
            merged.begin_sheet()
            for first, last in ranges:
                merged.add_range(first, last, rows)
        yield name, render.rows(name, rows), merged.get(position)


def _check_kind(members: dict[str, bytes], *, file: str, is_ods: bool) -> None:
    found_ods = "content.xml" in members and members.get("mimetype", b"").strip() == ODS_TYPE
    found_xlsx = "xl/workbook.xml" in members
    if found_ods if is_ods else found_xlsx:
        if is_ods and b"encryption-data" in members.get("META-INF/manifest.xml", b""):
            raise refuse(
                "protected-workbook",
                "the workbook is protected by a password",
                "Save it without a password",
                file=file,
            )
        return
    kind = "an Excel workbook" if found_xlsx else "an ODS workbook" if found_ods else "a zip file"
    raise not_its_name(kind, file=file)


def not_its_name(kind: str, *, file: str) -> TableError:
    """Build the refusal of a file whose content is of another kind than its extension."""
    extension = "." + file.rpartition(".")[2]
    return refuse(
        "not-what-its-name-says",
        f"the file is not what its name says: it ends in {extension} but is {kind} inside",
        f"Open it in LibreOffice or Excel and save it as {extension}",
        file=file,
    )


class _Renderer:
    """Turns typed cells into text as a person sees them; strings are checked once each."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._known: dict[str, str] = {}

    def rows(self, sheet: str, rows: Sequence[Sequence[object]]) -> Rows:
        known = self._known
        rendered = []
        for index, row in enumerate(rows):
            try:
                rendered.append(
                    tuple([known[cell] if type(cell) is str else _render(cell) for cell in row])
                )
            except KeyError:
                self._learn(sheet, index, row)
                rendered.append(
                    tuple([known[cell] if type(cell) is str else _render(cell) for cell in row])
                )
        return tuple(rendered)

    def _learn(self, sheet: str, index: int, row: Sequence[object]) -> None:
        for cell in row:
            if isinstance(cell, str) and cell not in self._known:
                check_cell(cell, file=self._file, sheet=sheet, row=index + 1)
                self._known[cell] = cell.strip()


def check_cell(text: str, *, file: str, sheet: str, row: int) -> None:
    """Refuse a cell that is too long or holds a NUL character."""
    if len(text) > CELL_CHARS_MAX:
        raise refuse_size(
            f"a cell holds {len(text):,} characters, at most {CELL_CHARS_MAX:,} are read",
            file=file,
            sheet=sheet,
            row=row,
            value=text,
        )
    if "\0" in text:
        raise refuse(
            "nul-character",
            "a cell holds a NUL character, so the file is damaged",
            "Type the cell again, or export the file anew",
            file=file,
            sheet=sheet,
            row=row,
            value=text,
        )


def _render(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        # Spreadsheets keep every number as a float; people see 1004, not 1004.0.
        if cell.is_integer() and abs(cell) <= _EXACT_INTEGER_MAX:
            return str(int(cell))
        return repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.time):
        return cell.isoformat(timespec="minutes")
    return str(cell)
