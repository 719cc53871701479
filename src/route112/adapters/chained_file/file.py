"""
A file of chained lines on a real disk: the journal of changes, the audit log.

One program at a time has it open. What `append` returned from is on the disk; what it raised on is
not in the file, or the file is shut until it is opened again, and what is found there then counts.
So whoever acts only behind `append` never acts on what was not written.
"""

import fcntl
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from route112.wire.chained import ChainEnd, parse_chain

FILE_BYTES_MAX = 64 << 20
"""Bytes of one file: about 200,000 lines. It is read whole when it is opened."""
MODE = 0o600


class ChainedFileError(Exception):
    """The file cannot be used; the text says why, and what to do."""


class FullError(ChainedFileError):
    """No further line has room in the file."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first lines of a file, verified before it was opened."""

    size: int
    """Bytes of these lines."""
    sha256: str
    """Of these bytes: whoever finds it finds them as they were verified."""
    end: ChainEnd
    """Where the chain ends behind them."""


class ChainedFile:
    """
    An open file of chained lines.

    Args:
        path: made where it is missing; its folder has to be there.
        begin: what its first line stands behind, `begin_chain` of its purpose.
        known: verified already; only that it is there unaltered is looked at, and what follows.
    Raises: ChainedFileError where it cannot be had, is another program's, or was altered.
    """

    def __init__(self, path: Path, begin: ChainEnd, *, known: Prefix | None = None) -> None:
        self.path = path
        self.end = begin
        """Where the chain ends: the next line stands behind it."""
        self.torn = 0
        """Bytes that were cut off when it was opened: a line that was never whole."""
        self.known = known
        """What it begins with; None: all of it was verified here."""
        self._begin = begin
        try:
            self._handle = self._open()
        except OSError as error:
            raise ChainedFileError(f"{path} cannot be opened: {error.strerror}") from error
        try:
            self._take_over()
        except OSError as error:
            self.close()
            raise ChainedFileError(f"{path} cannot be used: {error.strerror}") from error
        except ChainedFileError:
            self.close()
            raise

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        is_new = not self.path.exists()
        handle = os.open(self.path, flags, MODE)
        if is_new:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return handle

    def _take_over(self) -> None:
        """Verify what is there, and cut off the line that a writer before was killed in."""
        if not stat.S_ISREG(os.fstat(self._handle).st_mode):
            raise ChainedFileError(f"{self.path} is no regular file")
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ChainedFileError(f"{self.path}: another program has it open") from error
        content = self.read()
        if self.known is not None and not _begins(content, self.known):
            self.known = None
        start = 0 if self.known is None else self.known.size
        after = self._begin if self.known is None else self.known.end
        chain = parse_chain(content[start:], after=after)
        if chain.flaw:
            raise ChainedFileError(
                f"{self.path}: {chain.flaw}; keep it as it is, and compare it with a copy"
            )
        self.end, self.torn, self._size = chain.end, chain.torn, start + chain.size
        if chain.torn:
            os.ftruncate(self._handle, self._size)
        # A line that its writer did not live to sync is as good as written from here on.
        os.fsync(self._handle)

    @property
    def is_shut(self) -> bool:
        """Tell whether it was closed, by a write that failed badly too."""
        return self._handle < 0

    def read(self) -> bytes:
        """Return all that is in the file. Raises: ChainedFileError, OSError."""
        size = os.fstat(self._handle).st_size
        if size > FILE_BYTES_MAX:
            raise ChainedFileError(
                f"{self.path} has {size:,} bytes, and nothing here writes more than "
                f"{FILE_BYTES_MAX:,}: keep it as it is, and compare it with a copy"
            )
        content = b""
        while len(content) < size and (part := os.pread(self._handle, size, len(content))):
            content += part
        return content

    def append(self, lines: bytes, end: ChainEnd) -> None:
        """
        Write lines and sync them; all or nothing.

        Args:
            lines: rendered behind `self.end`.
            end: where the chain ends behind them.
        Raises: ChainedFileError; nothing may be done because of these lines then.
        """
        chain = parse_chain(lines, after=self.end)
        assert (chain.end, chain.size) == (end, len(lines)), "these lines do not follow"
        if self._handle < 0:
            raise ChainedFileError(f"{self.path} is shut since a write failed: open it again")
        if self._size + len(lines) > FILE_BYTES_MAX:
            raise FullError(f"{self.path} is full: it may have {FILE_BYTES_MAX:,} bytes")
        try:
            self._write(lines)
        except OSError as error:
            self._undo()
            raise ChainedFileError(f"{self.path} cannot be written: {error.strerror}") from error
        self.end, self._size = end, self._size + len(lines)

    def _write(self, lines: bytes) -> None:
        done = 0
        while done < len(lines):
            done += os.pwrite(self._handle, lines[done:], self._size + done)
        os.fdatasync(self._handle)

    def _undo(self) -> None:
        """Cut off what was written by halves; where not even that can be done, write no more."""
        try:
            os.ftruncate(self._handle, self._size)
            os.fdatasync(self._handle)
        except OSError:
            self.close()

    def close(self) -> None:
        """Let the file go; another program may open it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _begins(content: bytes, known: Prefix) -> bool:
    """Tell whether a file begins with the very bytes that were verified."""
    return hashlib.sha256(memoryview(content)[: known.size]).hexdigest() == known.sha256
