"""
Whether the translations of one snapshot agree: Python, the native table, an edge's table.

They were written apart from each other. What a station has in use is read from its own files; the
others are made anew for the same instant. Communes that each of them takes for alike are asked
once, so that every key of a country is compared within seconds.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from route112 import edgetable, native
from route112.adapters.tables.file import read_rows
from route112.model import Call, States, UtcTime
from route112.routing import decide
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot

POINTER_BYTES_MAX = 4_096
HOPS_TRIED = 2
"""Next hops of one target that are tried."""
ANSWER_MS = {"ip": 2_000, "rtc": 6_000}
SITE_FILE, EDGE_FILE = "native.sqlite", "edge.sqlite"
BUILT = "built"


@dataclass(frozen=True, slots=True)
class Tables:
    """What two of the translations say, at one instant."""

    now: UtcTime
    zones: Mapping[str, str]
    attempts: Mapping[str, str]
    """Of the native table: `route112.native`."""
    rows: Mapping[str, str]
    """Of an edge: `route112.edgetable`."""


def compare_station(folder: Path) -> int | None:
    """
    Compare the translations that a station has in use; None where they are not there yet.

    Raises: OSError, sqlite3.Error, ValueError where a file cannot be read.
    """
    snapshot = read_in_force(folder)
    tables = None if snapshot is None else read_tables(folder, snapshot)
    if snapshot is None or tables is None:
        return None
    return count_differences(snapshot, tables)


def read_in_force(folder: Path) -> Snapshot | None:
    """Open the snapshot that a station has in force; None where that cannot be read now."""
    try:
        with (folder / "current").open("rb") as file:
            path = Path(file.read(POINTER_BYTES_MAX).decode("utf-8").strip())
        return Snapshot(path.read_bytes())
    except (OSError, SnapshotError, UnicodeDecodeError):
        return None


def read_tables(folder: Path, snapshot: Snapshot) -> Tables | None:
    """
    Read what a station has in use; None where that is not of this snapshot yet.

    Args:
        folder: its run directory.
        snapshot: the one in force there.
    Raises: OSError, sqlite3.Error, ValueError where it cannot be read.
    """
    is_edge = (folder / EDGE_FILE).exists()
    own = read_rows(folder / EDGE_FILE, "plan") if is_edge else {}
    zones = {} if is_edge else read_rows(folder / SITE_FILE, "c2z")
    attempts = {} if is_edge else read_rows(folder / SITE_FILE, "zn")
    marks = {(rows.get("gen"), rows.get(BUILT)) for rows in (own, zones, attempts) if rows}
    if len(marks) != 1:
        return None
    generation, built = marks.pop()
    if generation != str(snapshot.generation) or built is None:
        return None
    now = UtcTime(int(built.partition("@")[2]))
    if is_edge:
        table = native.translate(snapshot, now=now)
        return Tables(now, table.zones, table.attempts, own)
    edge = edgetable.translate(snapshot, operator="", now=now)
    return Tables(now, zones, attempts, edge.rows)


def count_differences(snapshot: Snapshot, tables: Tables) -> int:
    """Count the keys, commune and short number, on which not all three say the same."""
    alike: Counter[tuple[str, ...]] = Counter()
    asked: dict[tuple[str, ...], str] = {}
    numbers = range(len(snapshot.short_numbers))
    for index in range(snapshot.communes_count):
        code = snapshot.commune(index).code
        kind = (
            tables.zones.get(code, ""),
            tables.rows.get(f"c:{code}", ""),
            str(snapshot.commune_departement(index)),
            *(str(snapshot.route_index(index, number)) for number in numbers),
        )
        alike[kind] += 1
        asked.setdefault(kind, code)
    return sum(
        alike[kind] * _count_differing(snapshot, tables, kind, code)
        for kind, code in asked.items()
    )


def _count_differing(snapshot: Snapshot, tables: Tables, kind: tuple[str, ...], code: str) -> int:
    zone, ladders = kind[0], kind[1].split(".")
    found = 0
    for index, short in enumerate(snapshot.short_numbers):
        wanted = _ask_python(snapshot, Call(dialled=short.number, commune=code), tables.now)
        told = tables.attempts.get(f"{zone}:{short.number}", "")
        without_room = ";".join(each.rpartition("|")[0] for each in told.split(";"))
        ladder = ladders[index] if index < len(ladders) else ""
        found += not wanted == without_room == tables.rows.get(f"r:{ladder}", "")
    return found


def _ask_python(snapshot: Snapshot, call: Call, now: UtcTime) -> str:
    try:
        decision = decide(call, snapshot, States(), now=now)
    except Exception as error:  # noqa: BLE001  whatever it is, no station can decide this call
        return f"Python fails: {error!r}"
    return ";".join(
        f"{target.number}|{hop.address}|{hop.transport}|{ANSWER_MS[hop.technology]}"
        f"|{target.ring_time_s}000|{target.psap}"
        for target in decision.targets[: decision.in_one_pass]
        for hop in target.hops[:HOPS_TRIED]
    )
