"""
The expected table: which lines each commune and number must have, straight from the intent.

This is the second derivation. It knows nothing of plan files, of their quirks, or of how the
planner reads them: it takes each answer of the intent, keeps the variant that holds at two
instants, and lists the lines of its centres by the rule that the plan's lines follow: the lines
that the plan names; then, where it names fewer than three, the second line of the first centre,
then its alternative; no line twice.
"""

import csv
import datetime as dt
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from route112.countries.fr.callers import Callers
from route112.countries.fr.ground import Ground
from route112.countries.fr.intent import Answer, Intent, Opening, Variant
from route112.countries.fr.national import SHORT_NUMBERS
from route112.countries.fr.network import CELL_OPERATOR, LINE_OPERATOR
from route112.model import Psap

REFERENCE_DAY = dt.datetime(2026, 11, 10, 10, 30, tzinfo=dt.UTC)
"""Tuesday, 11:30 in Paris; night in the Antilles and the Pacific."""
REFERENCE_NIGHT = dt.datetime(2026, 11, 10, 22, 30, tzinfo=dt.UTC)
"""Tuesday, 23:30 in Paris; day in the Antilles, in Guyane and in the Pacific."""

LINES_MAX = 3
LINE_DIGITS = 12
"""Digits of a caller's number."""
COLUMNS = ("insee", "number", "psap_day", "targets_day", "psap_night", "targets_night")
CALLER_COLUMNS = ("operator", "told", "value", "insee")
PART_COLUMNS = ("insee", "number", "lon", "lat", "street", "psap", "targets")


def write_expected(intent: Intent) -> bytes:
    """Write the table of every commune and number; see COLUMNS; UTF-8, not yet compressed."""
    clocks = {
        departement.code: _local_times(departement.timezone)
        for departement in intent.ground.departements
    }
    known: dict[tuple[str, Answer], str] = {}
    lines = [",".join(COLUMNS)]
    for commune in intent.ground.communes:
        code, departement = commune.code, commune.departement
        for short, answer in zip(SHORT_NUMBERS, intent.answers[code], strict=True):
            key = (departement, answer)
            if key not in known:
                known[key] = ",".join(_list_fields(answer, intent.psaps, clocks[departement]))
            lines.append(f"{code},{short.number},{known[key]}")
    return ("\n".join(lines) + "\n").encode()


def write_expected_parts(intent: Intent) -> bytes:
    """Write calls from inside a part of a commune, and their lines; see PART_COLUMNS."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(PART_COLUMNS)
    for commune in intent.ground.communes:
        for short, answer in zip(SHORT_NUMBERS, intent.answers[commune.code], strict=True):
            for lon, lat, street, variant in _list_calls(answer):
                lines = "|".join(list_lines(variant, intent.psaps))
                writer.writerow(
                    (commune.code, short.number, lon, lat, street, variant.psaps[0], lines)
                )
    return text.getvalue().encode()


def write_expected_callers(callers: Callers, ground: Ground) -> bytes:
    """
    Write in which commune callers are whose network tells a cell or a line; see CALLER_COLUMNS.

    A cell is where its heaviest commune is, merged ones counted as one. Of each range of lines
    one line is listed, found by asking all ranges that it is in.
    """
    today = {old: new for new, former in ground.former.items() for old in former}
    weights: dict[str, Counter[str]] = defaultdict(Counter)
    for row in callers.cells:
        weights[row.cell][today.get(row.commune, row.commune)] += row.weight
    rows = [(CELL_OPERATOR, "cell", cell, _find_heaviest(own)) for cell, own in weights.items()]
    ranges = {row.prefix: row.commune for row in callers.lines}
    for prefix in ranges:
        line = prefix.ljust(LINE_DIGITS, "1")
        owner = next(line[:size] for size in range(len(line), 0, -1) if line[:size] in ranges)
        rows.append((LINE_OPERATOR, "line", f"+{line}", ranges[owner]))
    lines = [",".join(row) for row in (CALLER_COLUMNS, *rows)]
    return ("\n".join(lines) + "\n").encode()


def _find_heaviest(weights: Mapping[str, int]) -> str:
    most = max(weights.values())
    return min(code for code, weight in weights.items() if weight == most)


def _list_calls(answer: Answer) -> Iterator[tuple[str, str, str, Variant]]:
    """List a call from the middle of each polygon and one from each street."""
    for variant in answer:
        if variant.part is None:
            continue
        corners = variant.part.ring[:-1]
        if corners:
            lon = sum(corner[0] for corner in corners) / len(corners)
            lat = sum(corner[1] for corner in corners) / len(corners)
            yield f"{lon:.4f}", f"{lat:.4f}", "", variant
        for street in variant.part.streets:
            yield "", "", street, variant


def list_lines(variant: Variant, psaps: Mapping[str, Psap]) -> list[str]:
    """List the long numbers of a variant in try order, 1 to LINES_MAX, without repeats."""
    first = psaps[variant.psaps[0]]
    named = [psaps[id_].primary for id_ in variant.psaps]
    further = [first.secondary, first.alternative]
    distinct = dict.fromkeys(number for number in (*named, *further) if number)
    return list(distinct)[:LINES_MAX]


def holds(opening: Opening | None, local: dt.datetime) -> bool:
    """Tell whether hours hold at a local time."""
    if opening is None:
        return True
    today = str(local.isoweekday()) in opening.days
    if opening.opens_h < opening.closes_h:
        return today and opening.opens_h <= local.hour < opening.closes_h
    yesterday = str((local - dt.timedelta(days=1)).isoweekday()) in opening.days
    return (today and local.hour >= opening.opens_h) or (
        yesterday and local.hour < opening.closes_h
    )


def _local_times(timezone: str) -> tuple[dt.datetime, dt.datetime]:
    zone = ZoneInfo(timezone)
    return REFERENCE_DAY.astimezone(zone), REFERENCE_NIGHT.astimezone(zone)


def _list_fields(
    answer: Answer, psaps: Mapping[str, Psap], times: tuple[dt.datetime, dt.datetime]
) -> Iterator[str]:
    """Yield centre and lines at each instant, for a call that tells neither place nor street."""
    for local in times:
        variant = next(v for v in answer if v.part is None and holds(v.opening, local))
        yield variant.psaps[0]
        yield "|".join(list_lines(variant, psaps))
