"""Tells people that the disk of the run directory is full, and when that is over."""

import os
from pathlib import Path

from route112.apps.station.events import Reporter

FULL_BYTES = 1_048_576
"""Less than this is full: a snapshot, a native table or a segment of records does not fit."""
OVER_BYTES = 2 * FULL_BYTES
"""So much has to be free before it counts as over, or each line written would be news."""
PLANS_EACH = 1.5
"""Times the size of a snapshot that a station writes first: a copy, and a native table."""
BYTES_PER_MB = 1_000_000


def describe_room(folder: Path) -> str:
    """Say what to do about a disk that takes no file."""
    return f"Make room there (`df -h` and `df -i {folder}`), or name another --run-dir"


def describe_lack(fresh: int, plan: Path, folder: Path) -> str:
    """
    Say how much room is missing for stations that begin; empty where there is enough.

    Args:
        fresh: how many there are; one that keeps a snapshot already serves on with that.
        plan: the snapshot that each of them gets.
        folder: on whose disk they write.
    Raises: OSError.

    """
    wanted = fresh * (int(plan.stat().st_size * PLANS_EACH) + FULL_BYTES)
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free >= wanted:
        return ""
    return (
        f"the disk of {folder} is full: {free / BYTES_PER_MB:.0f} MB are free, and "
        f"{fresh} sites and edges need {wanted / BYTES_PER_MB:.0f} MB to begin with"
    )


class DiskWatch:
    """Looks at the room of one disk; says each change once."""

    def __init__(self, folder: Path, report: Reporter) -> None:
        self._folder = folder
        self._report = report
        self._full = False

    def look(self) -> None:
        """Compare with the last look."""
        try:
            disk = os.statvfs(self._folder)
        except OSError:
            return  # a disk that is gone is told by whoever wants to write
        free = disk.f_bavail * disk.f_frsize
        no_names = disk.f_files > 0 and disk.f_favail == 0
        if not self._full and (free < FULL_BYTES or no_names):
            self._full = True
            what = "has no room for another file" if no_names else "is full"
            self._report.tell(
                "disk-full",
                f"the disk of {self._folder} {what}: calls go on, but their records are lost, new "
                "snapshots wait and the native table stays. Make room now: `df -h` and `df -i` "
                f"show it; remove what is not ours, but never {self._folder}/records/raw.log",
                reason="no-inodes" if no_names else "no-space",
            )
        elif self._full and free >= OVER_BYTES and not no_names:
            self._full = False
            self._report.tell(
                "disk-free",
                f"the disk of {self._folder} has room again: records are written, the snapshot "
                "and the native table that waited are tried again by themselves",
                reason="room",
            )
