"""
Rows to keys: commune, short number, hours and area, each with one route, or a conflict.

This is the loop that sees all 455,182 keys of a country, so it does no work per cell that a
dictionary can answer.
"""

from array import array
from dataclasses import dataclass

from route112.model import Profile, Territory
from route112.wire.pdaau_table.headers import Header, names_commune_column, read_header
from route112.wire.pdaau_table.line import Line
from route112.wire.pdaau_table.names import NameCheck
from route112.wire.pdaau_table.occurrences import Occurrences
from route112.wire.pdaau_table.row_notes import RowNotes
from route112.wire.pdaau_table.synonyms import (
    AREA,
    COMMUNE,
    DEPARTEMENT,
    HOURS,
    NAME,
    NOTHING,
    NUMBER,
    SECONDARY,
    TARGET,
    THIRD,
)
from route112.wire.pdaau_table.targets import REFUSED, CellReader
from route112.wire.pdaau_table.unread import UnreadColumns
from route112.wire.tables import Sheet
from route112.wire.text import fold

TABLES_MAX = 100
"""Most tables with a header of their own on one sheet."""
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
        self._profile = profile
        self.names = NameCheck(territory, self.notes)
        self._rows = RowNotes(profile, territory, self.notes)

    def read_sheet(self, sheet: Sheet, header: Header) -> None:
        """Read all rows below the header, and below each further header."""
        self.sheets.append(sheet.name)
        self.reader.begin_sheet()
        self._rows.check_merged(header, sheet)
        following: Header | None = header
        tables = 0
        while following:
            tables += 1
            if tables > TABLES_MAX:
                return self._rows.refuse_tables(following, sheet.name, TABLES_MAX)
            self._rows.check_header(following, sheet.name)
            if following.repeated or following.beside >= 0:
                return None
            following = self._read_table(sheet, following)
        return None

    def _read_table(self, sheet: Sheet, header: Header) -> Header | None:
        """Read the rows below a header; returns the next header, if one comes."""
        width = len(header.titles)
        get = header.columns.get
        shared = (get(COMMUNE, _ABSENT), get(HOURS, _ABSENT), get(AREA, _ABSENT))
        columns = self._list_columns(header)
        unread = UnreadColumns(header, self._profile, self.notes)
        known = self.reader.known_communes
        # By index: a copy of the rest for each of many headers would take for ever.
        for row in range(header.row + 2, len(sheet.rows) + 1):
            cells = sheet.rows[row - 1]
            if not any(cells) or self.notes.is_full:
                continue
            padded = cells if len(cells) >= width else cells + ("",) * (width - len(cells))
            line = Line(header, sheet.name, len(self.sheets) - 1, row, padded)
            if padded[shared[0]] not in known and names_commune_column(padded):
                if _is_same_header(padded, header):
                    continue  # at the top of a page
                following = read_header(row - 1, padded, self._profile)
                if following is None:
                    self._rows.refuse_header(line)
                return following
            unread.look(line)
            if header.is_wide:
                self._read_wide(line, columns, shared)
            else:
                self._read_long(line, shared)
        return None

    def _list_columns(self, header: Header) -> list[tuple[int, tuple[int, int, int]]]:
        numbers = self.reader.numbers
        return [
            (numbers.setdefault(number, len(numbers)), places)
            for number, places in header.numbers.items()
        ]

    def _read_shared(self, line: Line, shared: tuple[int, int, int]) -> tuple[int, str, int]:
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
            self._rows.check_departement(line, code)
        if commune >= 0 and NAME in line.header.columns:
            self.names.look(line, code)
        return commune, code, variant

    def _read_wide(
        self,
        line: Line,
        columns: list[tuple[int, tuple[int, int, int]]],
        shared: tuple[int, int, int],
    ) -> None:
        cells = line.cells
        if not any(cells[place] for _, places in columns for place in places if place >= 0):
            return self._pass_over(line, shared[0])
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

    def _pass_over(self, line: Line, column: int) -> None:
        """Warn of a commune without a target; leave footnotes and totals alone."""
        if self.reader.is_commune(line.cells[column]):
            self._rows.warn_of_empty_row(line, column)

    def _read_long(self, line: Line, shared: tuple[int, int, int]) -> None:
        roles, cells = line.header.columns, line.cells
        places = (roles[TARGET], roles.get(SECONDARY, _ABSENT), roles.get(THIRD, _ABSENT))
        number_text = cells[roles[NUMBER]]
        targets = tuple([cells[place] if place >= 0 else "" for place in places])
        if not number_text and not any(targets):
            return self._pass_over(line, shared[0])
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
        self, line: Line, texts: tuple[str, str, str, int], columns: tuple[int, ...]
    ) -> int:
        """Read up to three target cells into a route; REFUSED if one is bad or the first empty."""
        if not texts[0]:
            self._rows.refuse_empty_target(line, columns[0] if columns[0] >= 0 else columns[1])
            return REFUSED
        targets: list[str] = []
        for rank, (text, column) in enumerate(zip(texts[:3], columns, strict=True)):
            if text and not (rank and fold(text) in NOTHING):
                number = self.reader.read_target(text, line.place(column))
                if number not in targets:
                    targets.append(number)
        if "" in targets or texts[3] == REFUSED:
            return REFUSED
        route = self.reader.find_route(tuple(targets), texts[3])
        self._memo[texts] = route
        return route

    def _put(self, line: Line, key: tuple[int, int, int, int], code: str) -> None:
        commune, number, variant, route = key
        slot = (variant * _VARIANTS_STRIDE + commune) * _NUMBERS_STRIDE + number
        seen = self._seen
        known = seen.get(slot)
        if known is None:
            seen[slot] = (route, line.row, line.sheet_index, code)
            self.cells.extend((commune, number, route, line.sheet_index, line.row))
        elif known[0] != route:
            routes = self.reader.routes
            self._rows.refuse_conflict(
                line,
                self._name_row(line, known),
                short=list(self.reader.numbers)[number],
                codes=(known[3], code),
                routes=(routes[known[0]], routes[route]),
            )
        elif known[3] == code:
            self._rows.warn_of_repetition(line, self._name_row(line, known), code)

    def _name_row(self, line: Line, known: tuple[int, int, int, str]) -> str:
        sheet = self.sheets[known[2]]
        return f"row {known[1]}" + (f" of sheet {sheet}" if sheet != line.sheet else "")


def _is_same_header(cells: tuple[str, ...], header: Header) -> bool:
    titles = [fold(title) for title in header.titles]
    return [fold(cell) for cell in cells] == titles + [""] * (len(cells) - len(titles))
