"""
The snapshot that a worker serves: the one that `current` names, exchanged between two calls.

The supervisor has verified a staged file before `current` names it, so a worker maps it and leaves
out what takes time in the size of the file. Whatever is wrong with the new one, the old one stays,
and it is tried again a second later.
"""

import mmap
import os
import time
from collections.abc import Callable
from pathlib import Path

from route112.snapshot.reader import Snapshot

RETRY_NS = 1_000_000_000
"""After a file that could not be opened."""
BEHIND_NS = 10_000_000_000
"""A worker that has not been able to follow for so long is not well."""
POINTER_BYTES_MAX = 4_096


def map_snapshot(path: Path, *, checked: bool = False) -> Snapshot:
    """Map a file and open it; OSError, ValueError or SnapshotError where that fails."""
    with path.open("rb") as file:
        return Snapshot(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), checked=checked)


class Feed:
    """
    Follows `current`.

    Args:
        current: one line, the path of the staged file in force.
    Raises: OSError, ValueError or SnapshotError where there is nothing to begin with.
    """

    def __init__(
        self, current: Path, *, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._current = os.fspath(current)
        self._monotonic_ns = monotonic_ns
        self._stamp = self._look()
        self._behind_ns = 0
        """Since when the file in force could not be opened; 0: it is the one served."""
        self._retry_ns = 0
        self._tried: tuple[int, int] | None = None
        """What could not be opened, if it was the latest."""
        self.snapshot = map_snapshot(self._read_pointer())

    def refresh(self) -> str:
        """Serve what is in force; return what went wrong, once for each trial, or nothing."""
        stamp = None
        try:
            stamp = self._look()
            if stamp == self._stamp and not self._behind_ns:
                return ""
            if self._waits(stamp):
                return ""
            snapshot = map_snapshot(self._read_pointer(), checked=True)
        except Exception as error:  # noqa: BLE001  whatever it is, the old snapshot serves
            if self._waits(stamp):
                return ""
            now_ns = self._monotonic_ns()
            self._behind_ns = self._behind_ns or now_ns
            self._retry_ns = now_ns + RETRY_NS
            self._tried = stamp
            return f"keeps g{self.snapshot.generation}: {error!r}"
        self.snapshot = snapshot
        self._stamp = stamp
        self._behind_ns = 0
        return ""

    def is_behind(self) -> bool:
        """Tell whether this worker has long been serving another snapshot than it should."""
        return bool(self._behind_ns) and self._monotonic_ns() - self._behind_ns > BEHIND_NS

    def _waits(self, stamp: tuple[int, int] | None) -> bool:
        """Tell whether this very file, or its absence, has just been tried in vain."""
        return (
            bool(self._behind_ns)
            and stamp == self._tried
            and self._monotonic_ns() < self._retry_ns
        )

    def _look(self) -> tuple[int, int]:
        found = os.stat(self._current)  # noqa: PTH116  a microsecond, on the path of each call
        return found.st_ino, found.st_mtime_ns

    def _read_pointer(self) -> Path:
        with open(self._current, "rb") as file:  # noqa: PTH123
            return Path(os.fsdecode(file.read(POINTER_BYTES_MAX).rstrip(b"\n")))
