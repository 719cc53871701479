"""`alarms.jsonl`: one line for each thing that people were told, appended after it is kept."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec

from route112.adapters.watch_store import AlarmBook, transaction
from route112.apps.alarms.show import dump_told

CHANNEL = "jsonl"
AT_ONCE = 500


class Ledger:
    """
    Appends to the file what the store has told since.

    A line may be there twice when a process is killed between file and store; `event` tells.

    Args:
        complain: told once when the file cannot be written; the lines follow when it can.
    """

    def __init__(
        self, store: sqlite3.Connection, path: Path, *, complain: Callable[[str], None]
    ) -> None:
        self._store = store
        self._book = AlarmBook(store)
        self._path = path
        self._complain = complain
        self._fails = False
        self._last = self._book.find_passed(CHANNEL) or 0

    def write(self) -> int:
        """Append what is new; return how many lines that were. Raises sqlite3.Error."""
        told = self._book.list_told(self._last, AT_ONCE)
        if not told:
            return 0
        lines = b"".join(msgspec.json.encode(dump_told(each)) + b"\n" for each in told)
        try:
            _append(self._path, lines)
        except OSError as error:
            if not self._fails:
                self._complain(f"{self._path} cannot be written: {error.strerror or error}")
            self._fails = True
            return 0
        self._fails, self._last = False, told[-1].id
        with transaction(self._store):
            self._book.note_passed(CHANNEL, self._last)
        return len(told)


def _append(path: Path, lines: bytes) -> None:
    """Append whole lines or nothing; raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "ab", buffering=0) as file:
        before = file.tell()
        if file.write(lines) != len(lines):
            file.truncate(before)
            raise OSError("the disk is full")
