"""One records folder as a source, also while it comes and goes."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from route112.adapters.record_spool import Folder, Position, Reader
from route112.wire.record_lines import Record

RECORDS = "records"
"""Name of the records folder in the run directory of a station."""


class FolderSource:
    """
    Reads a records folder on from a position.

    A folder that has been replaced by another one is read from its beginning.
    """

    def __init__(self, path: Path, since: Position | None = None) -> None:
        self._path = path
        self._position = since
        self._inode = 0
        self._reader: Reader | None = None
        self._pending: Iterator[Record] | None = None

    @property
    def name(self) -> str:
        """The folder."""
        return str(self._path)

    def read(self, count_max: int) -> Sequence[Record]:
        """Return the next records; raise OSError where the folder cannot be read."""
        try:
            return self._read(count_max)
        except OSError:
            # What had been read of this piece has not been given: it is read again.
            self._reader = self._pending = None
            raise

    def _read(self, count_max: int) -> Sequence[Record]:
        inode = self._path.stat().st_ino
        if self._reader is None or inode != self._inode:
            self._reader = Reader(Folder(self._path), self._position)
            self._pending, self._inode = None, inode
        if self._pending is None:
            self._pending = self._reader.read()
        records = list(islice(self._pending, count_max))
        if len(records) < count_max:
            self._pending = None
        if records:
            self._position = Position(records[-1].writer, records[-1].sequence)
        return records


def list_folders(run_dir: Path) -> list[Path]:
    """List the records folders of all members of a country that are there now."""
    return sorted(path.resolve() for path in run_dir.glob(f"*/{RECORDS}") if path.is_dir())


def find_records(path: Path) -> Path:
    """Return the records folder that is meant: this one, or the one in it."""
    return (path / RECORDS if (path / RECORDS).is_dir() else path).resolve()
