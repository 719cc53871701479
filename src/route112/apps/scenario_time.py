"""Where a run keeps which scenario time its real time stands for."""

from pathlib import Path

from route112.adapters.atomic_file import write_atomically
from route112.wire.documents.scenario_time import (
    ScenarioTime,
    parse_scenario_time,
    render_scenario_time,
)

FILE = "scenario-time.json"
LEVELS = 3
"""Folders from a run directory down to the records of a member."""


def write_scenario_time(run_dir: Path, value: ScenarioTime) -> None:
    """Write it where all members' folders are; raises OSError."""
    write_atomically(run_dir / FILE, render_scenario_time(value))


def remove_scenario_time(run_dir: Path) -> None:
    """Say that real time is itself again; raises OSError."""
    (run_dir / FILE).unlink(missing_ok=True)


def find_scenario_time(folder: Path, *, levels: int = LEVELS) -> ScenarioTime | None:
    """
    Return the scenario time of the run that a folder is in; None where time is real.

    Args:
        levels: folders around it that are looked into, too.

    Raises: OSError where it cannot be read, ValueError where it is no such file.
    """
    place = folder.resolve()
    for each in (place, *list(place.parents)[:levels]):
        if (each / FILE).is_file():
            return parse_scenario_time((each / FILE).read_bytes())
    return None
