"""
Candidates and snapshots on the planner's disk, each under its content hash.

    FOLDER/candidates/<content hash>.r112    what somebody may activate
    FOLDER/snapshots/<content hash>.r112     what stations fetch

Written aside, synced and renamed; a name never gets another content, so a file that is there is
whole and right.
"""

import contextlib
import os
import re
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from route112.adapters.atomic_file import MODE_PRIVATE, write_atomically
from route112.adapters.backup_file import clear_scratch
from route112.adapters.source_folder import read_plain
from route112.change import State
from route112.model import UtcTime
from route112.planning.orders.touched import PLANS_READ_MAX
from route112.snapshot.errors import SnapshotError
from route112.snapshot.keys import verify_opened
from route112.snapshot.layout import TOTAL_SIZE_MAX
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import TRUST_SIZE_MAX, TrustError, TrustList, parse_trust

READ_S_MAX = 30.0
"""For a reading that another thread began; it would have to be done anyhow."""
CANDIDATES_MAX = 50
"""Files kept; those that something uses are never removed, and the oldest of the others go."""
SNAPSHOTS_MAX = 50
BACKUP_PREFIX = ".backup-"
"""Of a folder in which `route112 backup` gathers, beside the originals."""
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
        self._signers: dict[str, str] = {}
        """Ids of keys, by the hash of a snapshot; empty: nobody signed it."""
        self._being_read: set[str] = set()
        self._reading = threading.Condition()
        for each in (self._candidates, self._snapshots):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)

    def clear_leftovers(self) -> None:
        """Remove what a planner or a backup that was killed was writing; raises OSError."""
        for each in (self._candidates, self._snapshots):
            for leftover in each.glob(".*.new"):
                leftover.unlink()
        clear_scratch(self._candidates.parent, BACKUP_PREFIX)

    @contextlib.contextmanager
    def reading(self, candidate: str, *, seconds_max: float | None = None) -> Iterator[bool]:
        """
        Begin when whoever reads this candidate has read it; those of others wait for nobody.

        Yields: false where it still was being read after `READ_S_MAX`, or `seconds_max`.
        """
        wait_s = READ_S_MAX if seconds_max is None else seconds_max
        with self._reading:
            has_turn = self._reading.wait_for(lambda: candidate not in self._being_read, wait_s)
            if has_turn:
                self._being_read.add(candidate)
        try:
            yield has_turn
        finally:
            if has_turn:
                with self._reading:
                    self._being_read.remove(candidate)
                    self._reading.notify_all()

    def note_used(self, candidates: Collection[str]) -> None:
        """Let what is in use count as newer than all that was only handed in."""
        # What cannot be marked is read when an order needs it.
        with contextlib.suppress(OSError):
            newest_ns = max(
                (path.stat().st_mtime_ns for path in self._list_candidates()), default=0
            )
            for path in filter(None, map(self.find_candidate, candidates)):
                os.utime(path, ns=(newest_ns + 1, newest_ns + 1))

    def list_unread(self) -> list[str]:
        """
        List the newest candidates that are not open, as many as are kept open, newest first.

        What is in force is one of these: see `note_used`.
        """
        with contextlib.suppress(OSError):
            found = [(path.stat().st_mtime_ns, path.stem) for path in self._list_candidates()]
            newest = [stem for _, stem in sorted(found, reverse=True)[:OPENED_MAX]]
            return [stem for stem in newest if stem not in self._opened]
        return []

    def _list_candidates(self) -> list[Path]:
        return [
            path for path in self._candidates.glob(f"*{_SUFFIX}") if _HASH.fullmatch(path.stem)
        ]

    def _find_mark(self, candidate: str) -> int:
        """Return what `note_used` marks files by; 0 where there is none."""
        with contextlib.suppress(OSError):
            return _name(self._candidates, candidate).stat().st_mtime_ns
        return 0

    def is_open(self, content_hash: str) -> bool:
        """Tell whether a candidate was read."""
        return content_hash in self._opened

    def find_snapshot(self, content_hash: str) -> Path | None:
        """Return the file that a station may fetch; None: there is none of this name."""
        return _find(self._snapshots, content_hash)

    def find_signer(self, content_hash: str) -> str | None:
        """Return the id of the key that signed a snapshot, "" for none; None: it is not there."""
        path = self.find_snapshot(content_hash)
        if content_hash not in self._signers and path is not None:
            with contextlib.suppress(SnapshotError, OSError):
                signature = Snapshot(read_plain(path, TOTAL_SIZE_MAX), checked=True).signature
                self._signers[content_hash] = "" if signature is None else signature.key_id
        return self._signers.get(content_hash)

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

    def keep_own(self, content_hash: str, content: bytes) -> None:
        """Keep what this planner made itself as a candidate; raises OSError."""
        write_atomically(_name(self._candidates, content_hash), content, mode=MODE_PRIVATE)

    def open_candidate(self, content_hash: str) -> Snapshot:
        """
        Open a candidate that was kept; the last one stays open.

        Raises: CandidateError where it is there no more, or is damaged.
        """
        snapshot = self._opened.get(content_hash)
        if snapshot is None:
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
                # Another thread may be at it, too.
                self._opened.pop(min(tuple(self._opened), key=self._find_mark), None)
            self._opened[content_hash] = snapshot
        return snapshot

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


def list_used(state: State) -> tuple[set[str], set[str]]:
    """Return candidates and snapshots that somebody shall have, or may have to go back to."""
    candidates = {state.candidate, *state.assigned.values()}
    candidates |= {state.change.candidate} if state.change is not None else set()
    generations = [state.generations.get(number) for number in state.wanted.values()]
    return candidates - {""}, {each.content_hash for each in generations if each is not None}


OPENED_MAX = PLANS_READ_MAX
"""Candidates kept open: all that are in use, or an order would read each of them anew."""


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
