"""
What a planner adds to a run: itself, a receiver beside each station, and a plan of each one's own.

    RUN-DIR/planner/               the planner's folder; `socket` is where it is asked
    RUN-DIR/plans/<station>.r112   what its receiver replaces, and the station takes offers from
    RUN-DIR/receiver-<station>/    state and log of a receiver

A redirect server has no receiver: it reads the plan of a site, as it would on that site's machine.
"""

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.atomic_file import MODE_PRIVATE, write_atomically
from route112.adapters.source_folder import read_plain
from route112.snapshot.errors import SnapshotError
from route112.snapshot.layout import TOTAL_SIZE_MAX
from route112.snapshot.reader import Snapshot

ID = "planner"
PLANS = "plans"
SOCKET = "socket"
"""In the planner's folder."""
ASK_S_MAX = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerOptions:
    """What `up` was told of a planner."""

    profile: Path
    """Of the sources that the plan was built from."""
    key: Path | None = None
    """Signs; needed where stations look at signatures."""


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


def list_planner_words(run_dir: Path, options: PlannerOptions) -> tuple[str, ...]:
    """List what only a planner is started with."""
    key = () if options.key is None else ("--sign-key", str(options.key))
    return (
        "planner", "run", "--folder", str(run_dir / ID), "--run-dir", str(run_dir),
        "--profile", str(options.profile), *key,
    )  # fmt: skip


def list_receiver_words(folder: Path) -> tuple[str, ...]:
    """List what the receiver beside a station is started with."""
    return (
        "receiver", "run", "--station", folder.name, "--run-dir", str(folder),
        "--planner", f"unix:{folder.parent / ID / SOCKET}", "--into", str(own_plan(folder)),
    )  # fmt: skip


def is_listening(folder: Path) -> bool:
    """Tell whether the planner of a folder takes connections."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(ASK_S_MAX)
        try:
            asking.connect(str(folder / SOCKET))
        except OSError:
            return False
    return True
