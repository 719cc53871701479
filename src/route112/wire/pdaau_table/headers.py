"""Which row of a sheet is the header, and what each of its columns holds."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from route112.model import Profile
from route112.wire.pdaau_table.synonyms import (
    COLUMNS,
    COMMUNE,
    DEPARTEMENT,
    LEADING_WORDS,
    NAME,
    NUMBER,
    SECONDARY,
    SECONDARY_WORDS,
    TARGET,
    THIRD,
    THIRD_WORDS,
)
from route112.wire.short_numbers import find_short_number
from route112.wire.tables import Sheet
from route112.wire.text import fold

HEADER_ROWS_MAX = 100
"""Rows from the top in which the header is looked for."""
_RANKS = {TARGET: 0, SECONDARY: 1, THIRD: 2}
_HARMLESS = (NAME, DEPARTEMENT)
"""Roles that change no key, so that a second such column is none of our business."""
_ROLES = {name: role for role, names in COLUMNS.items() for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a table: which column, counted from 0, holds what."""

    row: int
    """Index of the header's row in the sheet."""
    titles: tuple[str, ...]
    """As delivered, for messages."""
    columns: dict[str, int] = field(default_factory=dict)
    """Role to column, for roles that a whole table has once."""
    numbers: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Of a wide table: short number to the columns of its targets in try order; -1: none."""
    repeated: tuple[str, ...] = ()
    """Titles of columns that mean what an earlier one already means."""

    @property
    def is_wide(self) -> bool:
        """Tell whether the table has a column per short number."""
        return bool(self.numbers)

    def get_title(self, column: int) -> str:
        """Return the header text of a column; its letter where the header is empty."""
        title = self.titles[column] if 0 <= column < len(self.titles) else ""
        return " ".join(title.split()) or f"column {column + 1}"


def find_header(sheet: Sheet, profile: Profile) -> Header | None:
    """Find the first row that can head a plan table; None for a sheet of notes."""
    for index, row in enumerate(sheet.rows[:HEADER_ROWS_MAX]):
        if header := _read_header(index, row, profile):
            return header
    return None


def _read_header(index: int, row: tuple[str, ...], profile: Profile) -> Header | None:
    columns: dict[str, int] = {}
    numbers: dict[str, list[int]] = {}
    repeated: list[str] = []
    for column, title in enumerate(row):
        if role := _find_role(title):
            if columns.setdefault(role, column) != column and role not in _HARMLESS:
                repeated.append(title)
        elif wide := read_number_title(title, profile):
            number, rank = wide
            places = numbers.setdefault(number, [-1, -1, -1])
            if places[rank] >= 0:
                repeated.append(title)
            else:
                places[rank] = column
    if COMMUNE not in columns:
        return None
    is_long = NUMBER in columns and TARGET in columns
    if not is_long and not any(places[0] >= 0 for places in numbers.values()):
        return None
    wide_numbers = {} if is_long else {n: (p[0], p[1], p[2]) for n, p in numbers.items()}
    return Header(
        row=index,
        titles=row,
        columns=columns,
        numbers=wide_numbers,
        repeated=tuple(repeated),
    )


@lru_cache(maxsize=4096)
def _find_role(title: str) -> str:
    folded = fold(title)
    role = _ROLES.get(folded) or _ROLES.get(folded.rstrip(" .:*"))
    return role or _ROLES.get(re.sub(r"\s*\([^)]*\)$", "", folded), "")


def read_number_title(title: str, profile: Profile) -> tuple[str, int] | None:
    """
    Read the title of a short number's column: the number, and the rank of its targets from 0.

    `15`, `N° 18`, `112.0`, `15 (SAMU)` have rank 0; `15 secours`, `18 débordement` rank 1;
    `15 secours 2` rank 2.
    """
    folded = fold(title)
    if len(folded) > 60:  # noqa: PLR2004
        return None
    match = re.match(r"[^0-9]*", folded)
    words_before = re.findall(r"[a-z]+", match[0] if match else "")
    # The order number of a second helper is no digit of the short number.
    helper = re.compile(rf"\b({'|'.join(sorted(SECONDARY_WORDS))}) ?([12])\b")
    order = helper.search(folded)
    number = find_short_number(helper.sub(r"\1", folded), profile)
    if not number or not set(words_before) <= LEADING_WORDS | SECONDARY_WORDS | THIRD_WORDS:
        return None
    words = set(re.findall(r"[a-z]+", folded))
    if words & THIRD_WORDS or (order and order[2] == "2"):
        return number, _RANKS[THIRD]
    return number, _RANKS[SECONDARY] if words & SECONDARY_WORDS else _RANKS[TARGET]
