"""What a planner and its receivers are started with, and whether a planner is there."""

import socket
from dataclasses import dataclass
from pathlib import Path

from route112.apps.country_run.planned.plans import own_plan

ID = "planner"
"""Of the member, and so the name of its folder."""
STANDBY = "planner-standby"
"""Of the one that goes on where it ends."""
HEAD_START_S = 15.0
"""For `planner` to take its folder first; a busy machine starts it within some seconds."""
SOCKET = "socket"
"""In the planner's folder."""
ASK_S_MAX = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Https:
    """Where people of other machines reach it, or a second person of this one."""

    address: str
    """`host:port`."""
    certificate: Path
    key: Path
    client_authority: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerOptions:
    """What `up` was told of a planner."""

    profile: Path
    """Of the sources that the plan was built from."""
    key: Path | None = None
    """Signs; needed where stations look at signatures."""
    versions: Path | None = None
    """A folder for each version of the software that a site may be upgraded to."""
    https: Https | None = None
    """None: nowhere but at its socket file."""


def list_planner_words(
    run_dir: Path, options: PlannerOptions, *, head_start_s: float
) -> tuple[str, ...]:
    """List what only a planner is started with; either of the two waits while the other runs."""
    key = () if options.key is None else ("--sign-key", str(options.key))
    versions = () if options.versions is None else ("--versions", str(options.versions))
    return (
        "planner", "run", "--folder", str(run_dir / ID), "--run-dir", str(run_dir),
        "--profile", str(options.profile), *key, *versions, "--standby", f"{head_start_s:g}",
        *_list_https(options.https),
    )  # fmt: skip


def _list_https(https: Https | None) -> tuple[str, ...]:
    if https is None:
        return ()
    return (
        "--https", https.address, "--cert", str(https.certificate), "--key", str(https.key),
        "--client-ca", str(https.client_authority),
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
