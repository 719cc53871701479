"""
Rows to keys: commune, short number, hours and area, each with one route, or a conflict.

This is the loop that sees all 455,182 keys of a country, so it does no work per cell that a
dictionary can answer.
"""

from array import array
from dataclasses import dataclass

from route112.model import Profile, Severity, Territory
from route112.wire.pdaau_table.headers import Header
from route112.wire.pdaau_table.occurrences import Occurrences, Place, make_note
from route112.wire.pdaau_table.synonyms import (
    AREA,
    COMMUNE,
    DEPARTEMENT,
    HOURS,
    NUMBER,
    SECONDARY,
    TARGET,
    THIRD,
)
from route112.wire.pdaau_table.targets import REFUSED, CellReader
from route112.wire.tables import Sheet

_ABSENT = -1
_NUMBERS_STRIDE = 1_000
_VARIANTS_STRIDE = 1_000_000


@dataclass(frozen=True, slots=True)
class FirstRow:
    """The first row that names a commune of today."""

    sheet: str
    row: int
    column: str
    code: str
    """As the row names it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One row being read: where it is, and the parts that all its targets share."""

    header: Header
    sheet: str
    sheet_index: int
    row: int
    cells: tuple[str, ...]

    def place(self, column: int) -> Place:
        return Place(self.sheet, self.row, self.header.get_title(column))


class KeyTable:
    """The keys of one file, filled sheet by sheet."""

    def __init__(self, profile: Profile, territory: Territory) -> None:
        self.notes = Occurrences()
        self.reader = CellReader(profile, territory, self.notes)
        self.cells = array("I")
        self.sheets: list[str] = []
        self.first_rows: list[FirstRow] = []
        self._territory = territory
        self._seen: dict[int, tuple[int, int, int, str]] = {}
        self._memo: dict[tuple[str, str, str, int], int] = {}
        self._departements = {dep.code for dep in profile.departements}

    def read_sheet(self, sheet: Sheet, header: Header) -> None:
        """Read all rows below the header."""
        self.sheets.append(sheet.name)
        self.reader.begin_sheet()
        roles = header.columns
        width = len(header.titles)
        get = roles.get
        shared = (get(COMMUNE, _ABSENT), get(HOURS, _ABSENT), get(AREA, _ABSENT))
        title = header.titles[shared[0]]
        columns = self._list_columns(header)
        for row, cells in enumerate(sheet.rows[header.row + 1 :], header.row + 2):
            if not any(cells) or self.notes.is_full:
                continue
            padded = cells if len(cells) >= width else cells + ("",) * (width - len(cells))
            if padded[shared[0]] == title:
                continue  # the header again, at the top of a page
            line = _Line(header, sheet.name, len(self.sheets) - 1, row, padded)
            if header.is_wide:
                self._read_wide(line, columns, shared)
            else:
                self._read_long(line, shared)

    def _list_columns(self, header: Header) -> list[tuple[int, tuple[int, int, int]]]:
        numbers = self.reader.numbers
        return [
            (numbers.setdefault(number, len(numbers)), places)
            for number, places in header.numbers.items()
        ]

    def _read_shared(self, line: _Line, shared: tuple[int, int, int]) -> tuple[int, str, int]:
        """Read what all targets of a row share: commune index, its code, and the variant."""
        code_column, hours_column, area_column = shared
        text = line.cells[code_column]
        known = self.reader.known_communes.get(text)
        commune, code = known or self.reader.read_commune(text, line.place(code_column))
        variant = 0
        hours = line.cells[hours_column] if hours_column >= 0 else ""
        area = line.cells[area_column] if area_column >= 0 else ""
        if hours or area:
            places = (line.place(hours_column), line.place(area_column))
            variant = self.reader.read_variant(hours, area, places)
        if commune == len(self.first_rows):
            title = line.header.get_title(code_column)
            self.first_rows.append(FirstRow(line.sheet, line.row, title, code))
        if commune >= 0 and DEPARTEMENT in line.header.columns:
            self._check_departement(line, code)
        return commune, code, variant

    def _read_wide(
        self,
        line: _Line,
        columns: list[tuple[int, tuple[int, int, int]]],
        shared: tuple[int, int, int],
    ) -> None:
        cells = line.cells
        if not any(cells[place] for _, places in columns for place in places if place >= 0):
            return self._note_empty(line, shared[0])
        commune, code, variant = self._read_shared(line, shared)
        memo = self._memo
        for number, (first, second, third) in columns:
            texts = (
                cells[first] if first >= 0 else "",
                cells[second] if second >= 0 else "",
                cells[third] if third >= 0 else "",
                variant,
            )
            route = memo.get(texts, REFUSED)
            if route == REFUSED:
                if texts[:3] == ("", "", ""):
                    continue
                route = self._read_targets(line, texts, (first, second, third))
            if route >= 0 and commune >= 0:
                self._put(line, (commune, number, variant, route), code)
        return None

    def _note_empty(self, line: _Line, column: int) -> None:
        """Warn of a commune without a target; leave footnotes and totals alone."""
        code = line.cells[column]
        if code in self._territory.communes or code in self._territory.merged:
            self.notes.add(
                make_note(
                    Severity.WARNING,
                    "row-without-target",
                    "the row names a commune but no target",
                    "Fill in the targets, or remove the row",
                    value=code,
                ),
                line.place(column),
                once=(line.sheet,),
            )

    def _read_long(self, line: _Line, shared: tuple[int, int, int]) -> None:
        roles, cells = line.header.columns, line.cells
        places = (roles[TARGET], roles.get(SECONDARY, _ABSENT), roles.get(THIRD, _ABSENT))
        number_text = cells[roles[NUMBER]]
        targets = tuple([cells[place] if place >= 0 else "" for place in places])
        if not number_text and not any(targets):
            return self._note_empty(line, shared[0])
        commune, code, variant = self._read_shared(line, shared)
        number = self.reader.known_numbers.get(number_text, REFUSED)
        if number == REFUSED:
            number = self.reader.read_number(number_text, line.place(roles[NUMBER]))
        texts = (targets[0], targets[1], targets[2], variant)
        route = self._memo.get(texts, REFUSED)
        if route == REFUSED:
            route = self._read_targets(line, texts, places)
        if route >= 0 and commune >= 0 and number >= 0:
            self._put(line, (commune, number, variant, route), code)
        return None

    def _read_targets(
        self, line: _Line, texts: tuple[str, str, str, int], columns: tuple[int, ...]
    ) -> int:
        """Read up to three target cells into a route; REFUSED if one is bad or the first empty."""
        if not texts[0]:
            self.notes.add(
                make_note(
                    Severity.ERROR,
                    "no-target",
                    "the row has a short number or a second target but no first target",
                    "Fill in the target, or remove the row",
                ),
                line.place(columns[0] if columns[0] >= 0 else columns[1]),
            )
            return REFUSED
        targets: list[str] = []
        for text, column in zip(texts[:3], columns, strict=True):
            if text:
                number = self.reader.read_target(text, line.place(column))
                if number not in targets:
                    targets.append(number)
        if "" in targets or texts[3] == REFUSED:
            return REFUSED
        route = self.reader.find_route(tuple(targets), texts[3])
        self._memo[texts] = route
        return route

    def _put(self, line: _Line, key: tuple[int, int, int, int], code: str) -> None:
        commune, number, variant, route = key
        slot = (variant * _VARIANTS_STRIDE + commune) * _NUMBERS_STRIDE + number
        seen = self._seen
        known = seen.get(slot)
        if known is None:
            seen[slot] = (route, line.row, line.sheet_index, code)
            self.cells.extend((commune, number, route, line.sheet_index, line.row))
        elif known[0] != route:
            self._note_conflict(line, key, known, code)
        elif known[3] == code:
            self._note_repetition(line, known)

    def _note_conflict(
        self,
        line: _Line,
        key: tuple[int, int, int, int],
        known: tuple[int, int, int, str],
        code: str,
    ) -> None:
        commune, number, _, route = key
        first = self.first_rows[commune].code
        today = first if first in self._territory.communes else self._territory.merged[first]
        short = list(self.reader.numbers)[number]
        header = line.header
        column = header.numbers[short][0] if header.is_wide else header.columns[TARGET]
        other = self._name_row(line, known)
        targets = [", then ".join(self.reader.routes[r].targets) for r in (known[0], route)]
        formerly, remedy = "", "Keep the right one of the two rows"
        if (known[3], code) != (today, today):
            formerly = f" (codes {known[3]} and {code}, merged since)"
            remedy = f"Write one row for {today}, with the target that today's commune shall have"
        self.notes.add(
            make_note(
                Severity.ERROR,
                "conflict",
                f"{other} sends {short} of commune {today} to {targets[0]}"
                f" and row {line.row} to {targets[1]}{formerly}",
                remedy,
                value=line.cells[column],
            ),
            line.place(column),
            once=(today, short),
        )

    def _name_row(self, line: _Line, known: tuple[int, int, int, str]) -> str:
        sheet = self.sheets[known[2]]
        return f"row {known[1]}" + (f" of sheet {sheet}" if sheet != line.sheet else "")

    def _note_repetition(self, line: _Line, known: tuple[int, int, int, str]) -> None:
        self.notes.add(
            make_note(
                Severity.WARNING,
                "repeated-row",
                f"the row says the same as {self._name_row(line, known)}",
                "Remove one of the two rows",
                value=known[3],
            ),
            line.place(line.header.columns[COMMUNE]),
            once=(),
        )

    def _check_departement(self, line: _Line, code: str) -> None:
        column = line.header.columns[DEPARTEMENT]
        text = line.cells[column].upper().removesuffix(".0")
        today = self._territory.merged.get(code, code)
        actual = self._territory.communes[today].departement
        named = text if text in self._departements else text.rjust(len(actual), "0")
        if text and named in self._departements and named != actual:
            self.notes.add(
                make_note(
                    Severity.ERROR,
                    "departement-mismatch",
                    f"the row says departement {named}, but commune {code} lies in {actual}",
                    "Correct the commune's code or the departement",
                    value=line.cells[column],
                ),
                line.place(column),
            )
