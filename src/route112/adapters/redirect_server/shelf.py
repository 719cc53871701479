"""The snapshot that a server answers from, swapped in place when a newer one is there."""

import asyncio
import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

from route112.redirect import Book, RefusedError, read_book, read_trust
from route112.redirect.octets import FILE_BYTES_MAX
from route112.redirect.trust import TRUST_BYTES_MAX, Trust

RELOAD_S = 0.5
"""Seconds between two looks at the snapshot's file."""


class TrustError(ValueError):
    """The list of keys is none; the snapshot was not looked at."""


class Shelf:
    """
    The snapshot in force, and where the next one comes from.

    Args:
        path: the snapshot; watched.
        trust: the list of keys; watched as well. None: signatures are not looked at.
    Raises: OSError or RefusedError where there is nothing to begin with, TrustError where it is
        for the list of keys.
    """

    def __init__(self, path: Path, trust: Path | None, log: Callable[[str], None]) -> None:
        self._path = path
        self._trust_path = trust
        self._log = log
        self._trust_seen = _look(trust)
        self._trust = _begin_trust(trust) if trust else None
        self._seen: tuple[int, int, int] | None = None
        self.book: Book = self._read(None)
        self.since_s = wall_now() / 1e6
        """Since when it is in force, seconds since 1970."""

    async def watch(self) -> None:
        """Look at the files for ever, and take what is newer and sound."""
        while True:
            await asyncio.sleep(RELOAD_S)
            await self.refresh()

    async def refresh(self) -> None:
        """Take the file if it or the trust list has changed; say why where it is refused."""
        judged_anew = self._refresh_trust()
        seen = _look(self._path)
        if seen is None or (seen == self._seen and not judged_anew):
            return
        try:
            book = await asyncio.to_thread(self._read, self.book)
        except (OSError, RefusedError) as error:
            self._log(f"refused {self._path}: {error}; g{self.book.generation} stays in force")
            return
        if judged_anew and book.content_hash == self.book.content_hash:
            return
        self.book, self.since_s = book, wall_now() / 1e6
        self._log(f"g{self.book.generation} is in force")

    def _refresh_trust(self) -> bool:
        """Take the trust list if it has changed; a bad one, or none, changes nothing."""
        seen = _look(self._trust_path)
        if self._trust_path is None or seen in (None, self._trust_seen):
            return False
        self._trust_seen = seen
        try:
            self._trust = read_trust(_read_file(self._trust_path, TRUST_BYTES_MAX))
        except (OSError, RefusedError) as error:
            self._log(f"the trust list stays as it was: {self._trust_path}: {error}")
            return False
        self._log(f"the trust list was read anew: {len(self._trust)} keys")
        return True

    def _read(self, in_force: Book | None) -> Book:
        self._seen = _look(self._path)
        content = _read_file(self._path, FILE_BYTES_MAX)
        return read_book(content, trust=self._trust, now=wall_now(), in_force=in_force)


def _begin_trust(path: Path) -> Trust:
    try:
        return read_trust(_read_file(path, TRUST_BYTES_MAX))
    except RefusedError as error:
        raise TrustError(str(error)) from error


def _look(path: Path | None) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path) if path else None  # noqa: PTH116  one call, twice a second
    except OSError:
        return None  # a file that is gone displaces nothing
    return found and (found.st_mtime_ns, found.st_ino, found.st_size)


def _read_file(path: Path, bytes_max: int) -> bytes:
    """Read a file and nothing else: a pipe or a device may never end, or never begin."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no regular file")
    with os.fdopen(handle, "rb") as file:
        return file.read(bytes_max + 1)


def wall_now() -> int:
    """Return the wall clock, microseconds since 1970."""
    return time.time_ns() // 1_000
