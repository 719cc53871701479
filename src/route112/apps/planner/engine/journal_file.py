"""The journal of changes on a real disk, and the state that it says."""

from collections.abc import Sequence
from pathlib import Path

from route112.adapters.chained_file import ChainedFile, ChainedFileError
from route112.change import JOURNAL, State, apply, parse_journal, render_event, replay
from route112.change.events import Event


class JournalError(Exception):
    """An event could not be written, so that nothing happened; the text says why."""


class JournalFile:
    """
    A journal that one planner at a time has open.

    Raises: JournalError where it cannot be had, is another planner's, or was altered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.state = State()
        """Behind everything that is written."""
        self.torn = 0
        """Bytes of a line that were cut off when it was opened."""
        self._file: ChainedFile | None = None
        self._open()

    def _open(self) -> ChainedFile:
        try:
            file = ChainedFile(self._path, JOURNAL)
        except ChainedFileError as error:
            raise JournalError(str(error)) from error
        try:
            journal = parse_journal(file.read())
        except (ChainedFileError, OSError) as error:
            file.close()
            raise JournalError(f"{self._path} cannot be read: {error}") from error
        if journal.flaw:
            file.close()
            raise JournalError(f"{self._path}: {journal.flaw}; was it written by a later version?")
        self._file, self.torn, self.state = file, file.torn, replay(journal.events)
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
        try:
            self._file.append(lines, end)
        except ChainedFileError as error:
            if self._file.is_shut:
                self._file = None
            raise JournalError(str(error)) from error
        for event in events:
            self.state = apply(self.state, event)
        return self.state

    def close(self) -> None:
        """Let another planner have it."""
        if self._file is not None:
            self._file.close()
            self._file = None
