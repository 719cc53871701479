"""
The audit log on its disk: what it says is read back, each verdict is synced, a full file is kept.

A file that has grown to its bound is kept beside the new one under the time of its last line, and
the new one begins with the lines that still count: what waits, and what was used. It takes the
place of the one before by one rename.
"""

import os
from pathlib import Path

from route112.access import AUDIT, Ruling, Verdict, parse_audit, render_entry, restore_desk
from route112.access.requests import Desk
from route112.adapters.chained_file import ChainedFile, ChainedFileError
from route112.model import UtcTime

AUDIT_FILE = "audit.log"
NEXT_FILE = "audit.next"
"""A new log that is being begun."""
KEPT_PATTERN = "audit-{at}.log"
ROTATE_BYTES = 32 << 20
"""A file that has as many is kept, and a new one is begun: half of what can be opened."""


class AuditError(Exception):
    """The log cannot be read or written: nothing may be done; the text says what to do."""


class AuditLog:
    """
    The open log of one planner.

    Args:
        folder: the planner's own.
        rotate_bytes: where a new file is begun.
    Raises: AuditError where the log is another program's, was altered, or cannot be had.
    """

    def __init__(self, folder: Path, *, rotate_bytes: int = ROTATE_BYTES) -> None:
        self._folder = folder
        self._rotate_bytes = rotate_bytes
        self._open()

    def _open(self) -> None:
        """Take what is on the disk as what was said."""
        folder = self._folder
        path, behind = folder / AUDIT_FILE, folder / NEXT_FILE
        try:
            # A new log that had not taken the place of the one before: nothing was written there.
            behind.unlink(missing_ok=True)
            file = ChainedFile(path, AUDIT)
        except (ChainedFileError, OSError) as error:
            raise AuditError(f"the audit log: {error}") from error
        try:
            content = file.read()
        except (ChainedFileError, OSError) as error:
            file.close()
            raise AuditError(f"the audit log: {error}") from error
        audit = parse_audit(content)
        if audit.flaw:
            file.close()
            raise AuditError(f"{path}: {audit.flaw}; keep it as it is, and compare it with a copy")
        self._file = file
        self._size = len(content)
        self._counting: dict[str, Verdict] = {}
        for verdict in audit.verdicts:
            self._count(verdict)
        self.desk = restore_desk(audit.verdicts)
        """What has to be remembered of it."""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Return those that still count: what waits and what was used."""
        return tuple(self._counting.values())

    @property
    def is_shut(self) -> bool:
        """Tell whether a write failed so badly that nobody knows what is on the disk."""
        return self._file.is_shut

    def reopen(self) -> tuple[Verdict, ...]:
        """
        Read anew a log that is shut; what is found there has been said.

        Returns: what is found to be allowed, though whoever asked was told that nothing is done.
        Raises: AuditError where it cannot be had yet.
        """
        assert self.is_shut, "what is open says what was said"
        before = dict(self._counting)
        self._open()
        new = [each for each in self.verdicts if before.get(each.hash) != each]
        return tuple(each for each in new if each.ruling is Ruling.ALLOWED)

    def append(self, verdict: Verdict, behind: Desk) -> None:
        """
        Write and sync a verdict; the desk is the one `behind` it.

        Raises: AuditError; nothing was written then, and nothing may be done.
        """
        try:
            if self._size >= self._rotate_bytes:
                self._rotate(verdict.at)
            line, end = render_entry(verdict, self._file.end)
            self._file.append(line, end)
        except (ChainedFileError, OSError) as error:
            raise AuditError(
                f"nothing is done without a line in the audit log: {error}"
            ) from error
        self._size += len(line)
        self._count(verdict)
        self.desk = behind

    def _count(self, verdict: Verdict) -> None:
        now = verdict.at
        if verdict.until:
            self._counting[verdict.hash] = verdict
        over = [key for key, each in self._counting.items() if each.until <= now]
        for key in over:
            del self._counting[key]

    def _rotate(self, at: UtcTime) -> None:
        """Begin a new file with what still counts, and keep the one before."""
        path, behind = self._folder / AUDIT_FILE, self._folder / NEXT_FILE
        behind.unlink(missing_ok=True)
        fresh = ChainedFile(behind, AUDIT)
        try:
            end, lines = fresh.end, b""
            for verdict in sorted(self._counting.values(), key=lambda each: each.at):
                line, end = render_entry(verdict, end)
                lines += line
            fresh.append(lines, end)
            os.link(path, self._folder / KEPT_PATTERN.format(at=at))
            behind.replace(path)
            _sync(self._folder)
        except (ChainedFileError, OSError):
            fresh.close()
            raise
        self._file.close()
        self._file, self._size = fresh, len(lines)

    def close(self) -> None:
        """Let the log go."""
        self._file.close()


def _sync(folder: Path) -> None:
    """Make the new name survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
