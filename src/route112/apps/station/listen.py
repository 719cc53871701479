"""Where a station listens, as a person types it."""

import errno
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

LISTENS_MAX = 16
"""Addresses of one station."""
PORT_DEFAULT = {"udp": 5060, "tcp": 5060, "tls": 5061}
PORT_MAX = 65_535

_TEXT = re.compile(r"(?:(udp|tcp|tls):)?(\[[0-9A-Fa-f:.]+\]|[0-9.]+)(?::([0-9]{1,5}))?")
_BARE_IPV6 = re.compile(r"(?:(udp|tcp|tls):)?([0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)")


@dataclass(frozen=True, slots=True)
class Listen:
    """One address, port and transport."""

    transport: str
    """`udp`, `tcp` or `tls`."""
    host: str
    """Numeric; IPv6 without brackets."""
    port: int

    def __str__(self) -> str:
        """Render as `udp:127.0.0.1:5060`, `tcp:[::1]:5060`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}:{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine reaches it."""
        return ipaddress.ip_address(self.host).is_loopback


def parse_listen(text: str) -> tuple[Listen, ...]:
    """
    Read one `--listen`; an address without a transport listens over UDP and TCP.

    Raises: ValueError with what is wrong and what to write.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        hint = "write 127.0.0.1:5060, udp:127.0.0.1, tls:[::1]:5061"
        if bare := _BARE_IPV6.fullmatch(text):
            hint = f"write IPv6 in brackets: {bare[1] + ':' if bare[1] else ''}[{bare[2]}]"
        raise ValueError(f"{text!r} is no address; {hint}")
    transports = (match[1],) if match[1] else ("udp", "tcp")
    try:
        address = ipaddress.ip_address(match[2].strip("[]"))
    except ValueError as error:
        raise ValueError(f"{text!r} is no address: {error}") from error
    if address.is_unspecified:
        raise ValueError(
            f"{text!r} means every address; name the one that operators and trunks know"
        )
    return tuple(_make(transport, str(address), match[3], text) for transport in transports)


def _make(transport: str, host: str, port: str | None, text: str) -> Listen:
    number = PORT_DEFAULT[transport] if port is None else int(port)
    if not 1 <= number <= PORT_MAX:
        raise ValueError(f"{text!r}: a port is 1 to {PORT_MAX}")
    return Listen(transport, host, number)


def find_obstacle(listen: Listen) -> str:
    """
    Say why this machine cannot listen there; empty where it can.

    Whether the port is free is not asked: our own Kamailio may have it.
    """
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trial:
            trial.bind((listen.host, 0))
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            return f"{listen.host} is no address of this machine"
        return error.strerror or str(error)
    return ""


def describe_unreachable(listens: Sequence[Listen], snapshot: Snapshot) -> str:
    """Say which ends of trunks have an IP version that a station lacks; empty for none."""
    trunks = {snapshot.line(index).trunk for index in range(snapshot.lines_count)} - {NONE}
    hops = {hop.address for trunk in trunks for hop in snapshot.trunk(trunk).hops}
    for version, is_new in (("IPv4", False), ("IPv6", True)):
        ends = sum(address.startswith("[") is is_new for address in hops)
        if ends and not any((":" in listen.host) is is_new for listen in listens):
            return (
                f"IT HAS NO {version} ADDRESS, and {ends} of {len(hops)} ends of trunks have no "
                "other: they cannot be rung from here"
            )
    return ""
