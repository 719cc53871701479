"""The table of answering points (`psaps.csv`, `.ods` or `.xlsx`) to `Psap` values."""

import re

from route112.model import Problem, Profile, Psap, Technology
from route112.wire.cells import Refusal, read_long_number
from route112.wire.problems import ProblemList
from route112.wire.tables import Sheet, TableError, read_sheets
from route112.wire.text import DAY_REMEDY, fold, read_day

REQUIRED = (
    "id", "name", "kind", "departement", "primary", "technology", "carrier", "building",
    "capacity", "contact",
)  # fmt: skip
"""Columns that every row fills."""
OPTIONAL = (
    "secondary", "alternative", "secondary_carrier", "contact_confirmed", "alternative_confirmed",
)  # fmt: skip
"""Columns that may be empty, or absent."""
PSAPS_MAX = 10_000
"""Most answering points of a country."""
CAPACITY_CALLS_MAX = 10_000
"""Most calls that one answering point may be presented at once."""
_HEADER_ROWS_MAX = 100


def parse_psaps(
    content: bytes, *, file: str, profile: Profile
) -> tuple[dict[str, Psap], tuple[Problem, ...]]:
    """
    Parse the table of answering points.

    Returns: PSAPs by id, and the problems; no PSAPs if one of them is an error.
    """
    problems = ProblemList(file)
    psaps: dict[str, Psap] = {}
    try:
        sheets = read_sheets(content, file=file)
    except TableError as error:
        problems.add(error.problem)
        return {}, problems.finish()
    found = False
    for sheet in sheets:
        for problem in sheet.problems:
            problems.add(problem)
        header = _find_header(sheet)
        if header is not None:
            found = True
            _read_sheet(sheet, header, profile, psaps, problems)
    if not found:
        problems.error(
            "no-table",
            "no row is the header of a table of answering points",
            f"Put a header above the rows with the columns {', '.join(REQUIRED)}",
        )
    elif not psaps and not problems.has_errors:
        problems.error("no-rows", "the table names no answering point", "Add the rows")
    return ({} if problems.has_errors else psaps), problems.finish()


def _find_header(sheet: Sheet) -> int | None:
    for index, row in enumerate(sheet.rows[:_HEADER_ROWS_MAX]):
        titles = {fold(cell) for cell in row}
        if {"id", "primary"} <= titles:
            return index
    return None


def _read_sheet(
    sheet: Sheet, header: int, profile: Profile, psaps: dict[str, Psap], problems: ProblemList
) -> None:
    titles = [fold(cell).replace(" ", "_") for cell in sheet.rows[header]]
    missing = [name for name in REQUIRED if name not in titles]
    twice = sorted({name for name in (*REQUIRED, *OPTIONAL) if titles.count(name) > 1})
    place: dict[str, str | int] = {"sheet": sheet.name, "row": header + 1}
    if missing:
        words = ", ".join(missing)
        problems.error(
            "missing-column",
            f"the table has no column {words}",
            f"Add the column {words}",
            **place,
        )
    for name in twice:
        problems.error(
            "repeated-column", f"the column {name} is there twice", "Remove one of them", **place
        )
    if missing or twice:
        return
    _check_hidden(sheet, header, titles, problems)
    reader = _RowReader(sheet.name, profile, problems)
    for number, cells in enumerate(sheet.rows[header + 1 :], header + 2):
        if not any(cells):
            continue
        if len(psaps) >= PSAPS_MAX:
            problems.error(
                "too-many-psaps",
                f"the table names more than {PSAPS_MAX:,} answering points",
                "Check that the file is the right one",
                sheet=sheet.name,
                row=number,
            )
            return
        row = dict.fromkeys(OPTIONAL, "") | dict(zip(titles, cells, strict=False))
        psap = reader.read(row, number)
        if psap is None:
            continue
        if psap.id in psaps:
            reader.refuse(
                ("repeated-psap", f"row {psaps[psap.id].row} has the same id",
                 "Give each answering point an id of its own"), "id", psap.id,
            )  # fmt: skip
        psaps.setdefault(psap.id, psap)


def _check_hidden(sheet: Sheet, header: int, titles: list[str], problems: ProblemList) -> None:
    """Refuse the first value that a merged cell hides."""
    hidden = next(
        (cell for cell in sheet.merged if cell.is_hidden and cell.row > header + 1), None
    )
    if hidden:
        problems.error(
            "hidden-value",
            "the cell holds a value that is hidden under a merged cell",
            "Undo the merged cells, and clear what is not meant",
            sheet=sheet.name,
            row=hidden.row,
            column=titles[hidden.column] if hidden.column < len(titles) else "",
        )


class _RowReader:
    """Reads the rows of one sheet, collecting everything that is wrong with each."""

    def __init__(self, sheet: str, profile: Profile, problems: ProblemList) -> None:
        self._sheet = sheet
        self._profile = profile
        self._problems = problems
        self._row = 0
        self._is_good = True

    def refuse(self, words: tuple[str, str, str], column: str, value: str) -> None:
        """Report an error in the row that was read last."""
        self._is_good = False
        self._problems.error(*words, sheet=self._sheet, row=self._row, column=column, value=value)

    def read(self, row: dict[str, str], number: int) -> Psap | None:
        """Read one row; None if anything in it is refused."""
        self._row = number
        self._is_good = True
        for name in REQUIRED:
            if not row.get(name):
                self.refuse(
                    ("missing-value", f"the answering point has no {name}", "Fill in the cell"),
                    name,
                    "",
                )
        departement = self._read_departement(row.get("departement", ""))
        kind = self._read_kind(row.get("kind", ""))
        self._check_id(row.get("id", ""), kind, departement)
        psap = Psap(
            id=row.get("id", ""),
            name=row.get("name", ""),
            kind=kind,
            departement=departement,
            primary=self._read_number(row, "primary"),
            secondary=self._read_number(row, "secondary"),
            alternative=self._read_number(row, "alternative"),
            technology=self._read_technology(row.get("technology", "")),
            carrier=row.get("carrier", ""),
            secondary_carrier=row.get("secondary_carrier", ""),
            building=row.get("building", ""),
            capacity_calls=self._read_capacity(row.get("capacity", "")),
            contact=row.get("contact", ""),
            row=number,
            contact_confirmed=self._read_day(row, "contact_confirmed"),
            alternative_confirmed=self._read_day(row, "alternative_confirmed"),
        )
        return psap if self._is_good else None

    def _read_departement(self, text: str) -> str:
        code = text.upper().removesuffix(".0")
        # Spreadsheets make 1 of 01; the widths of the profile's own codes tell what was meant.
        for candidate in (code, "0" + code):
            if self._profile.find_departement(candidate):
                return candidate
        if text:
            self.refuse(
                ("unknown-departement", "the profile names no such departement",
                 "Correct the code, or add the departement to profile.yaml"),
                "departement", text,
            )  # fmt: skip
        return ""

    def _read_kind(self, text: str) -> str:
        kinds = [kind.name for kind in self._profile.kinds]
        if text and text.upper() not in kinds:
            self.refuse(
                ("unknown-kind", "the profile names no such kind of answering point",
                 f"Write one of {', '.join(kinds)}"), "kind", text,
            )  # fmt: skip
            return ""
        return text.upper()

    def _check_id(self, text: str, kind: str, departement: str) -> None:
        expected = f"{kind}-{departement}"
        if (
            text
            and kind
            and departement
            and not re.fullmatch(re.escape(expected) + "(-[1-9][0-9]{0,2})?", text)
        ):
            self.refuse(
                ("bad-psap-id", f"the id must be {expected}, or {expected}-2 for a second one",
                 "Correct the id, the kind or the departement"), "id", text,
            )  # fmt: skip

    def _read_number(self, row: dict[str, str], column: str) -> str:
        text = row.get(column, "")
        if not text:
            return ""
        reading = read_long_number(text, self._profile)
        note = reading.note
        if isinstance(note, Refusal):
            self.refuse((note.code, note.message, note.remedy), column, text)
        elif note:
            self._problems.repair(
                note.code, note.message, note.remedy,
                sheet=self._sheet, row=self._row, column=column, value=text,
            )  # fmt: skip
        return reading.value

    def _read_day(self, row: dict[str, str], column: str) -> str:
        text = row[column]
        day = read_day(text)
        if text and not day:
            self.refuse(("no-day", "this is no day", DAY_REMEDY), column, text)
        return day

    def _read_technology(self, text: str) -> Technology:
        for technology in Technology:
            if text.lower() == technology:
                return technology
        if text:
            self.refuse(
                ("unknown-technology", "the technology is none of ip, rtc and migration",
                 "Write ip, rtc, or migration for a line that has both"), "technology", text,
            )  # fmt: skip
        return Technology.IP

    def _read_capacity(self, text: str) -> int:
        if re.fullmatch(r"[1-9][0-9]{0,5}(\.0)?", text):
            capacity = int(text.removesuffix(".0"))
            if capacity <= CAPACITY_CALLS_MAX:
                return capacity
        if text:
            self.refuse(
                ("bad-capacity",
                 f"the capacity is not a whole number from 1 to {CAPACITY_CALLS_MAX:,}",
                 "Write how many calls may be presented at once"), "capacity", text,
            )  # fmt: skip
        return 0
