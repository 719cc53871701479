"""What stations of this machine say of themselves: their files, and sites that are asked."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from route112.apps.country_run.members import Kind
from route112.apps.country_run.state import read_state
from route112.apps.country_run.survey import survey
from route112.apps.planner.senses.differences import count_differences, read_tables
from route112.apps.planner.senses.load import CONFIG_BYTES_MAX
from route112.model.topology import Topology
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot

POINTER_BYTES_MAX = 4_096

_SITES = re.compile(r'^#!define SITES "([^"]*)"', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the country runs, on this machine."""

    run_dir: Path
    """Run directories of all stations are below it."""
    topology: Topology
    find_file: Callable[[str], Path | None]
    """By content hash, the file of a candidate."""


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


def list_serving(run_dir: Path) -> tuple[str, ...]:
    """Ask all sites of a run; list those that take calls now."""
    state = read_state(run_dir)
    entries = () if state is None else state.members
    sites = tuple(entry for entry in entries if entry.kind == Kind.SITE)
    samples = asyncio.run(survey(sites, now_s=time.monotonic()))
    return tuple(sample.entry.id for sample in samples if sample.state == "up")


def list_pointing(place: Place, station: str) -> tuple[str, ...]:
    """List the edges that would still pass a call to a station, by what they were started with."""
    found = []
    for edge in place.topology.list_edges():
        try:
            with (place.run_dir / edge.id / "edge.cfg").open("rb") as file:
                text = file.read(CONFIG_BYTES_MAX).decode("utf-8", "replace")
        except OSError:
            continue  # it does not run here
        match = _SITES.search(text)
        names = {one.partition("|")[0] for one in match[1].split(";")} if match else set()
        if station in names:
            found.append(edge.id)
    return tuple(found)
