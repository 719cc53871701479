"""Which calls the demo places, and where the country's own second derivation says they ring."""

import csv
import gzip
import heapq
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from route112.apps.demo.calls import DemoCall
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

PICKS = (
    ("15", "75115"),
    ("17", "13201"),
    ("18", "69385"),
    ("112", "29019"),
    ("15", "2A004"),
    ("18", "2B033"),
    ("112", "97411"),
    ("17", "97105"),
    ("15", "97302"),
    ("112", "67482"),
    ("18", "31555"),
    ("17", "59350"),
)
"""Short number and commune: three arrondissements, both halves of Corsica, three departements
overseas, four cities from west to east and from south to north."""
NUMBERS = ("15", "17", "18", "112")
CALLS_MAX = 100
"""Most calls of one demo."""
CANDIDATES_PER_CALL = 2
"""Rows looked at for one call, since some of them turn out to change with the hour."""
ORIGINS = (("bruyere", "mobile"), ("ecume", "voip"), ("dolmen", "pstn"), ("cormoran", "mobile"))
"""Operators of the demo country, in turn."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A row of the expected table that holds at every hour."""

    commune: str
    dialled: str
    psap: str
    targets: tuple[str, ...]
    """E.164, in try order."""


def read_expected(path: Path) -> Iterator[Expected]:
    """Read the rows of `expected.csv.gz` that day and night agree on, for the demo's numbers."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            day = (row["psap_day"], row["targets_day"])
            if row["number"] in NUMBERS and day == (row["psap_night"], row["targets_night"]):
                yield Expected(row["insee"], row["number"], day[0], tuple(day[1].split("|")))


def choose_calls(
    rows: Sequence[Expected], snapshot: Snapshot, count: int
) -> tuple[tuple[DemoCall, Expected], ...]:
    """
    Choose `count` calls: the picks first, then rows from all over the table, always the same.

    The table answers for two instants of a Tuesday and for no order, so a key that the plan
    splits by hours or by area, or whose PSAP an order names, is left out.
    """
    by_key = {(row.dialled, row.commune): row for row in rows}
    ordered = {key: by_key[key] for key in PICKS if key in by_key}
    if count > len(PICKS):
        for row in heapq.nsmallest(CANDIDATES_PER_CALL * count, rows, key=_shuffle):
            ordered.setdefault((row.dialled, row.commune), row)
    steady = [row for row in ordered.values() if _is_steady(row, snapshot)]
    return tuple(
        (_make_call(key, row, snapshot), row) for key, row in enumerate(steady[:count], start=1)
    )


def _shuffle(row: Expected) -> int:
    return zlib.crc32(f"{row.dialled} {row.commune}".encode())


def _is_steady(row: Expected, snapshot: Snapshot) -> bool:
    commune = snapshot.find_commune(row.commune)
    number = snapshot.find_number(row.dialled)
    if commune is None or number is None:
        return True
    route = snapshot.route_index(commune, number)
    split = route != NONE and len(snapshot.route(route)) > 1
    return not split and row.psap not in {order.psap for order in snapshot.orders}


def _make_call(key: int, row: Expected, snapshot: Snapshot) -> DemoCall:
    operator, technology = ORIGINS[(key - 1) % len(ORIGINS)]
    commune = snapshot.find_commune(row.commune)
    return DemoCall(
        key=key,
        dialled=row.dialled,
        commune=row.commune,
        name="" if commune is None else snapshot.commune(commune).name,
        operator=operator,
        technology=technology,
        psap=row.psap,
        number=row.targets[0],
    )
