"""The sealed segments of a folder against their bound: first the alarm, then a counted loss."""

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.record_spool.disk import sync_folder
from route112.adapters.record_spool.layout import Checkpoint
from route112.adapters.record_spool.segments import (
    Segment,
    list_segments,
    name_segment,
    read_range,
)

NEAR_FULL, ARMED_AGAIN = 0.8, 0.7
"""Shares of the bound at which the alarm is raised, and below which it may be raised again."""

Append = Callable[[str, Mapping[str, str | int]], None]
"""Writes one record of kind `site`: event and fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a recorder may use."""

    bytes_max: int = 1 << 30
    """Segments and the blocks of the raw file together."""
    segment_bytes_max: int = 4 << 20
    """A segment is sealed at this size."""
    seal_seconds: float = 60.0
    """A segment is sealed when its first record is as old as that."""
    disk_free_bytes_min: int = 64 << 20
    """Less than this free on the disk raises the alarm."""


class Stock:
    """The segments that there are, and what has been said about their bound."""

    def __init__(self, folder: Path, bounds: Bounds, complain: Callable[[str], None]) -> None:
        self._folder = folder
        self._bounds = bounds
        self._complain = complain
        self._sizes: dict[Segment, int] = {}
        self._alarms: set[str] = set()

    def count(self) -> None:
        """Find the segments on the disk."""
        for segment in list_segments(self._folder):
            self._sizes[segment] = segment.path.stat().st_size

    def add(self, sealed: Checkpoint, size: int) -> None:
        """Count a segment that has just been sealed."""
        segment = Segment(self._folder / name_segment(sealed), sealed.writer, sealed.number)
        self._sizes[segment] = size

    def keep_bound(self, raw_bytes: int, append: Append) -> None:
        """
        Raise the alarm when it is due, and remove the oldest segments above the bound.

        Args:
            raw_bytes: blocks of the raw file, in bytes.
        Raises: OSError.
        """
        bytes_max = self._bounds.bytes_max
        used = raw_bytes + sum(self._sizes.values())
        words = f"they take {used:,} of {bytes_max:,} bytes; above it the oldest go"
        if self._is_raised("bound", used >= NEAR_FULL * bytes_max, used < ARMED_AGAIN * bytes_max):
            self._alarm("bound", words, append)
        disk, least = os.statvfs(self._folder), self._bounds.disk_free_bytes_min
        free = disk.f_bavail * disk.f_frsize
        if self._is_raised("disk", free < least, free > 2 * least):
            self._alarm("disk", f"{free:,} bytes are free on their disk", append)
        # The newest is never removed: it says where the raw file has been sealed.
        for segment in sorted(self._sizes, key=lambda segment: segment.number)[:-1]:
            if used <= bytes_max:
                return
            used -= self._remove(segment, append)

    def _is_raised(self, reason: str, now: bool, clear: bool) -> bool:
        """Tell whether an alarm is due that has not been raised before."""
        if clear:
            self._alarms.discard(reason)
        due = now and reason not in self._alarms
        if due:
            self._alarms.add(reason)
        return due

    def _alarm(self, reason: str, words: str, append: Append) -> None:
        self._complain(f"records: near full: {words}")
        append("records-near-full", {"reason": reason})

    def _remove(self, segment: Segment, append: Append) -> int:
        """Count the loss in a record, then remove; return the bytes that came free."""
        first, last = read_range(segment)
        fields: dict[str, str | int] = {
            "reason": segment.path.stem,
            "count": max(0, last - first + 1),
        }
        counted = False
        with contextlib.suppress(OSError):  # a full disk; there is room when it is removed
            append("records-lost", fields)
            counted = True
        segment.path.unlink(missing_ok=True)
        size = self._sizes.pop(segment)
        words = f"{segment.path.name} with {fields['count']:,} records removed"
        self._complain(f"records: lost: {words}: they are above their bound")
        sync_folder(self._folder)
        if not counted:
            append("records-lost", fields)
        return size
