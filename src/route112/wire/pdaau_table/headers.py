"""Which row of a sheet is the header, and what each of its columns holds."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from route112.model import Profile
from route112.wire.pdaau_table.synonyms import (
    COLUMNS,
    COMMUNE,
    DEPARTEMENT,
    DOUBTFUL_WORDS,
    LEADING_WORDS,
    NAME,
    NUMBER,
    SECONDARY,
    SECONDARY_WORDS,
    TARGET,
    THIRD,
    THIRD_WORDS,
    WEAK_NUMBERS,
)
from route112.wire.short_numbers import find_short_number
from route112.wire.tables import Sheet
from route112.wire.text import fold

HEADER_ROWS_MAX = 100
"""Rows from the top in which the header is looked for."""
_RANKS = {TARGET: 0, SECONDARY: 1, THIRD: 2}
_HARMLESS = (NAME, DEPARTEMENT)
"""Roles that change no key, so that a second such column is none of our business."""
_LONG_ONLY = {NUMBER, TARGET, SECONDARY, THIRD}
"""Roles that mean nothing in a table with a column per short number."""
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
    repeated: tuple[tuple[int, int], ...] = ()
    """Two columns each that have the same meaning."""
    unread: tuple[int, ...] = ()
    """Columns whose title is not understood, or means nothing in such a table."""
    beside: int = -1
    """First column of what looks like a second table beside the first; -1: none."""

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
        if header := read_header(index, row, profile):
            return header
    return None


def names_commune_column(row: tuple[str, ...]) -> bool:
    """Tell whether a cell of a row is the title of a column of commune codes."""
    return any(_find_role(title) == COMMUNE for title in row)


def read_header(index: int, row: tuple[str, ...], profile: Profile) -> Header | None:
    """Read one row as the header of a plan table; None if it cannot be one."""
    roles: dict[str, list[int]] = {}
    numbers: dict[str, tuple[list[int], list[int], list[int]]] = {}
    for column, title in enumerate(row):
        if role := _find_role(title):
            roles.setdefault(role, []).append(column)
        elif wide := read_number_title(title, profile):
            numbers.setdefault(wide[0], ([], [], []))[wide[1]].append(column)
    _yield_weak_numbers(roles, row)
    if COMMUNE not in roles:
        return None
    is_long = NUMBER in roles and TARGET in roles
    if not is_long and not any(ranks[0] for ranks in numbers.values()):
        return None
    places = [] if is_long else [place for ranks in numbers.values() for place in ranks]
    same = [columns for role, columns in roles.items() if role not in _HARMLESS] + places
    first = {role: columns[0] for role, columns in roles.items()}
    wide_numbers = {} if is_long else {n: _take_first(ranks) for n, ranks in numbers.items()}
    useless = set() if is_long else _LONG_ONLY
    read = {at for role, columns in roles.items() if role not in useless for at in columns}
    read |= {at for columns in places for at in columns}
    return Header(
        row=index,
        titles=row,
        columns=first,
        numbers=wide_numbers,
        repeated=tuple((columns[0], other) for columns in same for other in columns[1:]),
        unread=tuple(at for at in range(len(row)) if at not in read),
        beside=_find_second_table(row, first, wide_numbers),
    )


def _yield_weak_numbers(roles: dict[str, list[int]], row: tuple[str, ...]) -> None:
    """Let `service` beside `numero court` be a description."""
    columns = roles.get(NUMBER, [])
    clear = [column for column in columns if fold(row[column]) not in WEAK_NUMBERS]
    if len(clear) == 1:
        roles[NUMBER] = clear


def _take_first(ranks: tuple[list[int], list[int], list[int]]) -> tuple[int, int, int]:
    first, second, third = (columns[0] if columns else -1 for columns in ranks)
    return first, second, third


def _find_second_table(
    row: tuple[str, ...], columns: dict[str, int], numbers: dict[str, tuple[int, int, int]]
) -> int:
    """Find the column that names communes again, behind targets and a column without title."""
    targets = [at for places in numbers.values() for at in places if at >= 0]
    first = min(targets, default=columns.get(TARGET, len(row)))
    gap = next((at for at in range(first, len(row)) if not row[at]), len(row))
    again = (COMMUNE, *_HARMLESS)
    return next((at for at in range(gap, len(row)) if _find_role(row[at]) in again), -1)


@lru_cache(maxsize=4096)
def _find_role(title: str) -> str:
    folded = fold(title)
    role = _ROLES.get(folded) or _ROLES.get(folded.rstrip(" .:*"))
    return role or _ROLES.get(re.sub(r"\s*\([^)]*\)$", "", folded), "")


def read_number_title(title: str, profile: Profile) -> tuple[str, int] | None:
    """
    Read the title of a short number's column: the number, and the rank of its targets from 0.

    `15`, `N° 18`, `112.0`, `SAMU 15`, `17 (Police secours)` have rank 0; `15 secours`,
    `18 débordement`, `Renvoi du 15` rank 1; `15 secours 2` rank 2.
    """
    folded = fold(title)
    if len(folded) > 60:  # noqa: PLR2004
        return None
    # The order number of a second helper is no digit of the short number.
    helper = re.compile(rf"\b({'|'.join(sorted(SECONDARY_WORDS))}) ?([12])\b")
    order = helper.search(folded)
    folded = helper.sub(r"\1", folded)
    number = find_short_number(folded, profile)
    if not number:
        return None
    short = profile.find_short_number(number)
    assert short is not None, "just found"
    name = fold(short.name)
    if not re.search(r"[0-9]", name):
        # What the service is called says nothing about second targets: `Police secours`.
        folded = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", folded)
    words = set(re.findall(r"[a-z]+", folded))
    before = set(re.findall(r"[a-z]+", re.split(r"[0-9]", folded, maxsplit=1)[0]))
    known = LEADING_WORDS | SECONDARY_WORDS | THIRD_WORDS | set(re.findall(r"[a-z]+", name))
    if not before <= known or words & DOUBTFUL_WORDS:
        return None
    if words & THIRD_WORDS or (order and order[2] == "2"):
        return number, _RANKS[THIRD]
    return number, _RANKS[SECONDARY] if words & SECONDARY_WORDS else _RANKS[TARGET]


def is_about_targets(title: str, profile: Profile) -> bool:
    """Tell whether a title that is not understood may well be one of a column of targets."""
    folded = fold(title)
    words = set(re.findall(r"[a-z]+", folded))
    digits = re.findall(r"[0-9]+", folded)
    return (
        not words
        or bool(words & (SECONDARY_WORDS | THIRD_WORDS))
        or _find_role(title) in _LONG_ONLY
        or any(profile.find_short_number(run) for run in digits)
    )
