"""What files say that people change while watch runs: read again when they are others."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

Said = TypeVar("Said")


class Kept(Generic[Said]):
    """
    What a file says, or a folder; where it cannot be read, what it said before holds on.

    Args:
        path: the file or folder, as troubles name it.
        read: what it says; OSError or ValueError where it cannot be read.
        complain: told once of each trouble.
        list_files: those of a folder that are looked at; None: it is a file.
    """

    def __init__(
        self,
        path: Path,
        read: Callable[[], Said],
        complain: Callable[[str], None],
        *,
        list_files: Callable[[], Iterable[Path]] | None = None,
    ) -> None:
        self._path = path
        self._read = read
        self._complain = complain
        self._list_files = list_files or (lambda: (path,))
        self._stamp: object = None
        self._said: Said | None = None

    def get(self) -> Said | None:
        """Return what it says now, or said last; None: it could never be read."""
        stamp = tuple(map(_stamp, self._list_files()))
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._said = self._read()
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                self._complain(
                    f"{self._path} cannot be looked at: {reason}; what was known of it holds on"
                )
        return self._said


def _stamp(path: Path) -> tuple[object, ...]:
    try:
        found = path.stat()
    except OSError:
        return (path,)
    return path, found.st_ino, found.st_mtime_ns, found.st_size
