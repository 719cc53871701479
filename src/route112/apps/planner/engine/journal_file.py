"""The journal of changes on a real disk, and the state that it says."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.chained_file import (
    ChainedFile,
    ChainedFileError,
    FullError,
    Prefix,
)
from route112.change import JOURNAL, State, apply, parse_journal, render_event
from route112.change.events import Event

PIECE_BYTES = 1 << 20
"""Read at a time by who waits: what is under way when its turn comes is not waited for."""
FULL = "docs/change.md says what to do, under `A full journal`"


class JournalError(Exception):
    """An event could not be written, so that nothing happened; the text says why."""


@dataclass(frozen=True, slots=True)
class ReadJournal:
    """The first events of a journal that was read while another planner had it."""

    prefix: Prefix
    state: State
    """Behind them."""


NOTHING_READ = ReadJournal(Prefix(0, hashlib.sha256().hexdigest(), JOURNAL), State())


class JournalReader:
    """Reads a journal that another planner writes, each time what has come since."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known = NOTHING_READ
        """What was read, whole and sound."""
        self._digest = hashlib.sha256()

    def read(self) -> bool:
        """
        Read on, a piece at most; tell whether there may be more.

        What does not follow is read from its beginning the next time. Raises: OSError.
        """
        known = self.known
        if not self._path.exists():
            return False
        with self._path.open("rb") as file:
            file.seek(known.prefix.size)
            content = file.read(PIECE_BYTES)
        journal = parse_journal(content, after=known.prefix.end)
        if journal.flaw:
            self.known, self._digest = NOTHING_READ, hashlib.sha256()
            return False
        self._digest.update(memoryview(content)[: journal.size])
        size = known.prefix.size + journal.size
        prefix = Prefix(size, self._digest.hexdigest(), journal.end)
        self.known = ReadJournal(prefix, _apply_all(known.state, journal.events))
        return bool(journal.size) and len(content) == PIECE_BYTES


class JournalFile:
    """
    A journal that one planner at a time has open.

    Args:
        path: made where it is missing.
        known: what was read of it before, so that only what follows has to be.
    Raises: JournalError where it cannot be had, is another planner's, or was altered.
    """

    def __init__(self, path: Path, known: ReadJournal = NOTHING_READ) -> None:
        self._path = path
        self.state = State()
        """Behind everything that is written."""
        self.torn = 0
        """Bytes of a line that were cut off when it was opened."""
        self._file: ChainedFile | None = None
        self._open(known)

    def _open(self, known: ReadJournal = NOTHING_READ) -> ChainedFile:
        try:
            file = ChainedFile(self._path, JOURNAL, known=known.prefix)
        except ChainedFileError as error:
            raise JournalError(str(error)) from error
        try:
            if file.known is None:
                known = NOTHING_READ
            content = file.read()[known.prefix.size :]
            journal = parse_journal(content, after=known.prefix.end)
        except (ChainedFileError, OSError) as error:
            file.close()
            raise JournalError(f"{self._path} cannot be read: {error}") from error
        if journal.flaw:
            file.close()
            raise JournalError(f"{self._path}: {journal.flaw}; was it written by a later version?")
        self._file, self.torn = file, file.torn
        self.state = _apply_all(known.state, journal.events)
        return file

    def append(self, events: Sequence[Event]) -> State:
        """
        Write events and sync them, all or none; return the state behind them.

        Where a write failed so badly that nobody knows what is on the disk, the next one begins
        by reading it; what is found there then has happened.

        Raises: JournalError; nothing may be done because of these events then.
        """
        if self._file is None:
            self._open()
            raise JournalError(
                f"{self._path} was opened anew, since a write had failed: ask again"
            )
        lines, end = b"", self._file.end
        for event in events:
            line, end = render_event(event, end)
            lines += line
        if parse_journal(lines, after=self._file.end).events != tuple(events):
            # With such a line no planner would ever start again.
            raise JournalError(f"{self._path}: what was to be written could not be read back")
        try:
            self._file.append(lines, end)
        except ChainedFileError as error:
            if self._file.is_shut:
                self._file = None
            remedy = f"; {FULL}" if isinstance(error, FullError) else ""
            raise JournalError(f"{error}{remedy}") from error
        self.state = _apply_all(self.state, events)
        return self.state

    def close(self) -> None:
        """Let another planner have it."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _apply_all(state: State, happened: Iterable[Event]) -> State:
    for event in happened:
        state = apply(state, event)
    return state
