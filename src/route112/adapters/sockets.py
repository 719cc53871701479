"""Which addresses of this machine somebody listens on, and which processes have them."""

import contextlib
import socket
from collections.abc import Iterable
from pathlib import Path

Place = tuple[str, int]
"""Numeric host, IPv6 without brackets, and port."""
_WAITING = {"udp": "07", "tcp": "0A"}
_LINK = "socket:["


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


def list_listeners(transport: str) -> frozenset[Place]:
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
