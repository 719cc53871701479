"""Addresses and networks of a topology, each at one place only."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from route112.model.topology import EdgeNode, SiteNode, find_version, split_address
from route112.wire.documents.fields import Fields

CLIENTS_MAX = 16
"""Networks that one operator's callers send from."""
PORT_MAX = 65_535
LOOPS_MAX = 1_000
"""Gateways with a loop number."""

_NUMBER = re.compile(r"\+[1-9][0-9]{3,14}")
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15})):([1-9][0-9]{0,4})")
_WRITE_ADDRESS = "Write 192.0.2.1:5060 or [2001:db8::1]:5060; names are not resolved"

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(slots=True)
class Seen:
    """What is taken already, for mistakes that only the whole document shows."""

    ids: set[str] = field(default_factory=set)
    addresses: dict[tuple[str, int], str] = field(default_factory=dict)
    """Host and port to whose they are."""
    redirects: set[tuple[str, int]] = field(default_factory=set)
    clients: list[tuple[_Network, str]] = field(default_factory=list)


def read_address(item: Fields, name: str, *, required: bool = True) -> str:
    """Return `host:port` in its one spelling; empty where it cannot be used."""
    text = item.get_text(name, required=required)
    return _check_address(item, name, text) if text else ""


def _check_address(item: Fields, name: str, text: str) -> str:
    match = _ADDRESS.fullmatch(text)
    try:
        host = ipaddress.ip_address((match[1] or match[2]) if match else "")
    except ValueError:
        match = None
    if match is None or int(match[3]) > PORT_MAX:
        item.refuse(
            name, "the address is not an IP address and a port", _WRITE_ADDRESS, value=text
        )
        return ""
    if host.is_unspecified or host.is_multicast:
        item.refuse(
            name, "the address is not that of one machine",
            "Write the address that the others know it by", value=text,
        )  # fmt: skip
        return ""
    return f"[{host}]:{match[3]}" if match[1] else f"{host}:{match[3]}"


def take_address(item: Fields, node: SiteNode | EdgeNode, seen: Seen) -> None:
    """Refuse a port that something else listens on; TLS takes the next one, too."""
    if node.address and node.also and find_version(node.address) == find_version(node.also):
        item.refuse(
            "also", "the second address has the IP version of the first one",
            "Write one IPv4 and one IPv6 address", value=node.also,
        )  # fmt: skip
    for name, address in (("address", node.address), ("also", node.also)):
        if address:
            _take_ports(item, name, node, seen, address=address)


def _take_ports(
    item: Fields, name: str, node: SiteNode | EdgeNode, seen: Seen, *, address: str
) -> None:
    host, first = split_address(address)
    ports = (first, first + 1) if node.tls else (first,)
    if ports[-1] > PORT_MAX:
        item.refuse(name, "TLS would need the port after it", "Write a lower port", value=address)
    for port in ports:
        owner = seen.addresses.setdefault((host, port), node.id)
        if owner != node.id:
            item.refuse(
                name, f"{owner} listens on port {port} of this address already",
                "Give each its own address, or ports that are apart", value=address,
            )  # fmt: skip


def read_metrics(item: Fields, name: str, seen: Seen, *, owner: str) -> str:
    """Return where a process answers Prometheus, a place of its own; empty for none."""
    address = read_address(item, name, required=False)
    if not address:
        return ""
    mine = f"Prometheus at {owner}"
    found = seen.addresses.setdefault(split_address(address), mine)
    if found != mine:
        item.refuse(
            name, f"{found} listens on this address already", "Write a port of its own",
            value=address,
        )  # fmt: skip
    return address


def read_redirect(item: Fields, seen: Seen) -> str:
    """Return the address of a redirect server, which operators may share; empty for none."""
    address = read_address(item, "redirect", required=False)
    if not address:
        return ""
    place = split_address(address)
    if place in seen.addresses and place not in seen.redirects:
        item.refuse(
            "redirect", f"{seen.addresses[place]} listens on this address already",
            "Give the redirect server an address of its own", value=address,
        )  # fmt: skip
    seen.addresses.setdefault(place, "a redirect server")
    seen.redirects.add(place)
    return address


def read_loops(item: Fields, name: str) -> tuple[tuple[str, str], ...]:
    """Return gateways, in the one spelling of their addresses, with their loop numbers."""
    if not item.has(name):
        return ()
    loops = item.get_map(name)
    if len(loops) > LOOPS_MAX:
        item.refuse(name, f"the list has more than {LOOPS_MAX} items", "Shorten it")
    found: dict[str, str] = {}
    for text, number in loops.items():
        address = _check_address(item, name, text)
        if not _NUMBER.fullmatch(number):
            item.refuse(
                name, "the loop number is not a plus sign and 4 to 15 digits",
                "Write the number that the gateway itself answers: +33199000112", value=number,
            )  # fmt: skip
        if address in found:
            item.refuse(name, "the gateway is there twice", "Remove one", value=text)
        found[address] = number
    return tuple(found.items())


def read_clients(item: Fields, seen: Seen, *, name: str = "clients") -> tuple[str, ...]:
    """Return the networks in their one spelling, and refuse what two operators would share."""
    texts = item.get_texts(name)
    if len(texts) > CLIENTS_MAX:
        item.refuse(name, f"the list has more than {CLIENTS_MAX} items", "Shorten it")
    networks: list[_Network] = []
    for text in texts[:CLIENTS_MAX]:
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            item.refuse(
                name, "this is no IP address and no network",
                "Write 192.0.2.1, 192.0.2.0/28 or 2001:db8::/64, without host bits", value=text,
            )  # fmt: skip
            continue
        if other := _find_overlap(network, seen.clients):
            item.refuse(
                name,
                f"{other} is listed already, so that nobody could tell whose call it is",
                "Keep each address at one operator, and once", value=text,
            )  # fmt: skip
        networks.append(network)
        seen.clients.append((network, text))
    return tuple(map(str, networks))


def _find_overlap(network: _Network, others: Iterable[tuple[_Network, str]]) -> str:
    """Return how the first network that shares an address was written; empty for none."""
    for other, text in others:
        if other.version == network.version and (
            other.network_address in network or network.network_address in other
        ):
            return text
    return ""
