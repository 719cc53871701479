"""What an exercise gives each member that may be hurt: offers, a clock and a disk of its own."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.supervision import SupervisionError

OFFERED = "offered.r112"
"""In a member's folder: where it looks for snapshots; leads to the plan of all."""
CLOCK = "clock"
"""In a member's folder: by how many seconds its clock differs."""
MOUNT_SECONDS_MAX = 10.0
PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
_LIBRARY = "*/faketime/libfaketimeMT.so.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a run was asked to give."""

    disk_mb: int = 0
    """Size of each disk; 0: none."""
    fake_clocks: bool = False


def check_extras(extras: Extras) -> str:
    """Say what is missing for what was asked; empty where nothing is."""
    if extras.disk_mb and os.geteuid() != 0:
        return "disks of their own need root"
    if extras.fake_clocks and find_library() is None:
        return "clocks of their own need libfaketime; Debian: apt-get install faketime"
    return ""


def find_library() -> Path | None:
    """Return the library that shows a program another clock."""
    return next(Path("/usr/lib").glob(_LIBRARY), None)


def prepare(folder: Path, plan: Path, extras: Extras) -> Mapping[str, str]:
    """
    Make ready the folder of a site or an edge; return what its environment gets.

    Raises: OSError, SupervisionError where a disk cannot be had.
    """
    if extras.disk_mb and not folder.is_mount():
        _mount(folder, extras.disk_mb)
    offered = folder / OFFERED
    aside = offered.with_name(f".{OFFERED}.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(plan)
    aside.replace(offered)
    if not extras.fake_clocks:
        return {}
    (folder / CLOCK).write_text("+0\n", encoding="ascii")
    return {
        "LD_PRELOAD": str(find_library()),
        "FAKETIME_TIMESTAMP_FILE": str(folder / CLOCK),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def release(folder: Path) -> None:
    """Take the disk away from a folder, and keep what is on it; raises SupervisionError."""
    (folder / CLOCK).unlink(missing_ok=True)
    if not folder.is_mount():
        return
    kept = folder.with_name(f".{folder.name}.kept")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(folder, kept, symlinks=True, ignore=_list_sockets)
    _run("umount", str(folder))
    shutil.rmtree(folder)  # as it was before the disk, which had a copy
    kept.rename(folder)


def _mount(folder: Path, size_mb: int) -> None:
    """Mount a disk in memory over a folder, with what is in it already."""
    before = folder.with_name(f".{folder.name}.kept")
    shutil.rmtree(before, ignore_errors=True)
    shutil.copytree(folder, before, symlinks=True, ignore=_list_sockets)
    _run("mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0700", "tmpfs", str(folder))
    shutil.copytree(before, folder, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(before)


def _list_sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_socket()]


def _run(*argv: str) -> None:
    program = shutil.which(argv[0], path=PATH)
    if program is None:
        raise SupervisionError(f"{argv[0]} is not installed")
    done = subprocess.run(  # noqa: S603  found in the system's folders
        [program, *argv[1:]],
        capture_output=True,
        text=True,
        timeout=MOUNT_SECONDS_MAX,
        check=False,
    )
    if done.returncode:
        raise SupervisionError(f"{argv[0]} {argv[-1]}: {done.stderr.strip()}")
