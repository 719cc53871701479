"""
Cells of one operator and calling lines of another: all invented, drawn from the real communes.

Cells begin with 99970 (the mobile country code for networks that belong to no country); lines
are the +999 numbers that nobody has.
"""

import csv
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from route112.countries.fr.ground import Ground, load_ground
from route112.model import Commune

CELLS = 5_000
SPLIT_SHARE = 8
"""One cell in so many lies over several communes."""
SPLIT_COMMUNES_MAX = 4
FORMER_AMONG = 2_000
"""Of so many cells those in a merged commune name its code of before."""
NETWORK = "99970"
LINE_POPULATION = 1_000
"""Communes of fewer inhabitants get no lines of their own."""
BRANCH_EVERY = 25
"""One range in so many has a part in another commune: a line that an enterprise took along."""
CELL_COLUMNS = ("cellule", "code insee", "poids")
LINE_COLUMNS = ("prefixe", "code insee", "technologie", "clientele", "bascule")
MOVE_MONTHS = 24
"""From the beginning of 2027: in one of them an enterprise whose move is planned leaves RTC."""


@dataclass(frozen=True, slots=True)
class CellRow:
    """A commune that a cell lies over."""

    cell: str
    commune: str
    weight: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """Where lines are that begin so."""

    prefix: str
    commune: str
    technology: str
    kind: str
    moves: str = ""
    """Day on which it moves to IP."""


@dataclass(frozen=True, slots=True)
class Callers:
    """What two operators deliver."""

    cells: tuple[CellRow, ...]
    lines: tuple[LineRow, ...]


@cache
def draw_callers() -> Callers:
    """Draw cells and lines, always the same."""
    ground = load_ground()
    return Callers(tuple(_draw_cells(ground)), tuple(_draw_lines(ground)))


def _draw_cells(ground: Ground) -> Iterator[CellRow]:
    for number, commune in enumerate(_choose_communes(ground)):
        area, place = divmod(number, 64)
        cell = f"{NETWORK}{area + 0x1A00:04x}{_chance(commune.code) % 0xFFFFF << 8 | place:07x}"
        former = ground.former.get(commune.code, ())
        code = former[0] if former and number < FORMER_AMONG else commune.code
        if number % SPLIT_SHARE:
            yield CellRow(cell, code, 1)
            continue
        near = _list_near(ground, commune)[: 1 + number // SPLIT_SHARE % (SPLIT_COMMUNES_MAX - 1)]
        yield CellRow(cell, code, 40)
        for place, other in enumerate(near):
            # At times the neighbour weighs more, or as much.
            yield CellRow(cell, other.code, (15, 40, 55)[(number // SPLIT_SHARE + place) % 3])


def _choose_communes(ground: Ground) -> Sequence[Commune]:
    """Choose where cells are: the largest of each departement, then drawn ones; by code."""
    chosen = {
        commune.code: commune
        for departement in ground.departements
        for commune in sorted(
            ground.list_communes(departement.code), key=lambda row: (-row.population, row.code)
        )[:3]
    }
    chosen |= {commune.code: commune for commune in ground.communes if commune.parent}
    for commune in sorted(ground.communes, key=lambda row: (_chance(row.code), row.code)):
        if len(chosen) >= CELLS:
            break
        chosen[commune.code] = commune
    return [commune for _, commune in sorted(chosen.items())]


def _list_near(ground: Ground, commune: Commune) -> list[Commune]:
    """List the communes of the same departement, nearest first."""
    lon, lat = commune.lon_deg, commune.lat_deg
    if lon is None or lat is None:
        return []
    near = [
        ((row.lon_deg - lon) ** 2 + (row.lat_deg - lat) ** 2, row.code, row)
        for row in ground.list_communes(commune.departement)
        if row.code != commune.code and row.lon_deg is not None and row.lat_deg is not None
    ]
    return [row for _, _, row in sorted(near, key=lambda found: found[:2])]


def _draw_lines(ground: Ground) -> Iterator[LineRow]:
    chosen = [
        commune
        for commune in ground.communes
        if commune.population >= LINE_POPULATION or commune.parent
    ]
    for number, commune in enumerate(chosen):
        prefix = f"999{number:05d}"
        chance = _chance(commune.code)
        kind = "entreprise" if chance % 5 == 0 else "particulier"
        technology = "ip" if chance % 3 else "rtc"
        planned = technology == "rtc" and kind == "entreprise" and chance % 4
        month = chance // 64 % MOVE_MONTHS
        moves = f"15/{month % 12 + 1:02d}/{2027 + month // 12}" if planned else ""
        yield LineRow(prefix, commune.code, technology, kind, moves)
        if number % BRANCH_EVERY == 0:
            other = chosen[(number + len(chosen) // 2) % len(chosen)]
            yield LineRow(f"{prefix}7", other.code, "rtc", "entreprise")
            yield LineRow(f"{prefix}7450", commune.code, "ip", "entreprise")


def render_cells(callers: Callers) -> bytes:
    """Render `operators/ID/cells.csv`, in capitals and with a comma in the weights."""
    rows = (
        (row.cell.upper(), row.commune, f"{row.weight / 100:.2f}".replace(".", ","))
        for row in callers.cells
    )
    return _render(CELL_COLUMNS, rows, delimiter=";")


def render_lines(callers: Callers) -> bytes:
    """Render `operators/ID/lines.csv`."""
    rows = (
        (f"+{row.prefix}", row.commune, row.technology, row.kind, row.moves)
        for row in callers.lines
    )
    return _render(LINE_COLUMNS, rows, delimiter=",")


def _render(columns: Sequence[str], rows: Iterator[tuple[str, ...]], *, delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _chance(code: str) -> int:
    """Return a number that looks drawn and is the same on every machine."""
    return zlib.crc32(code.encode())
