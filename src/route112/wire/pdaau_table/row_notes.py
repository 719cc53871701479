"""What is said of rows and headers that cannot be taken, or look odd."""

from route112.model import PlanRoute, Profile, Severity, Territory
from route112.wire.pdaau_table.headers import Header
from route112.wire.pdaau_table.line import Line
from route112.wire.pdaau_table.occurrences import Occurrences, Place, make_note
from route112.wire.pdaau_table.synonyms import COMMUNE, DEPARTEMENT, TARGET
from route112.wire.tables import Sheet

_ONE_TABLE = "Put the tables on sheets of their own, each with one header"


class RowNotes:
    """Notes on the rows of one file."""

    def __init__(self, profile: Profile, territory: Territory, notes: Occurrences) -> None:
        self._territory = territory
        self._notes = notes
        self._departements = {departement.code for departement in profile.departements}

    def check_header(self, header: Header, sheet: str) -> None:
        """Refuse a header with two columns of one meaning, or of two tables."""
        for first, other in header.repeated:
            names = [f"{header.get_title(at)!r} (column {at + 1})" for at in (first, other)]
            self._refuse(
                "repeated-column",
                f"two columns of the table have the same meaning: {names[0]} and {names[1]}",
                "Rename or remove one of the two columns",
                Place(sheet, header.row + 1, header.get_title(other)),
            )
        if header.beside >= 0 and not header.repeated:
            self._refuse(
                "tables-side-by-side",
                f"column {header.beside + 1} begins a second table beside the first",
                _ONE_TABLE,
                Place(sheet, header.row + 1, header.get_title(header.beside)),
            )

    def refuse_tables(self, header: Header, sheet: str, most: int) -> None:
        """Refuse a sheet that has more headers than anybody writes."""
        self._refuse(
            "too-many-tables",
            f"the sheet has more than {most} tables with different headers",
            _ONE_TABLE,
            Place(sheet, header.row + 1, header.get_title(header.columns[COMMUNE])),
        )

    def check_merged(self, header: Header, sheet: Sheet) -> None:
        """Refuse values hidden under merged cells of a table, and warn of merged cells."""
        for cell in sheet.merged:
            if cell.row <= header.row + 1:
                continue  # titles are merged as people like
            place = Place(sheet.name, cell.row, header.get_title(cell.column))
            hidden = sheet.find_text(cell.row, cell.column) if cell.is_hidden else ""
            if hidden:
                self._refuse(
                    "hidden-value",
                    "the cell holds a value that is hidden under a merged cell",
                    "Undo the merged cells, and clear what is not meant",
                    place,
                    value=hidden,
                )
            if cell.is_hidden:
                continue
            self._notes.add(
                make_note(
                    Severity.WARNING,
                    "merged-cells",
                    "cells of the table are merged, of which only the first has the value",
                    "Undo merged cells, and repeat the value in each of them",
                ),
                place,
                once=(sheet.name,),
            )

    def refuse_header(self, line: Line) -> None:
        """Refuse a row that names the column of communes again, but heads no table."""
        self._refuse(
            "unread-header",
            f"the row looks like a header, but not like the one in row {line.header.row + 1},"
            " and its columns are not understood",
            _ONE_TABLE,
            line.place(line.header.columns[COMMUNE]),
        )

    def refuse_empty_target(self, line: Line, column: int) -> None:
        """Refuse a row with a short number or a second target only."""
        self._refuse(
            "no-target",
            "the row has a short number or a second target but no first target",
            "Fill in the target, or remove the row",
            line.place(column),
        )

    def warn_of_empty_row(self, line: Line, column: int) -> None:
        """Warn of a commune without a target."""
        self._notes.add(
            make_note(
                Severity.WARNING,
                "row-without-target",
                "the row names a commune but no target",
                "Fill in the targets, or remove the row",
                value=line.cells[column],
            ),
            line.place(column),
            once=(line.sheet,),
        )

    def warn_of_repetition(self, line: Line, other: str, code: str) -> None:
        """Warn of a row that says the same as an earlier one."""
        self._notes.add(
            make_note(
                Severity.WARNING,
                "repeated-row",
                f"the row says the same as {other}",
                "Remove one of the two rows",
                value=code,
            ),
            line.place(line.header.columns[COMMUNE]),
            once=(),
        )

    def refuse_conflict(
        self,
        line: Line,
        other: str,
        *,
        short: str,
        codes: tuple[str, str],
        routes: tuple[PlanRoute, PlanRoute],
    ) -> None:
        """Refuse a row that sends a key elsewhere than an earlier row; `codes` as in the rows."""
        today = self._territory.merged.get(codes[0], codes[0])
        header = line.header
        column = header.numbers[short][0] if header.is_wide else header.columns[TARGET]
        targets = [", then ".join(route.targets) for route in routes]
        formerly, remedy = "", "Keep the right one of the two rows"
        if codes != (today, today):
            formerly = f" (codes {codes[0]} and {codes[1]}, merged since)"
            remedy = f"Write one row for {today}, with the target that today's commune shall have"
        self._refuse(
            "conflict",
            f"{other} sends {short} of commune {today} to {targets[0]}"
            f" and row {line.row} to {targets[1]}{formerly}",
            remedy,
            line.place(column),
            value=line.cells[column],
            once=(today, short),
        )

    def check_departement(self, line: Line, code: str) -> None:
        """Refuse a row whose departement is not that of its commune."""
        column = line.header.columns[DEPARTEMENT]
        text = line.cells[column].upper().removesuffix(".0")
        today = self._territory.merged.get(code, code)
        actual = self._territory.communes[today].departement
        named = text if text in self._departements else text.rjust(len(actual), "0")
        if text and named in self._departements and named != actual:
            self._refuse(
                "departement-mismatch",
                f"the row says departement {named}, but commune {code} lies in {actual}",
                "Correct the commune's code or the departement",
                line.place(column),
                value=line.cells[column],
            )

    def _refuse(
        self,
        code: str,
        message: str,
        remedy: str,
        place: Place,
        *,
        value: str = "",
        once: tuple[str, ...] | None = None,
    ) -> None:
        note = make_note(Severity.ERROR, code, message, remedy, value=value)
        self._notes.add(note, place, once=once)
