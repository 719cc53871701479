"""
The snapshots that a site has accepted, on its own disk, and the one in force.

    RUN-DIR/snapshots/g<generation>-<first 16 digits of the content hash>.r112
    RUN-DIR/current         one line: the path of the staged file in force

A file is staged under its final name before `current` names it; each step is written aside, synced
and renamed. So whatever stops the program between two steps, `current` names a whole file that was
accepted. What `current` names is the floor: nothing older, and no other content under its
generation, is accepted. Workers that map a file keep it: staged files are replaced and removed by
name only.

"""

import contextlib
import errno
import mmap
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from route112.model import UtcTime
from route112.snapshot.errors import Reason, SnapshotError
from route112.snapshot.keys import Accepted, choose, verify_opened
from route112.snapshot.layout import TOTAL_SIZE_MAX
from route112.snapshot.reader import Generation, Snapshot
from route112.snapshot.trust import TrustList

STAGED_MAX = 3
"""Staged files kept: the one in force and those before it, for whoever asks what was served."""
POINTER_BYTES_MAX = 4_096
"""Bytes of `current`."""
HASH_DIGITS = 16
"""Digits of the content hash in a file's name."""
MODE = 0o600

_NAME = re.compile(rf"g([1-9][0-9]{{0,19}})-([0-9a-f]{{{HASH_DIGITS}}})\.r112")


def read_current(folder: Path) -> tuple[int, str] | None:
    """
    Return generation and first digits of the content that a station has in force, by its folder.

    None where nothing is, or that cannot be read now. The file itself is not opened.
    """
    try:
        line = _read_file(folder / "current", POINTER_BYTES_MAX)
        name = Path(os.fsdecode(line).strip()).name
    except OSError:
        return None
    match = _NAME.fullmatch(name)
    return None if match is None else (int(match[1]), match[2])


class StagingError(Exception):
    """The folder of staged files cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A file in force, and the snapshot read from it."""

    path: Path
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Offer:
    """What became of an offered file."""

    in_force: Staged | None
    """The offered snapshot, or the one that stays."""
    changed: bool = False
    """Whether another snapshot is in force than before."""
    reason: str = ""
    """Why the offered file was refused, in kebab-case; empty where it was not."""
    message: str = ""


class Staging:
    """
    The staged files below one folder. One program at a time: see `lock_folder` of supervision.

    Raises: StagingError where the folder cannot be made or read.
    """

    def __init__(self, folder: Path, trust: TrustList | None, *, now: UtcTime) -> None:
        self.current = folder / "current"
        self._snapshots = folder / "snapshots"
        self.trust = trust
        """Keys that count from the next offer on; None: signatures are not checked."""
        self.in_force: Staged | None = None
        self.damage = ""
        """Why the file that `current` names cannot be served; empty where it can."""
        self._floor_digits: tuple[int, str] | None = None
        try:
            self._snapshots.mkdir(parents=True, exist_ok=True, mode=0o700)
            for leftover in (*self._snapshots.glob(".g*.new"), *folder.glob(".current.*.new")):
                leftover.unlink()
            self._open_current(now)
            if self.in_force is not None:
                self._prune(self.in_force.path)
        except OSError as error:
            raise StagingError(f"{folder} cannot be used: {error.strerror}") from error

    def _open_current(self, now: UtcTime) -> None:
        """Open what was in force when the program ended last; only a revoked key counts now."""
        path = self._read_pointer()
        if path is None:
            return
        match = _NAME.fullmatch(path.name)
        self._floor_digits = None if match is None else (int(match[1]), match[2])
        try:
            snapshot = Snapshot(path.read_bytes())
            if self.trust is not None:
                verify_opened(snapshot, self.trust, now=now, floor=snapshot.floor)
            self.in_force = Staged(path, _map(path))
        except OSError as error:
            self.damage = f"{path}: {error.strerror}"
        except SnapshotError as error:
            self.damage = f"{path}: {error.message}"

    def _read_pointer(self) -> Path | None:
        try:
            line = _read_file(self.current, POINTER_BYTES_MAX)
        except FileNotFoundError:
            return None
        return Path(os.fsdecode(line.rstrip(b"\n")))

    def offer(self, path: Path, *, now: UtcTime) -> Offer:
        """
        Judge the file at `path`, and put it in force where it is good.

        Raises: StagingError where it is good and cannot be staged; the one in force then stays.
        """
        try:
            content = _read_file(path, TOTAL_SIZE_MAX + 1)
        except OSError as error:
            return self._refuse("unreadable", f"{path} cannot be read: {error.strerror}")
        judged = self._judge(content, now)
        if not isinstance(judged, Snapshot):
            return self._refuse(judged.reason_code, judged.message)
        if self.in_force is not None and judged.floor == self.in_force.snapshot.floor:
            return Offer(self.in_force)
        try:
            self.in_force = self._stage(judged, content)
        except OSError as error:
            raise StagingError(
                f"g{judged.generation} is good and cannot be staged: {error.strerror}"
            ) from error
        return Offer(self.in_force, changed=True)

    def _refuse(self, reason: str, message: str) -> Offer:
        return Offer(self.in_force, reason=reason, message=message)

    def _judge(self, content: bytes, now: UtcTime) -> Snapshot | SnapshotError:
        """Return the snapshot if it may follow the one in force."""
        current = None if self.in_force is None else self.in_force.snapshot
        if self.trust is None:
            try:
                snapshot = Snapshot(content)
            except SnapshotError as error:
                return error
        else:
            judged = choose(current, content, self.trust, now=now)
            if not isinstance(judged, Accepted):
                return SnapshotError(judged.reason, judged.message)
            snapshot = judged.snapshot
        return self._check_floor(snapshot.floor) or snapshot

    def _check_floor(self, offered: Generation) -> SnapshotError | None:
        """Compare with the floor: needed where nobody signs, or the file in force is damaged."""
        if self._floor_digits is None:
            return None
        number, digits = self._floor_digits
        if offered.number < number:
            return SnapshotError(
                Reason.OLDER_GENERATION,
                f"generation {offered.number} is older than {number}, already accepted",
            )
        if offered.number == number and offered.content_hash[:HASH_DIGITS] != digits:
            return SnapshotError(
                Reason.SAME_GENERATION_OTHER_CONTENT,
                f"generation {number} was accepted with other content",
            )
        return None

    def _stage(self, snapshot: Snapshot, content: bytes) -> Staged:
        digits = snapshot.content_hash[:HASH_DIGITS]
        path = self._snapshots / f"g{snapshot.generation}-{digits}.r112"
        _replace(path, content)
        _replace(self.current, os.fsencode(path) + b"\n")
        self._floor_digits = (snapshot.generation, digits)
        self.damage = ""
        self._prune(path)
        return Staged(path, _map(path))

    def _prune(self, kept: Path) -> None:
        """Remove the oldest staged files."""
        names = [
            match for path in self._snapshots.iterdir() if (match := _NAME.fullmatch(path.name))
        ]
        names.sort(key=lambda match: int(match[1]), reverse=True)
        old = [match.string for match in names if match.string != kept.name]
        # The new file is in force already; one that cannot be removed waits for the next time.
        with contextlib.suppress(OSError):
            for name in old[STAGED_MAX - 1 :]:
                (self._snapshots / name).unlink()


def _map(path: Path) -> Snapshot:
    """
    Open a staged file that was verified: the supervisor and the workers share its pages.

    Raises: OSError, SnapshotError.
    """
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return Snapshot(content, checked=True)


def _replace(path: Path, content: bytes) -> None:
    """Write a file aside, sync it, rename it, and sync the renaming."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), MODE)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read_file(path: Path, bytes_max: int) -> bytes:
    """Read a file and nothing else: a pipe or a device may never end, or never begin."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no regular file")
    with os.fdopen(handle, "rb") as file:
        return file.read(bytes_max)
