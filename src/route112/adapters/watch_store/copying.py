"""A copy of the store as it is at one instant, while others write in it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from route112.adapters.watch_store.schema import VERSION, StoreError


def copy_store(store: sqlite3.Connection, path: Path) -> None:
    """
    Write a copy of mode 0600 that is one file and whole.

    SQLite reads all pages in one transaction: whoever writes meanwhile waits for nothing, and is
    not in the copy.

    Raises: OSError, sqlite3.Error, StoreError.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        store.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    check_store(path)


def check_store(path: Path) -> None:
    """
    Look at every page of a store that nobody has open.

    Raises: StoreError where it is damaged, or of another version.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as store:
            (version,) = store.execute("PRAGMA user_version").fetchone()
            found = [text for (text,) in store.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        raise StoreError(f"{path.name} is damaged: {error}") from error
    if found != ["ok"]:
        raise StoreError(f"{path.name} is damaged: {'; '.join(found)}")
    if version != VERSION:
        raise StoreError(f"{path.name} has version {version} of its tables, not {VERSION}")
