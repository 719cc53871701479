"""
Whether a planner's journal and audit log still say what they said.

A chain shows each altered line but the last ones: lines that were cut from the end, or written
anew with seals that fit, show only to whoever knows the newest seal. Watch does, since it is a
program of its own: it keeps the last line of each log, and reads on from there.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from route112.access import AUDIT
from route112.change.journal import JOURNAL
from route112.watch.detectors import Deviation, Lapse
from route112.watch.series import Series
from route112.wire.chained import LINE_BYTES_MAX, ChainEnd, parse_chain

LOGS: Mapping[str, ChainEnd] = MappingProxyType({"audit": AUDIT, "journal": JOURNAL})
"""What the first line of each stands behind: of `audit.log`, kept as `audit-....log` when full."""
PART_BYTES = 1 << 20
"""Read of a log at one look; the rest comes with the next ones."""
_LAST = re.compile(rb"C1 [^\n]* sha256=([0-9a-f]{64})\n")
_NUMBER = re.compile(rb"C1 [a-z-]+ n=([0-9]{1,18}) ")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A log as far as it was read."""

    inode: int
    end: ChainEnd
    size: int = 0
    line: bytes = b""
    """The last one, with its end."""


class _AlteredError(Exception):
    """A log says something else than before; the text says where."""


class LogEnds:
    """
    Compares the logs of a planner with what they said when watch last looked.

    What is found is told until watch is started again.

    Args:
        folder: of the planner; what cannot be read there is compared by nobody.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, _Seen] = {}
        self._told: dict[str, str] = {}

    def list_deviations(self) -> Iterator[Lapse]:
        """Tell of each log that says something else than it said."""
        for name in LOGS.keys() - self._told.keys():
            try:
                self._look(name)
            except (FileNotFoundError, PermissionError):
                continue
            except _AlteredError as error:
                self._told[name] = str(error)
        for name, text in sorted(self._told.items()):
            said = f"{name}.log of the planner is not what it was: {text}; keep it as it is"
            yield Deviation(name=f"log {name}", said=said, series=Series())

    def _look(self, name: str) -> None:
        with (self._folder / f"{name}.log").open("rb") as file:
            inode = _find_inode(file)
            seen = self._seen.get(name)
            if seen is None:
                self._seen[name] = _take_last(file, LOGS[name])
                return
            if seen.inode != inode:
                self._follow_kept(name, seen)
                seen = _Seen(inode, LOGS[name])
            self._seen[name] = _follow(file, seen)

    def _follow_kept(self, name: str, seen: _Seen) -> None:
        """Make sure that what another file took the place of is kept as it was."""
        for path in self._folder.glob(f"{name}-*.log"):
            with path.open("rb") as file:
                if _find_inode(file) == seen.inode:
                    _follow(file, seen)
                    return
        raise _AlteredError("another file is in its place, and it is kept under no name beside it")


def _find_inode(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_ino


def _take_last(file: BinaryIO, begin: ChainEnd) -> _Seen:
    """Take the last whole line for what was said; whoever opens the log verifies all of it."""
    size = file.seek(0, 2)
    start = file.seek(max(0, size - 2 * LINE_BYTES_MAX))
    content = file.read(size - start)
    content = content[: content.rfind(b"\n") + 1]
    if not content:
        return _Seen(_find_inode(file), begin)
    line = content[content.rfind(b"\n", 0, -1) + 1 :]
    seal, number = _LAST.fullmatch(line), _NUMBER.match(line)
    if seal is None or number is None:
        raise _AlteredError("its last line is none")
    end = ChainEnd(int(number[1]), seal[1].decode("ascii"))
    return _Seen(_find_inode(file), end, start + len(content), line)


def _follow(file: BinaryIO, seen: _Seen) -> _Seen:
    """Read on behind what was seen. Raises: _AlteredError."""
    file.seek(seen.size - len(seen.line))
    if file.read(len(seen.line)) != seen.line:
        raise _AlteredError(f"line {seen.end.number} was there, and is gone or another one")
    content = file.read(PART_BYTES)
    chain = parse_chain(content, after=seen.end)
    if chain.flaw:
        raise _AlteredError(chain.flaw)
    if not chain.lines:
        return seen
    whole = content[: chain.size]
    line = whole[whole.rfind(b"\n", 0, -1) + 1 :]
    return replace(seen, end=chain.end, size=seen.size + chain.size, line=line)
