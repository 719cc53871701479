"""
Hosts in network namespaces of their own, joined by a bridge, whose cables can be pulled.

The machine's own network is left alone: the bridge too lives in a namespace. Names carry the
process's number, and only what was made here is removed, whatever failed meanwhile.
"""

import contextlib
import ctypes
import itertools
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest
from tests.support.machine import require_packages

HOSTS_MAX = 64
COMMAND_SECONDS_MAX = 30.0
END_SECONDS_MAX = 5.0
PORT = "eth0"
"""Name of every host's interface."""
FOLDER = Path("/run/netns")
CLONE_NEWNET = 0x40000000

_numbers = itertools.count()


class Namespaces:
    """
    A handful of hosts on one network; a `with` block removes them.

    Args of the constructor:
        hosts: name to its addresses with their prefix: `{"site-1": ["10.112.1.1/16"]}`. IPv4 and
            IPv6 may be mixed; hosts of one network see each other.
    """

    def __init__(self, hosts: Mapping[str, Sequence[str]]) -> None:
        assert len(hosts) <= HOSTS_MAX, f"more than {HOSTS_MAX} hosts"
        self._prefix = f"r112-{os.getpid()}-{next(_numbers)}"
        self._addresses = {name: tuple(addresses) for name, addresses in hosts.items()}
        self._ports = {name: f"port{index}" for index, name in enumerate(hosts)}
        self._hub = f"{self._prefix}-hub"
        self._cut: set[frozenset[str]] = set()
        self._made: list[str] = []
        self._children: list[subprocess.Popen] = []

    def __enter__(self) -> Self:
        """Make all of it, or nothing."""
        require_packages()
        if os.geteuid() != 0:
            pytest.fail("network namespaces need root: run `make e2e` as root", pytrace=False)
        try:
            self._make(self._hub)
            self._ip(self._hub, "link", "add", "bridge", "type", "bridge", "mcast_snooping", "0")
            self._ip(self._hub, "link", "set", "bridge", "up")
            for name in self._addresses:
                self._join(name)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        """End what was started in them, and remove them."""
        self.close()

    def list_names(self) -> list[str]:
        """List the namespaces, as the machine calls them."""
        return list(self._made)

    def wrap(self, name: str, *argv: str) -> list[str]:
        """Return a command line that runs `argv` in a host, in the same process."""
        return ["nsenter", f"--net={FOLDER / self._name(name)}", *argv]

    def run(self, name: str, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in a host and wait for it."""
        return subprocess.run(
            self.wrap(name, *argv),
            check=check,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS_MAX,
        )

    def start(self, name: str, *argv: str, **options) -> subprocess.Popen:
        """Start a command in a host; the block's end ends it and what it started."""
        child = subprocess.Popen(self.wrap(name, *argv), start_new_session=True, **options)
        self._children.append(child)
        return child

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Have this thread's new sockets be sockets of a host; they stay so after the block."""
        here = f"/proc/self/task/{threading.get_native_id()}/ns/net"
        with open(here, "rb") as home, open(FOLDER / self._name(name), "rb") as there:  # noqa: PTH123
            set_namespace(there.fileno())
            try:
                yield
            finally:
                set_namespace(home.fileno())

    def cut(self, name: str) -> None:
        """Pull a host's cable."""
        self._ip(self._hub, "link", "set", self._ports[name], "down")

    def heal(self, name: str) -> None:
        """Plug it in again."""
        self._ip(self._hub, "link", "set", self._ports[name], "up")

    def cut_between(self, name: str, *others: str) -> None:
        """Let nothing pass between a host and some others, either way; nobody is told."""
        self._cut |= {frozenset((name, other)) for other in others}
        self._filter()

    def heal_between(self, name: str, *others: str) -> None:
        """Let all of it pass again."""
        self._cut -= {frozenset((name, other)) for other in others}
        self._filter()

    def _filter(self) -> None:
        """Have the bridge keep apart who is cut off from whom: also their questions for addresses."""
        rules = [
            f'add rule bridge cuts between iifname "{self._ports[here]}"'
            f' oifname "{self._ports[there]}" drop'
            for pair in sorted(map(sorted, self._cut))
            for here, there in itertools.permutations(pair)
        ]
        table = (
            "add table bridge cuts",
            "add chain bridge cuts between { type filter hook forward priority 0; }",
            "flush chain bridge cuts between",
        )
        argv = ("nsenter", f"--net={FOLDER / self._hub}", "nft", "-f", "-")
        run_quietly(argv, given="\n".join((*table, *rules)) + "\n")

    def close(self) -> None:
        """End what was started in them, and remove them; what has gone already is no error."""
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, 9)
            child.wait(END_SECONDS_MAX)
            for stream in (child.stdin, child.stdout, child.stderr):
                if stream is not None:
                    stream.close()
        self._children.clear()
        failed = [name for name in reversed(self._made) if not delete(name)]
        self._made.clear()
        assert not failed, f"not removed: {failed}; see `ip netns list`"

    def _name(self, name: str) -> str:
        assert name in self._addresses, f"no host {name}"
        return f"{self._prefix}-{name}"

    def _make(self, namespace: str) -> None:
        run_ip("netns", "add", namespace)
        self._made.append(namespace)
        self._ip(namespace, "link", "set", "lo", "up")

    def _join(self, name: str) -> None:
        """Make one host, and its cable to the bridge."""
        namespace, port = self._name(name), self._ports[name]
        self._make(namespace)
        cable = ("link", "add", port, "type", "veth", "peer", "name", PORT, "netns", namespace)
        self._ip(self._hub, *cable)
        self._ip(self._hub, "link", "set", port, "master", "bridge", "up")
        for address in self._addresses[name]:
            # Without a search for duplicates, which would keep an IPv6 address back for a second.
            more = ("nodad",) if ":" in address else ()
            self._ip(namespace, "address", "add", address, "dev", PORT, *more)
        self._ip(namespace, "link", "set", PORT, "up")

    def _ip(self, namespace: str, *argv: str) -> None:
        run_ip("-n", namespace, *argv)


def run_ip(*argv: str) -> None:
    """Run `ip`; its own words stand in the error."""
    run_quietly(("ip", *argv))


def run_quietly(argv: Sequence[str], *, given: str = "") -> None:
    """Run a command of the machine; what it says stands in the error."""
    run = subprocess.run(
        argv, input=given, check=False, capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX
    )
    assert run.returncode == 0, f"{' '.join(argv)}: {run.stderr.strip()}"


def delete(namespace: str) -> bool:
    """Delete a namespace; tell whether it is gone."""
    if (FOLDER / namespace).exists():
        subprocess.run(
            ("ip", "netns", "delete", namespace),
            check=False,
            capture_output=True,
            timeout=COMMAND_SECONDS_MAX,
        )
    return not (FOLDER / namespace).exists()


def set_namespace(descriptor: int) -> None:
    """Put this thread into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def leave_network() -> None:
    """
    Give this thread, and all that it starts from now on, a loopback that nobody else has.

    Two runs of tests with the same fixed addresses do not meet then.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        reason = os.strerror(ctypes.get_errno())
        pytest.exit(f"a network of one's own needs root: {reason}; run without -n", returncode=2)
    run_ip("link", "set", "lo", "up")
