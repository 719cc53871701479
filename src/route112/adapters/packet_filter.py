"""
Cuts, losses and grey networks of an exercise: rules of nftables in a table of our own.

A fault is one chain on the way in, so that senders see nothing of it, as with a network that loses
what it was given. Nothing but packets between the addresses that a rule names is touched, and
removing the table ends every fault at once. The network of the calling process counts: a private
one (`unshare --net`) leaves the machine's own alone.
"""

import fcntl
import ipaddress
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

TABLE = "route112_exercise"
NETWORK = "/proc/self/ns/net"
"""The network of this process, which all who change its rules lock; each has its own."""
NFT_SECONDS_MAX = 10.0
RULES_MAX = 1_000
"""Rules of one fault."""
PREFIX_BYTES_MAX = 16
"""Of a payload that a rule looks at: 128 bits is what one comparison holds."""
PER_MILLE = 1_000
_UDP_HEADER_BITS = 64
_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,30}")


class PacketFilterError(Exception):
    """The rules cannot be set; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropRule:
    """Packets that are dropped before their receiver reads them."""

    source: str = ""
    """Address or network; empty: any."""
    destination: str = ""
    prefix: bytes = b""
    """Only datagrams whose payload begins so, such as b"SIP/2.0 100"; empty: all packets."""
    per_mille: int = PER_MILLE
    """Of those packets, drawn by chance."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Datagrams that are led to another port of the same address."""

    source: str
    destination: str
    port: int
    to_port: int
    mark: int
    """Datagrams with this mark of a socket are left alone: whoever held them sends them on."""


@contextmanager
def _lock() -> Iterator[None]:
    """Hold this network: what another run adds is not removed with what is ours."""
    try:
        handle = os.open(NETWORK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise PacketFilterError(f"{NETWORK}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def render_redirect(rule: Redirect) -> str:
    """Render one rule; raises ValueError where an address is none."""
    source, destination = map(ipaddress.ip_address, (rule.source, rule.destination))
    name = "ip" if destination.version == 4 else "ip6"  # noqa: PLR2004
    return (
        f"meta mark != {rule.mark} {name} saddr {source} {name} daddr {destination} "
        f"udp dport {rule.port} counter udp dport set {rule.to_port}"
    )


def render_rule(rule: DropRule) -> str:
    """Render one rule; raises ValueError when it would touch every packet of the machine."""
    matches = []
    for name, text in (("saddr", rule.source), ("daddr", rule.destination)):
        if text:
            network = ipaddress.ip_network(text)
            matches.append(f"{'ip' if network.version == 4 else 'ip6'} {name} {network}")  # noqa: PLR2004
    if not matches:
        raise ValueError("a rule names a source or a destination")
    if not 0 < rule.per_mille <= PER_MILLE:
        raise ValueError(f"{rule.per_mille} of 1,000 packets")
    if len(rule.prefix) > PREFIX_BYTES_MAX:
        raise ValueError(f"a prefix of more than {PREFIX_BYTES_MAX} bytes")
    if rule.prefix:
        matches.append("meta l4proto udp")
        bits = len(rule.prefix) * 8
        matches.append(f"@th,{_UDP_HEADER_BITS},{bits} 0x{rule.prefix.hex()}")
    if rule.per_mille < PER_MILLE:
        matches.append(f"numgen random mod {PER_MILLE} < {rule.per_mille}")
    return " ".join([*matches, "counter", "drop"])


class PacketFilter:
    """The table of this machine's, or this namespace's, network."""

    def __init__(self) -> None:
        """Find nft; raises PacketFilterError when it is not installed."""
        program = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if program is None:
            raise PacketFilterError("nft is not installed; Debian: apt-get install nftables")
        self._program = program

    def install(self, name: str, rules: Sequence[DropRule]) -> None:
        """
        Put the rules of one fault in force, in place of those of the same name.

        Raises: PacketFilterError, ValueError for a name or rule that cannot be.
        """
        self._install(name, "filter hook input priority 0", [render_rule(rule) for rule in rules])

    def redirect(self, name: str, rules: Sequence[Redirect]) -> None:
        """
        Lead datagrams that this machine sends elsewhere, in place of rules of the same name.

        Without the kernel's memory of flows, so that it begins and ends at once for all of them.
        Raises: PacketFilterError, ValueError.
        """
        hook = "filter hook output priority -150"
        self._install(name, hook, [render_redirect(rule) for rule in rules])

    def _install(self, name: str, hook: str, rules: Sequence[str]) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a chain")
        if len(rules) > RULES_MAX:
            raise ValueError(f"more than {RULES_MAX:,} rules")
        lines = [
            f"add table inet {TABLE}",
            f"add chain inet {TABLE} {name} {{ type {hook}; }}",
            f"flush chain inet {TABLE} {name}",
            *(f"add rule inet {TABLE} {name} {rule}" for rule in rules),
        ]
        with _lock():
            self._run(["-f", "-"], given="\n".join(lines) + "\n")

    def remove(self, name: str) -> bool:
        """
        End one fault, and remove the table with the last one; tell whether it was there.

        Raises: PacketFilterError.
        """
        with _lock():
            there = self.list()
            if name not in there:
                return False
            last = there.keys() == {name}
            what = ["table", "inet", TABLE] if last else ["chain", "inet", TABLE, name]
            self._run(["delete", *what])
            return True

    def clear(self) -> None:
        """End every fault. Raises: PacketFilterError."""
        self._run(["-f", "-"], given=f"add table inet {TABLE}\ndelete table inet {TABLE}\n")

    def list(self) -> dict[str, int]:
        """Return the packets that each fault has dropped. Raises: PacketFilterError."""
        tables = json.loads(self._run(["-j", "list", "tables"]))["nftables"]
        if not any(item.get("table", {}).get("name") == TABLE for item in tables):
            return {}
        dropped: dict[str, int] = {}
        for item in json.loads(self._run(["-j", "list", "table", "inet", TABLE]))["nftables"]:
            if chain := item.get("chain"):
                dropped.setdefault(chain["name"], 0)
            if rule := item.get("rule"):
                counts = [part["counter"]["packets"] for part in rule["expr"] if "counter" in part]
                dropped[rule["chain"]] = dropped.get(rule["chain"], 0) + sum(counts)
        return dropped

    def _run(self, arguments: Sequence[str], *, given: str = "") -> str:
        try:
            done = subprocess.run(  # noqa: S603  found in the system's folders
                [self._program, *arguments],
                input=given, capture_output=True, text=True, timeout=NFT_SECONDS_MAX, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PacketFilterError(f"{self._program}: {error}") from error
        if done.returncode:
            said = done.stderr.strip().splitlines()
            raise PacketFilterError(
                f"{self._program}: {said[0] if said else 'failed'}. Faults of the network need "
                "the right to change it: run as root, or inside `unshare --map-root-user --net`"
            )
        return done.stdout
