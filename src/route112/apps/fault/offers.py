"""Bad snapshots, each offered to one member alone."""

import os
from dataclasses import replace
from pathlib import Path

from route112.adapters.source_folder import read_plain
from route112.apps.country_run.exercise import OFFERED
from route112.apps.country_run.planned import own_plan
from route112.apps.fault.book import Fault
from route112.apps.fault.ground import Ground
from route112.apps.fault.kinds import FaultError
from route112.snapshot.frame import content_hash, open_frame, plan_hash

GARBAGE = b"no snapshot\n" * 400
FILE_BYTES_MAX = 256 * 1024 * 1024
"""Of a file that is named: as much is held in memory, and written for each target."""
MODE = 0o600


def begin_offer(ground: Ground, fault: Fault) -> None:
    """Put a bad file where each target looks for a snapshot."""
    named = str(fault.settings["file"])
    content = _read(named) if named else _make(ground, fault)
    for target in fault.targets:
        offered = _find(ground, target)
        aside = offered.with_name(f".{offered.name}.new")
        aside.unlink(missing_ok=True)
        _write(aside, content)
        aside.replace(offered)


def end_offer(ground: Ground, fault: Fault) -> None:
    """Offer the plan of all again."""
    for target in fault.targets:
        folder = ground.folder(target)
        plan = own_plan(folder) if ground.state.has_planner else Path(ground.state.plan)
        point_to(folder / OFFERED, plan)


def point_to(offered: Path, plan: Path) -> None:
    """Make a member's own place show the plan of all."""
    aside = offered.with_name(f".{offered.name}.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(plan)
    aside.replace(offered)


def _find(ground: Ground, target: str) -> Path:
    path = ground.folder(target) / OFFERED
    if not path.is_symlink():
        raise FaultError(
            f"{target} has no offers of its own", "Start it again with `route112 up --exercise`"
        )
    return path


def _read(named: str) -> bytes:
    """Read a file as whoever asked for the fault may; raises FaultError."""
    try:
        content = read_plain(Path(named), FILE_BYTES_MAX)
    except OSError as error:
        raise FaultError(
            f"{named}: {error.strerror}", "Name a plain file that you may read with file="
        ) from error
    if len(content) > FILE_BYTES_MAX:
        raise FaultError(
            f"{named} has more than {FILE_BYTES_MAX:,} bytes", "Name a smaller one with file="
        )
    return content


def _write(aside: Path, content: bytes) -> None:
    """Write for the user of the run alone: what was named may be nobody else's business."""
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
        file.write(content)
    if os.geteuid() == 0:
        owner = aside.parent.stat()
        os.chown(aside, owner.st_uid, owner.st_gid)


def _make(ground: Ground, fault: Fault) -> bytes:
    """Return garbage, or the plan of all under a header that says something else."""
    if fault.settings["content"] == "garbage":
        return GARBAGE
    try:
        content = bytearray(Path(ground.state.plan).read_bytes())
    except OSError as error:
        raise FaultError(
            f"{ground.state.plan}: {error.strerror}", "Put the plan back, or name a file="
        ) from error
    header = open_frame(bytes(content)).header
    if fault.settings["content"] == "older":
        if header.generation <= 1:
            raise FaultError("there is no generation below 1", "Name a file=")
        header = replace(header, generation=header.generation - 1)
    else:
        header = replace(header, valid_until=header.valid_until + 1)
    size = len(header.pack())
    for _ in range(2):  # each hash covers the header as it stands
        content[:size] = header.pack()
        view = memoryview(bytes(content))
        header = replace(header, plan_hash=plan_hash(view, header))
        content[:size] = header.pack()
        view = memoryview(bytes(content))
        header = replace(header, content_hash=content_hash(view, header))
    content[:size] = header.pack()
    return bytes(content)
