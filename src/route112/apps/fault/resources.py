"""Faults of a member's own machine: memory, disk, clock."""

import contextlib
import errno
import os
import resource
from pathlib import Path

from route112.adapters.supervision import find_start
from route112.apps.country_run.exercise import CLOCK
from route112.apps.fault.book import Fault
from route112.apps.fault.ground import Ground
from route112.apps.fault.kinds import FaultError

FILLING = ".exercise-full"
"""File that takes what is left of a disk."""
FILL_BYTES_MAX = 4 * 1024**3
CHUNK = bytes(1024 * 1024)
KB = 1024
PAGE = resource.getpagesize()


def begin_memory(ground: Ground, fault: Fault) -> None:
    """Give every process of the members what it has, and no more."""
    spare = int(fault.settings["spare_kb"]) * KB
    limits = []
    for target in fault.targets:
        for pid in (*ground.list_leading(target), *ground.list_kamailio(target)):
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                limits.append(_limit(pid, spare))
    fault.notes["limits"] = limits
    if not limits:
        raise FaultError("no process of it runs", "`route112 status` says why")


def _limit(pid: int, spare: int) -> tuple[int, int, int]:
    """Limit one process; return it, its start and its limit before."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[0])
    before, hard = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (pages * PAGE + spare, hard))
    return pid, find_start(pid) or 0, before


def end_memory(_ground: Ground, fault: Fault) -> None:
    """Give those that still run their limits back, and those that were started by them, too."""
    for pid, start, before in fault.notes.get("limits", ()):
        if find_start(pid) == start:
            with contextlib.suppress(ProcessLookupError):
                _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
                resource.prlimit(pid, resource.RLIMIT_AS, (before, hard))


def begin_disk(ground: Ground, fault: Fault) -> None:
    """Fill the members' own disks; raises FaultError where they have none."""
    for target in fault.targets:
        if not ground.folder(target).is_mount():
            raise FaultError(
                f"{target} has no disk of its own: it would fill this machine's",
                "Start as root with `route112 up --exercise --disk-mb 64`",
            )
    for target in fault.targets:
        _fill(ground.folder(target) / FILLING, int(fault.settings["spare_kb"]) * KB)


def _fill(path: Path, spare: int) -> None:
    size = 0
    with path.open("wb", buffering=0) as file:
        try:
            while size < FILL_BYTES_MAX:
                size += file.write(CHUNK) or 0
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        os.truncate(path, max(0, size - spare))


def end_disk(ground: Ground, fault: Fault) -> None:
    """Remove what fills them."""
    for target in fault.targets:
        (ground.folder(target) / FILLING).unlink(missing_ok=True)


def begin_clock(ground: Ground, fault: Fault) -> None:
    """Set the members' clocks; raises FaultError where they have none of their own."""
    for target in fault.targets:
        if not (ground.folder(target) / CLOCK).exists():
            raise FaultError(
                f"{target} has the clock of this machine",
                "Start with `route112 up --exercise --fake-clocks`",
            )
    _set_clocks(ground, fault, int(fault.settings["by_s"]))


def end_clock(ground: Ground, fault: Fault) -> None:
    """Set them back."""
    _set_clocks(ground, fault, 0)


def _set_clocks(ground: Ground, fault: Fault, by_s: int) -> None:
    for target in fault.targets:
        path = ground.folder(target) / CLOCK
        if path.exists():
            aside = path.with_name(f".{path.name}.new")
            aside.write_text(f"{by_s:+d}\n", encoding="ascii")
            aside.replace(path)
