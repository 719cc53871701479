"""
Child process groups: started, waited for, and ended on every way out.

Each child leads a group of its own, so that its own children end with it. `Children` ends them
when its block is left: normally, by an exception, by Ctrl-C, by SIGTERM or by SIGHUP. Where this
process is killed, the kernel ends its children. They are addressed by the ids that starting them
returned, never by a name.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

CHILDREN_MAX = 200
"""Most children of one block."""
STOP_SECONDS_MAX = 3.0
"""How long all children together may take to end after SIGTERM; then SIGKILL."""
POLL_SECONDS = 0.02
LOG_TAIL_LINES = 5
"""Lines of a child's log that an error message shows."""

END_WITH_PARENT = ("/usr/bin/setpriv", "--pdeathsig", "TERM", "--")
"""Becomes the program after asking the kernel for SIGTERM when its parent is gone (util-linux)."""
SIP_OK = 200
Place = tuple[str, int]
"""Numeric host, IPv6 without brackets, and port."""
_WAITING = {"udp": "07", "tcp": "0A"}
"""State of a socket that listens, as /proc/net has it."""
_LINK = "socket:["
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildError(Exception):
    """A child could not be started, ended early, or was not ready in time."""


@dataclass(frozen=True, slots=True)
class Child:
    """One started group."""

    name: str
    """What messages call it."""
    popen: "subprocess.Popen[bytes]"
    log: Path
    """Its standard output and standard error."""

    def describe_end(self) -> str:
        """Say how it ended and what it said last."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = "".join(f"\n    {line[:300]}" for line in lines[-LOG_TAIL_LINES:])
        return f"{self.name} ended with code {self.popen.returncode}, log {self.log}:{tail}"


class Children:
    """The groups started in a `with` block."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._previous: dict[signal.Signals, Any] = {}
        self._starting = False
        self._pending: int | None = None

    def __enter__(self) -> Self:
        """Turn the signals that would end this process into exceptions of the block."""
        for number in _SIGNALS:
            self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """End every group; a second Ctrl-C does not shorten it, since it is bounded."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        try:
            self.stop()
        finally:
            for number, handler in self._previous.items():
                signal.signal(number, handler)

    def start(
        self, name: str, argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None
    ) -> Child:
        """
        Start `argv` as the leader of a group of its own, without standard input.

        Raises: ChildError when there is no such program.
        """
        assert len(self._children) < CHILDREN_MAX, f"more than {CHILDREN_MAX} children"
        self._starting = True
        try:
            if shutil.which(argv[0]) is None:
                raise FileNotFoundError(f"no program {argv[0]}")
            with log.open("wb") as output:
                popen = subprocess.Popen(  # noqa: S603  argv is ours, no shell
                    (*END_WITH_PARENT, *argv),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=None if env is None else dict(env),
                    start_new_session=True,
                )
            child = Child(name, popen, log)
            self._children.append(child)
        except OSError as error:
            raise ChildError(f"{name} could not be started: {error}") from error
        finally:
            self._starting = False
        if self._pending is not None:
            _raise_for(self._pending)
        return child

    def wait_until(self, condition: Callable[[], bool], *, timeout_s: float, what: str) -> None:
        """
        Wait until `condition` holds.

        Raises: ChildError when a child has ended meanwhile with an error, or after `timeout_s`.
        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise ChildError(f"{what}: not within {timeout_s:g} s")
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raise ChildError when a child has ended with an error."""
        for child in self._children:
            if child.popen.poll():
                raise ChildError(child.describe_end())

    def stop(self) -> None:
        """End every group: SIGTERM to the leaders, then SIGKILL to what is left of the groups."""
        children, self._children = self._children, []
        for child in children:
            if child.popen.poll() is None:
                child.popen.terminate()
        deadline = time.monotonic() + STOP_SECONDS_MAX
        for child in children:
            _end(child, deadline)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # Between the fork and the list, raising would lose a child.
        if self._starting:
            self._pending = number
        else:
            _raise_for(number)


def _end(child: Child, deadline: float) -> None:
    try:
        child.popen.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        child.popen.kill()
        child.popen.wait()
    try:
        os.killpg(child.popen.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _raise_for(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def find_sockets(transport: str) -> dict[Place, frozenset[int]]:
    """
    Find the sockets that listen, by place: `udp` or `tcp`, IPv4 and IPv6.

    Looking leaves no trace, while a trial bind succeeds on a UDP port that is shared.
    Returns: the kernel's numbers of the sockets; several where they share a place.
    """
    found: dict[Place, frozenset[int]] = {}
    for suffix, family in (("", socket.AF_INET), ("6", socket.AF_INET6)):
        try:
            text = Path(f"/proc/net/{transport}{suffix}").read_text(encoding="ascii")
        except OSError:  # a kernel without IPv6
            continue
        for row in text.splitlines()[1:]:
            _slot, local, _remote, state, _, _, _, _, _, inode, *_rest = row.split()
            address, _, port = local.partition(":")
            if state == _WAITING[transport]:
                words = bytes.fromhex(address)
                octets = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
                place = socket.inet_ntop(family, octets), int(port, 16)
                found[place] = found.get(place, frozenset()) | {int(inode)}
    return found


def find_listeners(transport: str) -> frozenset[Place]:
    """List the places that somebody listens on: `udp` or `tcp`."""
    return frozenset(find_sockets(transport))


def list_sockets(pids: Iterable[int]) -> frozenset[int]:
    """List the sockets, by the kernel's numbers, that some processes have open."""
    return frozenset(number for pid in pids for number in _list_open(pid))


def find_process(sockets: frozenset[int]) -> int | None:
    """Return a process that has one of these open; None where we may not see it."""
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and not sockets.isdisjoint(_list_open(int(path.name))):
            return int(path.name)
    return None


def _list_open(pid: int) -> list[int]:
    numbers = []
    with contextlib.suppress(OSError):  # it has just ended, or is somebody else's
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                link = str(path.readlink())
                if link.startswith(_LINK):
                    numbers.append(int(link[len(_LINK) : -1]))
    return numbers


def ask_options(host: str, port: int, *, timeout_s: float = 0.25) -> int | None:
    """Send one SIP OPTIONS over UDP; return the status of the reply, None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(timeout_s)
        asking.connect((host, port))
        own_host, own_port = asking.getsockname()
        token = os.urandom(6).hex()
        request = (
            f"OPTIONS sip:{host}:{port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {own_host}:{own_port};branch=z9hG4bK{token}\r\n"
            f"From: <sip:probe@{own_host}>;tag={token}\r\n"
            f"To: <sip:{host}:{port}>\r\n"
            f"Call-ID: {token}@{own_host}\r\n"
            "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        try:
            asking.send(request.encode("ascii"))
            reply = asking.recv(65_535)
        except OSError:
            return None
    version, _, rest = reply.partition(b" ")
    return int(rest[:3]) if version == b"SIP/2.0" and rest[:3].isdigit() else None
