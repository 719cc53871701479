"""The plan of a station's own, which its receiver replaces."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from route112.adapters.atomic_file import MODE_PRIVATE, write_atomically
from route112.adapters.source_folder import read_plain
from route112.snapshot.errors import SnapshotError
from route112.snapshot.layout import TOTAL_SIZE_MAX
from route112.snapshot.reader import Snapshot

PLANS = "plans"
"""Below the run directory of all."""


def own_plan(folder: Path) -> Path:
    """Return the plan of a station's own, by its run directory."""
    return folder.parent / PLANS / f"{folder.name}.r112"


def prepare_plans(owned: Iterable[Path], plan: Path) -> Iterator[str]:
    """
    Give each station a plan of its own, if it has none; yield where it keeps another one.

    Raises: OSError.
    """
    content = read_plain(plan, TOTAL_SIZE_MAX)
    for own in owned:
        if not own.exists():
            own.parent.mkdir(mode=0o700, exist_ok=True)
            write_atomically(own, content, mode=MODE_PRIVATE)
        elif (kept := _find_generation(own)) != _find_generation(plan):
            yield (
                f"{own.stem} keeps g{kept}, which the planner brought it; a plan is changed "
                "by `route112 activate`"
            )


def _find_generation(path: Path) -> int:
    try:
        return Snapshot(read_plain(path, TOTAL_SIZE_MAX), checked=True).generation
    except (OSError, SnapshotError):
        return 0
