"""
`operators/*/lines.*`: where the calling lines of a network are that tells no commune.

Source: docs/formats/sources.md.
"""

import re
from collections.abc import Mapping

from route112.model import LineTable, Problem, Technology, Territory
from route112.wire.caller_tables.rows import (
    COMMUNE_HEADERS,
    Communes,
    RefusedRowError,
    Row,
    read_table,
    too_many,
)
from route112.wire.problems import ProblemList
from route112.wire.text import DAY_REMEDY, fold, read_day

LINES_MAX = 500_000
"""Lines and ranges of one operator."""
LINE_DIGITS_MAX = 16
LINE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "prefix": (
        "prefix", "line", "number", "range", "prefixe", "ligne", "numero", "numero appelant",
        "tranche", "debut de numero",
    ),
    "commune": COMMUNE_HEADERS,
    "technology": ("technology", "technologie", "raccordement", "acces"),
    "kind": ("kind", "type", "clientele", "usage"),
    "moves": ("moves", "moves on", "bascule", "date de bascule", "passage en ip", "migration"),
}  # fmt: skip
"""Headers of each column, folded; the first of them is what the documents call it."""
TECHNOLOGIES = {"rtc": "rtc", "rnis": "rtc", "pstn": "rtc", "isdn": "rtc"} | dict.fromkeys(
    ("ip", "sip", "voip"), "ip"
)
KINDS = {
    "residential": "residential",
    "enterprise": "enterprise",
    "residentiel": "residential",
    "particulier": "residential",
    "entreprise": "enterprise",
    "professionnel": "enterprise",
}
_LINE = re.compile(rf"(?:\+|00)?([0-9]{{1,{LINE_DIGITS_MAX}}})")
_WHOLE = re.compile(r"([0-9]+)[.,]0+")
_NOISE = re.compile(r"[\s.\-/()\u00a0\u202f]")


def parse_calling_lines(
    content: bytes, *, file: str, territory: Territory
) -> tuple[LineTable, tuple[Problem, ...]]:
    """
    Parse where the calling lines of an operator are.

    Returns: the table, without lines if a problem is an error, and the problems.
    """
    problems = ProblemList(file)
    communes = Communes(territory, problems, "line-unknown-commune")
    lines: dict[str, tuple[str, Technology, str]] = {}
    moves: dict[str, str] = {}

    def take(row: Row) -> None:
        prefix = _read_prefix(row.texts["prefix"])
        line = (
            communes.read(row),
            Technology(_read_word(row, "technology", TECHNOLOGIES)),
            _read_word(row, "kind", KINDS) if row.texts["kind"] else "",
        )
        if prefix in lines:
            remedy = "Give each line or range one row"
            words = ("line-twice", "a row above names this line or range", remedy)
            raise RefusedRowError(words, "prefix", prefix)
        if len(lines) >= LINES_MAX:
            raise RefusedRowError(too_many(f"{LINES_MAX:,} lines"), "prefix", prefix)
        day = _read_day(row.texts["moves"])
        if day and line[1] is Technology.RTC:
            moves[prefix] = day
        lines[prefix] = line

    needed = ("prefix", "commune", "technology")
    read_table(content, LINE_COLUMNS, needed, problems, take)
    if problems.has_errors:
        return LineTable(file=file), problems.finish()
    table = LineTable(
        file=file, lines=dict(sorted(lines.items())), moves=dict(sorted(moves.items()))
    )
    return table, problems.finish()


def _read_prefix(text: str) -> str:
    """Return the digits that a line begins with, a `+` or `00` in front left out."""
    whole = _WHOLE.fullmatch(text)
    found = _LINE.fullmatch(whole[1] if whole else _NOISE.sub("", text))
    if found is None:
        said = "this is no number and no beginning of one" if text else "the row names no line"
        remedy = f"Write the digits that it begins with, 1 to {LINE_DIGITS_MAX} of them"
        raise RefusedRowError(("no-line", said, remedy), "prefix", text)
    return found[1]


def _read_day(text: str) -> str:
    """Return a day as `2027-03-15`; nothing for nothing."""
    if not text:
        return ""
    if day := read_day(text):
        return day
    raise RefusedRowError(("no-day", "this is no day", DAY_REMEDY), "moves", text)


def _read_word(row: Row, column: str, words: Mapping[str, str]) -> str:
    text = row.texts[column]
    found = words.get(fold(text))
    if found is None:
        remedy = f"Write {' or '.join(sorted(set(words.values())))}"
        raise RefusedRowError(
            ("unknown-word", f"this is no {column} of a line", remedy), column, text
        )
    return found
