"""The files of watch in a run directory, and what is forgotten in them when its time is over."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from route112.adapters.month_keys import MonthKeys
from route112.adapters.watch_store import BusyError, People, StoreError, open_store, waiting
from route112.apps._console import fail

FORGET_WAIT_SECONDS = 1.0
"""How long forgetting waits for whoever else writes."""


@dataclass(frozen=True, slots=True)
class Files:
    """What watch has in a run directory."""

    run_dir: Path

    @property
    def store(self) -> Path:
        """Positions, open calls, calls, callers; mode 0600."""
        return self.run_dir / "watch.sqlite"

    @property
    def lock(self) -> Path:
        """Held while `watch run` runs: there is one at most."""
        return self.run_dir / "watch.lock"

    @property
    def keys(self) -> Path:
        """Keys of pseudonyms, one for each month."""
        return self.run_dir / "watch-keys"

    @property
    def alarms(self) -> Path:
        """What people were told, one line each; mode 0600."""
        return self.run_dir / "alarms.jsonl"

    @property
    def audit(self) -> Path:
        """Who saw callers' numbers in clear."""
        return self.run_dir / "watch-audit.jsonl"


@contextmanager
def open_files(files: Files, *, create: bool = False) -> Iterator[sqlite3.Connection]:
    """Open what watch keeps, or end the command."""
    try:
        store = open_store(files.store, create=create)
    except FileNotFoundError:
        fail(
            f"{files.run_dir} has nothing that watch has kept",
            "Run `route112 watch run --run-dir` with this folder first",
        )
    except (StoreError, OSError, sqlite3.Error) as error:
        fail(f"{files.store} cannot be opened: {error}", "Run it as the user of watch")
    try:
        yield store
    except sqlite3.Error as error:
        fail(
            f"{files.store} cannot be used: {error}",
            "Make room if the disk is full, and start again: it goes on where it stopped",
        )
    finally:
        store.close()


@contextmanager
def lock(files: Files) -> Iterator[None]:
    """Be the only one that follows records into this run directory, or end the command."""
    handle = os.open(files.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        fail(f"{files.run_dir} has a watch already", "Stop the other one first")
    try:
        yield
    finally:
        os.close(handle)


def is_locked(files: Files) -> bool:
    """Tell whether a watch runs in this run directory."""
    try:
        handle = os.open(files.lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def forget(store: sqlite3.Connection, files: Files, *, now_us: int) -> None:
    """
    Forget who called where the time is over.

    Said, not fatal, where a key fails or somebody else writes: whoever wants to see the list does
    not wait for them, and it is tried again.
    """
    keys = MonthKeys(files.keys)
    people = People(store)
    try:
        with waiting(store, FORGET_WAIT_SECONDS):
            people.forget(now_us, keys.name)
            # By the same time: a clock that jumps ahead takes no key from who is on the list.
            judged_us = people.find_judged() or now_us
            keys.forget(judged_us, months=people.find_kept().pseudonym_months)
    except (OSError, BusyError) as error:
        with suppress(OSError):
            click.echo(f"numbers in clear are kept on: {error}", err=True)
