"""Whether the disk of a run has room for what its sites and edges write at their first start."""

import os
from collections.abc import Iterable
from pathlib import Path

from route112.apps.country_run.members import Kind, Member
from route112.apps.station.disk import FULL_BYTES

STATIONS = (Kind.SITE, Kind.EDGE)
"""Members that keep a snapshot of their own."""
PLANS_EACH = 1.5
"""Times the size of the snapshot: a copy of it, and a native table of about a third."""
CURRENT = "current"
"""In a member's folder: names the snapshot that it keeps already."""
BYTES_PER_MB = 1_000_000


def describe_lack(members: Iterable[Member], plan: Path, run_dir: Path) -> str:
    """
    Say how much room is missing; empty where there is enough.

    Those that have started here before need none: they serve on with what they keep.
    Raises: OSError.
    """
    fresh = [
        member
        for member in members
        if member.kind in STATIONS and not (member.folder / CURRENT).exists()
    ]
    wanted = len(fresh) * (int(plan.stat().st_size * PLANS_EACH) + FULL_BYTES)
    disk = os.statvfs(run_dir)
    free = disk.f_bavail * disk.f_frsize
    if free >= wanted:
        return ""
    return (
        f"the disk of {run_dir} is full: {free / BYTES_PER_MB:.0f} MB are free, and "
        f"{len(fresh)} sites and edges need {wanted / BYTES_PER_MB:.0f} MB to begin with"
    )
