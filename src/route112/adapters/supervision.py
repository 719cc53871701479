"""
One process group that outlives whoever started it: started, found again, watched, ended.

The group is a session of its own: neither Ctrl-C nor the death of its supervisor reaches it. A
file beside it says which process leads it; the kernel's start time makes that unmistakable when a
number is used again. A group is ended as a whole: Kamailio's workers go on serving when only their
parent dies, and a second instance could take the same UDP port without an error.
"""

import asyncio
import contextlib
import fcntl
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

STOP_SECONDS_MAX = 3.0
"""From SIGTERM to SIGKILL."""
KILL_SECONDS_MAX = 5.0
"""From SIGKILL until nothing of the group is left."""
POLL_SECONDS = 0.02
STATE_BYTES_MAX = 4_096
MODE = 0o600
LOCK = "supervisor.lock"


class SupervisionError(Exception):
    """A group cannot be started or ended, or a folder is somebody else's; the text says why."""


class _Leader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file beside a group says."""

    pid: int
    start_ticks: int
    token: str
    """What it was started with: another token is another program."""


@dataclass(frozen=True, slots=True)
class _Stat:
    """What the kernel says of one process."""

    pid: int
    state: str
    session: int
    start_ticks: int


class Group:
    """A running group; `popen` is None for one that an earlier supervisor started."""

    def __init__(self, leader: _Leader, popen: "subprocess.Popen[bytes] | None" = None) -> None:
        self.trouble = ""
        """Why it is not written down, so that the next supervisor will not find it."""
        self.pid = leader.pid
        self.token = leader.token
        self.began_s = time.monotonic()
        self._leader = leader
        self._popen = popen
        self._handle = os.pidfd_open(leader.pid)

    def describe_end(self) -> str:
        """Say how the leader ended."""
        code = None if self._popen is None else self._popen.poll()
        if code is None:
            return "ended"
        if code < 0:
            return f"ended by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def has_ended(self) -> bool:
        """Tell whether the leader has ended."""
        if self._popen is not None:
            return self._popen.poll() is not None
        return _find_leader(self._leader) is None

    def watch(self, wake: Callable[[], None]) -> None:
        """Call `wake` once, from the running loop, when the leader ends."""
        asyncio.get_running_loop().add_reader(self._handle, self._on_end, wake)

    def _on_end(self, wake: Callable[[], None]) -> None:
        asyncio.get_running_loop().remove_reader(self._handle)
        wake()

    async def end(self) -> None:
        """
        End all of the group: SIGTERM to the leader, then SIGKILL to what is left.

        Raises: SupervisionError where a process does not go away.
        """
        if not self.has_ended():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        deadline_s = time.monotonic() + STOP_SECONDS_MAX
        while not self.has_ended() and time.monotonic() < deadline_s:  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)  # bounded, and shorter than a handler for the end
        await _kill_members(self._leader)
        if self._popen is not None:
            self._popen.wait()
        self.close()

    def close(self) -> None:
        """Stop watching; the group runs on."""
        if self._handle >= 0:
            asyncio.get_running_loop().remove_reader(self._handle)
            os.close(self._handle)
            self._handle = -1


def lock_folder(folder: Path, *, inherited: int | None = None) -> int:
    """
    Take the folder for this process until it ends; return the handle that holds it.

    Args:
        folder: which one.
        inherited: the handle that holds it already, from whoever started this process.
    Raises: SupervisionError where another supervisor has it, OSError.

    """
    path = folder / LOCK
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    handle = os.open(path, flags, MODE) if inherited is None else inherited
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(handle, 64).decode("ascii", "replace").strip().partition(" ")[0]
        os.close(handle)
        raise SupervisionError(f"{folder} belongs to the supervisor {holder}") from error
    os.set_inheritable(handle, False)
    name_holder(handle, os.getpid())
    return handle


def name_holder(handle: int, pid: int) -> None:
    """Write into the lock who has the folder, unmistakably."""
    with contextlib.suppress(OSError):  # it is locked all the same, though the disk be full
        os.truncate(handle, 0)
        os.pwrite(handle, f"{pid} {find_start(pid) or 0}\n".encode("ascii"), 0)


def find_holder(folder: Path) -> tuple[int, int] | None:
    """Return process and start of whoever took the folder last; None where nobody says so."""
    try:
        pid, start_ticks = (folder / LOCK).read_text(encoding="ascii").split()
        return int(pid), int(start_ticks)
    except (OSError, ValueError):
        return None


def start_group(
    argv: Sequence[str], *, state: Path, token: str, output: int, env: Mapping[str, str]
) -> Group:
    """
    Start `argv` as the leader of a session of its own, and write down which process that is.

    A disk that is full or broken is no reason not to run: the group's `trouble` says it then.

    Args:
        argv: program and arguments.
        state: file that `find_group` finds it by.
        token: what `find_group` compares.
        output: descriptor that takes both of its outputs.
        env: its whole environment.
    Raises: SupervisionError where it cannot be started.

    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))  # inherited: a crash must be quick
    try:
        popen = subprocess.Popen(  # noqa: S603  argv is ours, no shell
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(env),
            start_new_session=True,
        )
    except OSError as error:
        raise SupervisionError(f"{argv[0]} could not be started: {error.strerror}") from error
    stat = _read_stat(popen.pid)
    leader = _Leader(popen.pid, 0 if stat is None else stat.start_ticks, token)
    group = Group(leader, popen)
    try:
        _write_state(state, leader)
    except OSError as error:
        group.trouble = f"{state} cannot be written: {error.strerror}"
    return group


def find_start(pid: int) -> int | None:
    """
    Return when a living process began, in the kernel's ticks since boot; None where there is none.

    A number with another start is another process.
    """
    stat = _read_stat(pid)
    return None if stat is None or stat.state in "ZX" else stat.start_ticks


def read_leader(state: Path) -> tuple[int, int] | None:
    """Return process and start of the leader that a state file names, whether it lives or not."""
    leader = _read_state(state)
    return None if leader is None else (leader.pid, leader.start_ticks)


def find_group(state: Path) -> Group | None:
    """Return the group that an earlier supervisor left behind; None where its leader is gone."""
    leader = _read_state(state)
    if leader is None or _find_leader(leader) is None:
        return None
    try:
        return Group(leader)
    except ProcessLookupError:
        return None


async def end_orphans(state: Path) -> int:
    """End what is left of a group whose leader is gone; return how many there were."""
    leader = _read_state(state)
    if leader is None or _find_leader(leader) is not None:
        return 0
    return await _kill_members(leader)


async def _kill_members(leader: _Leader) -> int:
    """End what is left of a group at once; return how many processes there were."""
    members = list_members(leader)
    count = len(members)
    deadline_s = time.monotonic() + KILL_SECONDS_MAX
    while members:
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline_s:
            raise SupervisionError(f"processes {members} do not end")
        await asyncio.sleep(POLL_SECONDS)
        members = list_members(leader)
    return count


def list_members(leader: _Leader) -> list[int]:
    """
    List the living processes of a group.

    A number in use as a session is not given to a new process, so that a process with the
    leader's number and another start time proves that nothing of the group is left.
    """
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    stats = [stat for stat in map(_read_stat, pids) if stat is not None]
    for stat in stats:
        if stat.pid == leader.pid and stat.start_ticks != leader.start_ticks:
            return []
    return [stat.pid for stat in stats if stat.session == leader.pid and stat.state not in "ZX"]


def _find_leader(leader: _Leader) -> _Stat | None:
    stat = _read_stat(leader.pid)
    if stat is None or stat.start_ticks != leader.start_ticks or stat.state in "ZX":
        return None
    return stat


def _read_stat(pid: int) -> _Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return _Stat(pid, fields[0], int(fields[3]), int(fields[19]))


def _write_state(path: Path, leader: _Leader) -> None:
    content = msgspec.json.encode(leader) + b"\n"
    aside = path.with_name(f".{path.name}.new")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except OSError:
        # A full disk still has the block of the file that is there: a torn one reads as none.
        with path.open("r+b", buffering=0) as file:
            file.write(content)
            file.truncate(len(content))


def _read_state(path: Path) -> _Leader | None:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(STATE_BYTES_MAX), type=_Leader)
    except (OSError, msgspec.DecodeError):
        return None
