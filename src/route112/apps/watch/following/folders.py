"""One records folder as a source, also while it comes and goes."""

import errno
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from route112.adapters.record_spool import Folder, Position, Reader, has_records
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
        """
        Return the next records; raise OSError where the folder cannot be read.

        What comes before the place that cannot be read is given first.
        """
        records: list[Record] = []
        try:
            self._read(records, count_max)
        except (OSError, ValueError):
            self._reader = self._pending = None
            if not records:
                raise
        if records:
            self._position = Position(records[-1].writer, records[-1].sequence)
        return records

    def _read(self, records: list[Record], count_max: int) -> None:
        inode = self._path.stat().st_ino
        if self._position is not None and not has_records(Folder(self._path)):
            # Where a disk is not mounted its place is an empty folder.
            raise FileNotFoundError(errno.ENOENT, "it is empty, and records were read of it")
        if self._reader is None or inode != self._inode:
            self._reader = Reader(Folder(self._path), self._position)
            self._pending, self._inode = None, inode
        if self._pending is None:
            self._pending = self._reader.read()
        for record in islice(self._pending, count_max):
            records.append(record)  # noqa: PERF402  what was read is kept when the next raises
        if len(records) < count_max:
            self._pending = None


def list_folders(run_dir: Path) -> list[Path]:
    """List the records folders of all members of a country that are there now."""
    return sorted(path.resolve() for path in run_dir.glob(f"*/{RECORDS}") if path.is_dir())


def list_expected(run_dir: Path, stations: Iterable[str], known: Collection[str]) -> list[Path]:
    """
    List the records folders of stations that are to be there, whether they are or not.

    Args:
        known: folders that have been read before.
    """
    expected = ((run_dir / station / RECORDS).resolve() for station in sorted(stations))
    return [path for path in expected if str(path) in known]


def find_records(path: Path, known: Collection[str] = ()) -> Path:
    """Return the records folder that is meant: this one, or the one in it, be it away or not."""
    inner = path / RECORDS
    return (inner if inner.is_dir() or str(inner.resolve()) in known else path).resolve()
