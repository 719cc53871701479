"""The table of communes, and the table of those merged since, to a `Territory`."""

import math
import re

from route112.model import Commune, Problem, Territory
from route112.wire.problems import ProblemList
from route112.wire.spreadsheets.csv_text import read_csv
from route112.wire.spreadsheets.refusal import FILE_BYTES_MAX, TableError
from route112.wire.text import decode_text

COMMUNES_MAX = 100_000
"""Most communes of a country."""
CODE_CHARS_MAX = 8
"""Longest code of a commune."""
POPULATION_MAX = 100_000_000
"""Most inhabitants of one commune."""
COLUMNS_REQUIRED = ("insee", "name", "departement", "population", "lon", "lat")
COLUMNS_MERGED = ("old", "new")
_CODE = re.compile(rf"[0-9A-Z]{{1,{CODE_CHARS_MAX}}}")
_TABLE_REMEDY = "Correct the table of communes"

Rows = list[tuple[int, dict[str, str]]]


def parse_communes(
    content: bytes, merged: bytes, *, file: str
) -> tuple[Territory | None, tuple[Problem, ...]]:
    """
    Parse a country's communes.

    Args: `content`: CSV `insee,name,departement,type,population,lon,lat,area_km2` and an optional
    `parent`, the code of the city that an arrondissement belongs to. `merged`: CSV `old,new`,
    empty bytes for none; a chain of mergers is followed to its end.
    Returns: the territory, or None when a problem is an error.
    """
    problems = ProblemList(file)
    communes: dict[str, Commune] = {}
    for row, fields in _read_table(content, COLUMNS_REQUIRED, problems):
        if commune := _read_commune(fields, row, problems):
            if commune.code in communes:
                problems.error(
                    "repeated-commune", "the code is there twice", _TABLE_REMEDY,
                    row=row, column="insee", value=commune.code,
                )  # fmt: skip
            communes[commune.code] = commune
    for commune in communes.values():
        if commune.parent and commune.parent not in communes:
            problems.error(
                "unknown-parent", f"the city of {commune.code} is not in the table",
                _TABLE_REMEDY, column="parent", value=commune.parent,
            )  # fmt: skip
    if not communes and not problems.has_errors:
        problems.error("no-rows", "the table names no commune", _TABLE_REMEDY)
    mergers = _read_mergers(merged, communes, problems) if merged else {}
    if problems.has_errors:
        return None, problems.finish()
    ordered = {code: communes[code] for code in sorted(communes)}
    return Territory(ordered, mergers), problems.finish()


def _read_table(content: bytes, required: tuple[str, ...], problems: ProblemList) -> Rows:
    if len(content) > FILE_BYTES_MAX:
        problems.error("table-too-large", "the table is too large", _TABLE_REMEDY)
        return []
    try:
        rows = read_csv(decode_text(content).text, file=problems.file)
    except TableError as error:
        problems.add(error.problem)
        return []
    titles = [title.lower() for title in rows[0]] if rows else []
    missing = [name for name in required if name not in titles]
    if missing:
        words = ", ".join(missing)
        problems.error("missing-column", f"the table has no column {words}", _TABLE_REMEDY, row=1)
        return []
    if len(rows) > COMMUNES_MAX + 1:
        problems.error(
            "too-many-communes", f"the table has more than {COMMUNES_MAX:,} rows", _TABLE_REMEDY
        )
        return []
    return [
        (number, dict(zip(titles, row, strict=False)))
        for number, row in enumerate(rows[1:], 2)
        if any(row)
    ]


def _read_commune(fields: dict[str, str], row: int, problems: ProblemList) -> Commune | None:
    def refuse(column: str, message: str) -> None:
        problems.error(
            "bad-commune", message, _TABLE_REMEDY,
            row=row, column=column, value=fields.get(column, ""),
        )  # fmt: skip

    code, parent = fields.get("insee", ""), fields.get("parent", "")
    if not _CODE.fullmatch(code):
        refuse("insee", f"the code is not 1 to {CODE_CHARS_MAX} digits or capital letters")
        return None
    for column in ("name", "departement"):
        if not fields.get(column):
            refuse(column, f"the commune has no {column}")
            return None
    population = fields.get("population", "") or "0"
    if not re.fullmatch("[0-9]{1,9}", population) or int(population) > POPULATION_MAX:
        refuse("population", "the population is not a whole number")
        return None
    try:
        lon = _read_degrees(fields.get("lon", ""), 180)
        lat = _read_degrees(fields.get("lat", ""), 90)
    except ValueError:
        refuse("lon", "the position is not longitude and latitude in degrees")
        return None
    return Commune(
        code=code,
        name=fields["name"],
        departement=fields["departement"],
        # The city's own row counts the inhabitants of its arrondissements.
        population=0 if parent else int(population),
        lon_deg=None if lat is None else lon,
        lat_deg=None if lon is None else lat,
        parent=parent,
    )


def _read_degrees(text: str, limit: int) -> float | None:
    if not text:
        return None
    degrees = float(text)
    if not math.isfinite(degrees) or abs(degrees) > limit:
        raise ValueError(text)
    return degrees


def _read_mergers(
    content: bytes, communes: dict[str, Commune], problems: ProblemList
) -> dict[str, str]:
    steps: dict[str, tuple[str, int]] = {}
    for row, fields in _read_table(content, COLUMNS_MERGED, problems):
        old, new = fields.get("old", ""), fields.get("new", "")
        if not _CODE.fullmatch(old) or not _CODE.fullmatch(new):
            problems.error(
                "bad-merger", "a merger needs an old and a new code", _TABLE_REMEDY,
                row=row, value=f"{old},{new}",
            )  # fmt: skip
        elif old in steps and steps[old][0] != new:
            problems.error(
                "conflict", f"row {steps[old][1]} merges the commune into {steps[old][0]}",
                _TABLE_REMEDY, row=row, column="new", value=new,
            )  # fmt: skip
        elif old not in communes:
            # A code that lives on names today's commune; its former self needs no entry.
            steps[old] = (new, row)
    return _follow(steps, communes, problems)


def _follow(
    steps: dict[str, tuple[str, int]], communes: dict[str, Commune], problems: ProblemList
) -> dict[str, str]:
    mergers: dict[str, str] = {}
    for old in sorted(steps):
        code, passed = old, set[str]()
        while code in steps and code not in passed:
            passed.add(code)
            code = mergers.get(code, steps[code][0])
        if code in communes:
            mergers[old] = code
        else:
            problems.error(
                "unknown-commune", f"commune {old} merged into one that is not in the table",
                _TABLE_REMEDY, row=steps[old][1], column="new", value=code,
            )  # fmt: skip
    return mergers
