"""RUN-DIR/up.json: what was started, and which processes those are."""

import os
from pathlib import Path

import msgspec

from route112.adapters.atomic_file import write_atomically
from route112.adapters.supervision import find_start

NAME = "up.json"
BYTES_MAX = 1024 * 1024


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process, unmistakably."""

    pid: int
    start_ticks: int
    """When it began, in the kernel's ticks since boot: a number used again is another process."""

    def is_alive(self) -> bool:
        """Tell whether it still runs."""
        return find_start(self.pid) == self.start_ticks


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One member."""

    id: str
    kind: str
    address: str
    folder: str
    leader: Process | None
    """None while it waits to be started again."""
    started_us: int
    """When its leader was started last, UTC."""
    restarts: int
    """How often `up` started it again."""
    kamailio_restarts: int
    """How often its own supervisor started Kamailio again."""
    last_end: str
    """How its leader ended last; empty where it never did."""
    asked: tuple[str, ...] = ()
    """As of a member."""


class UpState(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    name: str
    """Of the topology."""
    topology: str
    plan: str
    exercise: bool
    up: Process
    is_ready: bool
    """Whether every member has answered."""
    began_us: int
    members: tuple[Entry, ...]
    has_planner: bool = False
    """Each station has a plan of its own."""


def read_state(run_dir: Path) -> UpState | None:
    """Return what stands there; None where nothing was started, or nothing can be read."""
    try:
        with (run_dir / NAME).open("rb") as file:
            return msgspec.json.decode(file.read(BYTES_MAX), type=UpState)
    except (OSError, msgspec.DecodeError):
        return None


def write_state(run_dir: Path, state: UpState) -> None:
    """Replace the file; raises OSError."""
    content = msgspec.json.format(msgspec.json.encode(state), indent=1)
    write_atomically(run_dir / NAME, content + b"\n")


def own_process() -> Process:
    """Return the process that calls this."""
    start = find_start(os.getpid())
    assert start is not None, "whoever asks is alive"
    return Process(pid=os.getpid(), start_ticks=start)
