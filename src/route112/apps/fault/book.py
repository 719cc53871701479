"""RUN-DIR/faults.json: faults in force and past ones; faults.log: a line for whatever happens."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from route112.adapters.atomic_file import write_atomically
from route112.apps.country_run.state import Process

NAME = "faults.json"
LOG = "faults.log"
LOCK = "faults.lock"
BYTES_MAX = 16 * 1024 * 1024
FAULTS_MAX = 200
"""In force at a time."""
PAST_MAX = 500
"""Past ones that are kept."""
MODE = 0o600


class BookError(Exception):
    """The file cannot be read; the text says why."""


class Fault(msgspec.Struct, kw_only=True):
    """One fault."""

    id: str
    """`grey-3`."""
    number: int
    kind: str
    targets: tuple[str, ...]
    settings: dict[str, float | str]
    since_us: int
    ending: str
    """How it is ended."""
    ends_us: int = 0
    """When its runner ends it; 0: when it is cleared."""
    runner: Process | None = None
    notes: dict[str, Any] = {}
    """What ending it needs."""
    ended_us: int = 0
    ended_by: str = ""

    @property
    def chain(self) -> str:
        """Return the name of its rules of nftables, within one run."""
        return f"f{self.number}"


class Book(msgspec.Struct, kw_only=True):
    """The whole file."""

    count: int = 0
    """Faults so far."""
    in_force: list[Fault] = []
    past: list[Fault] = []

    def find(self, id_: str) -> Fault | None:
        """Return a fault in force."""
        return next((fault for fault in self.in_force if fault.id == id_), None)

    def close(self, fault: Fault, *, now_us: int, by: str) -> None:
        """Move a fault to the past ones; where it is there already nothing changes."""
        found = self.find(fault.id)
        if found is None:
            return
        self.in_force.remove(found)
        found.ended_us, found.ended_by, found.runner = now_us, by, None
        self.past = [*self.past, found][-PAST_MAX:]


def read_book(run_dir: Path) -> Book:
    """Return what stands there, an empty one where there is none; raises BookError."""
    path = run_dir / NAME
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(BYTES_MAX), type=Book)
    except FileNotFoundError:
        return Book()
    except (OSError, msgspec.DecodeError) as error:
        raise BookError(f"{path}: {error}") from error


@contextmanager
def lock_book(run_dir: Path) -> Iterator[None]:
    """Have the faults of a run to oneself, whichever process one is."""
    handle = os.open(run_dir / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_book(run_dir: Path, book: Book) -> None:
    """Replace the file; raises OSError."""
    content = msgspec.json.format(msgspec.json.encode(book), indent=1)
    write_atomically(run_dir / NAME, content + b"\n")


def write_log(run_dir: Path, event: str, fault: Fault, *, now_us: int, by: str = "") -> None:
    """Append one line; a full disk is no reason not to end a fault."""
    line = {"t": now_us, "event": event, "id": fault.id, "kind": fault.kind}
    line |= {"targets": fault.targets, "settings": fault.settings, "by": by}
    with contextlib.suppress(OSError):
        handle = os.open(run_dir / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE)
        try:
            os.write(handle, msgspec.json.encode(line) + b"\n")
        finally:
            os.close(handle)
