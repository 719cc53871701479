"""
`operators/*/cells.*`: where the cells of a network are that tells no commune.

Source: docs/formats/sources.md.
"""

import re
from collections.abc import Mapping

from route112.model import CellTable, Problem, Territory
from route112.wire.caller_tables.rows import (
    COMMUNE_HEADERS,
    Communes,
    RefusedRowError,
    Row,
    read_table,
    too_many,
)
from route112.wire.problems import ProblemList

CELLS_MAX = 500_000
"""Cells of one operator."""
WEIGHT_MAX = 1_000_000
"""Highest weight of a commune in a cell."""
WEIGHT_UNITS = 1_000
"""A weight is kept in thousandths."""
CELL_CHARS_MAX = 24
CELL_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "cell": (
        "cell", "cell id", "cell identity", "cellule", "identifiant cellule",
        "identifiant de cellule", "id cellule", "cgi", "ecgi", "ncgi",
    ),
    "commune": COMMUNE_HEADERS,
    "weight": ("weight", "poids", "ponderation", "part", "share"),
}  # fmt: skip
"""Headers of each column, folded; the first of them is what the documents call it."""
_CELL = re.compile(rf"[0-9a-z._:+-]{{1,{CELL_CHARS_MAX}}}")
_WEIGHT = re.compile(r"([0-9]{1,7}(?:[.,][0-9]{1,12})?)\s*%?")


def parse_cells(
    content: bytes, *, file: str, territory: Territory
) -> tuple[CellTable, tuple[Problem, ...]]:
    """
    Parse where the cells of an operator are.

    Returns: the table, without cells if a problem is an error, and the problems. Communes that
        were merged are those of today, with their weights together.
    """
    problems = ProblemList(file)
    communes = Communes(territory, problems, "cell-unknown-commune")
    weights: dict[str, dict[str, int]] = {}
    named: set[tuple[str, str]] = set()

    def take(row: Row) -> None:
        cell = row.texts["cell"].lower()
        if not _CELL.fullmatch(cell):
            said = "the row names no cell" if not cell else "this cannot be the identity of a cell"
            remedy = f"Write 1 to {CELL_CHARS_MAX} letters, digits and . _ : + -"
            raise RefusedRowError(("no-cell", said, remedy), "cell", cell)
        commune = communes.read(row)
        if (cell, row.texts["commune"]) in named:
            remedy = "Give each commune of a cell one row"
            words = ("cell-twice", "a row above names this cell and this commune", remedy)
            raise RefusedRowError(words, "cell", cell)
        named.add((cell, row.texts["commune"]))
        if cell not in weights and len(weights) >= CELLS_MAX:
            raise RefusedRowError(too_many(f"{CELLS_MAX:,} cells"), "cell", cell)
        own = weights.setdefault(cell, {})
        own[commune] = own.get(commune, 0) + _read_weight(row.texts["weight"])

    read_table(content, CELL_COLUMNS, ("cell", "commune"), problems, take)
    if problems.has_errors:
        return CellTable(file=file), problems.finish()
    cells = {cell: _rank(own) for cell, own in sorted(weights.items())}
    return CellTable(file=file, cells=cells), problems.finish()


def _rank(weights: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Put the heaviest commune first, of equal ones the lower code."""
    return tuple(sorted(weights.items(), key=lambda item: (-item[1], item[0])))


def _read_weight(text: str) -> int:
    if not text:
        return WEIGHT_UNITS
    found = _WEIGHT.fullmatch(text)
    weight = round(float(found[1].replace(",", ".")) * WEIGHT_UNITS) if found else 0
    if not 0 < weight <= WEIGHT_MAX * WEIGHT_UNITS:
        remedy = f"Write a number above 0, at most {WEIGHT_MAX:,}"
        raise RefusedRowError(("bad-weight", "this is no weight", remedy), "weight", text)
    return weight
