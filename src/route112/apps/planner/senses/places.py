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
from route112.apps.planner.senses.load import CONFIG_BYTES_MAX
from route112.apps.receiver.differences import compare_station, read_in_force
from route112.model.topology import Topology
from route112.snapshot.reader import Snapshot

_SITES = re.compile(r'^#!define SITES "([^"]*)"', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the country runs, on this machine."""

    run_dir: Path
    """Run directories of all stations are below it."""
    topology: Topology
    find_file: Callable[[str], Path | None]
    """By content hash, the file of a candidate."""

    @property
    def asks_at_gate(self) -> bool:
        """Whether a station at a gate has to say itself how it is."""
        return False

    def compare(self, station: str) -> int | None:
        """
        Compare the translations that a station has in use; None where they are not there yet.

        Raises: OSError, sqlite3.Error, ValueError where a file cannot be read.
        """
        return compare_station(self.run_dir / station)

    def read_in_force(self, station: str) -> Snapshot | None:
        """Open what a station has in force; None where that cannot be read now."""
        return read_in_force(self.run_dir / station)


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
