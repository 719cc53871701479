"""What a planner and its receivers are started with, and whether a planner is there."""

import socket
from dataclasses import dataclass
from pathlib import Path

from route112.apps.country_run.planned.plans import own_plan

ID = "planner"
"""Of the member, and so the name of its folder."""
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
    versions: Path | None = None
    """A folder for each version of the software that a site may be upgraded to."""


def list_planner_words(run_dir: Path, options: PlannerOptions) -> tuple[str, ...]:
    """List what only a planner is started with."""
    key = () if options.key is None else ("--sign-key", str(options.key))
    versions = () if options.versions is None else ("--versions", str(options.versions))
    return (
        "planner", "run", "--folder", str(run_dir / ID), "--run-dir", str(run_dir),
        "--profile", str(options.profile), *key, *versions,
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
