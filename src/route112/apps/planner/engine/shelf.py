"""
Candidates and snapshots on the planner's disk, each under its content hash.

    FOLDER/candidates/<content hash>.r112    what somebody may activate
    FOLDER/snapshots/<content hash>.r112     what stations fetch

Written aside, synced and renamed; a name never gets another content, so a file that is there is
whole and right.
"""

import contextlib
import re
from collections.abc import Collection
from pathlib import Path

from route112.adapters.atomic_file import MODE_PRIVATE, write_atomically
from route112.adapters.source_folder import read_plain
from route112.model import UtcTime
from route112.snapshot.errors import SnapshotError
from route112.snapshot.keys import verify_opened
from route112.snapshot.layout import TOTAL_SIZE_MAX
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import TRUST_SIZE_MAX, TrustError, TrustList, parse_trust

CANDIDATES_MAX = 50
"""Files kept; those that something uses are never removed, and the oldest of the others go."""
SNAPSHOTS_MAX = 50
_HASH = re.compile(r"[0-9a-f]{64}")
_SUFFIX = ".r112"


class CandidateError(Exception):
    """A file cannot be a candidate; the text says why."""


class Shelf:
    """
    The files of one planner.

    Args:
        folder: of the planner.
        trust: list of the keys that may have signed a candidate, read anew each time; None:
            signatures are not checked.
    Raises: OSError where the folders cannot be made.
    """

    def __init__(self, folder: Path, trust: Path | None) -> None:
        self._candidates, self._snapshots = folder / "candidates", folder / "snapshots"
        self._trust = trust
        self._opened: dict[str, Snapshot] = {}
        for each in (self._candidates, self._snapshots):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
            for leftover in each.glob(".*.new"):
                leftover.unlink()

    def find_snapshot(self, content_hash: str) -> Path | None:
        """Return the file that a station may fetch; None: there is none of this name."""
        return _find(self._snapshots, content_hash)

    def find_candidate(self, content_hash: str) -> Path | None:
        """Return the file of a candidate; None: there is none."""
        return _find(self._candidates, content_hash)

    def keep_candidate(self, path: Path, *, now: UtcTime) -> Snapshot:
        """
        Check a file as a station would, and keep it.

        Raises: CandidateError with what is wrong, or where it cannot be kept.
        """
        try:
            content = read_plain(path, TOTAL_SIZE_MAX)
            snapshot = Snapshot(content)
            if self._trust is not None:
                verify_opened(snapshot, read_trust(self._trust), now=now, floor=None)
            write_atomically(
                _name(self._candidates, snapshot.content_hash), content, mode=MODE_PRIVATE
            )
        except SnapshotError as error:
            raise CandidateError(f"{path} ({error.reason_code}): {error.message}") from error
        except TrustError as error:
            raise CandidateError(f"{self._trust}: {error}") from error
        except OSError as error:
            raise CandidateError(f"{error.filename or path}: {error.strerror}") from error
        return snapshot

    def open_candidate(self, content_hash: str) -> Snapshot:
        """
        Open a candidate that was kept; the last one stays open.

        Raises: CandidateError where it is there no more, or is damaged.
        """
        if content_hash not in self._opened:
            path = self.find_candidate(content_hash)
            if path is None:
                raise CandidateError(f"candidate {content_hash[:16]} is not there")
            try:
                snapshot = Snapshot(read_plain(path, TOTAL_SIZE_MAX))
            except (SnapshotError, OSError) as error:
                raise CandidateError(f"{path} cannot be read: {error}") from error
            if snapshot.content_hash != content_hash:
                raise CandidateError(f"{path} has another content")
            while len(self._opened) >= OPENED_MAX:
                del self._opened[next(iter(self._opened))]
            self._opened[content_hash] = snapshot
        return self._opened[content_hash]

    def offer_candidate(self, content_hash: str) -> None:
        """Let stations fetch a candidate as it is; raises CandidateError."""
        path = self.find_candidate(content_hash)
        if path is None:
            raise CandidateError(f"candidate {content_hash[:16]} is not there")
        try:
            self.keep_snapshot(content_hash, read_plain(path, TOTAL_SIZE_MAX))
        except OSError as error:
            raise CandidateError(f"{path}: {error.strerror}") from error

    def keep_snapshot(self, content_hash: str, content: bytes) -> Path:
        """Keep what a generation became; raises OSError where there is no room."""
        path = _name(self._snapshots, content_hash)
        write_atomically(path, content, mode=MODE_PRIVATE)
        return path

    def prune(self, *, candidates: Collection[str], snapshots: Collection[str]) -> None:
        """Remove the oldest files, never those that are named here."""
        _prune(self._candidates, candidates, CANDIDATES_MAX)
        _prune(self._snapshots, snapshots, SNAPSHOTS_MAX)


OPENED_MAX = 2
"""Candidates kept open: of a change there are two in use, one before and one behind."""


def read_trust(path: Path) -> TrustList:
    """Read a trust list; raises OSError, TrustError."""
    return parse_trust(read_plain(path, TRUST_SIZE_MAX))


def _name(folder: Path, content_hash: str) -> Path:
    assert _HASH.fullmatch(content_hash), "names are made of hashes alone"
    return folder / f"{content_hash}{_SUFFIX}"


def _find(folder: Path, content_hash: str) -> Path | None:
    if not _HASH.fullmatch(content_hash):
        return None
    path = _name(folder, content_hash)
    return path if path.is_file() else None


def _prune(folder: Path, used: Collection[str], count_max: int) -> None:
    """Remove the oldest; one that cannot be removed now waits for the next time."""
    with contextlib.suppress(OSError):
        old = [path for path in folder.glob(f"*{_SUFFIX}") if path.stem not in used]
        old.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in old[count_max:]:
            path.unlink()
