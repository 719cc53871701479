"""Faults of the network: what nftables drops, and what is led through a relay."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from itertools import product
from pathlib import Path

from route112.adapters.packet_filter import DropRule, PacketFilter, PacketFilterError
from route112.apps.demo.ends import list_trunk_ends
from route112.apps.fault.book import Fault
from route112.apps.fault.ground import Ground
from route112.apps.fault.kinds import FaultError

UNHEARD = (b"SIP/2.0 18", b"SIP/2.0 2", b"SIP/2.0 3", b"SIP/2.0 4", b"SIP/2.0 5", b"SIP/2.0 6")
"""All that a site answers, but for its 100."""

Means = Callable[[Ground, Fault], None]


def in_words(means: Means) -> Means:
    """Have the packet filter's own words in a FaultError."""

    @wraps(means)
    def tell(ground: Ground, fault: Fault) -> None:
        try:
            means(ground, fault)
        except PacketFilterError as error:
            raise FaultError(str(error), "See docs/faults.md for what faults need") from error

    return tell


def make_begin(list_rules: Callable[[Ground, Fault], Iterator[DropRule]]) -> Means:
    """Make what puts the rules of a kind in force."""

    @in_words
    def begin(ground: Ground, fault: Fault) -> None:
        ground.check_network()
        PacketFilter().install(
            name_chain(ground.run_dir, fault.chain), list(list_rules(ground, fault))
        )

    return begin


@in_words
def end_rules(ground: Ground, fault: Fault) -> None:
    """Remove the rules."""
    PacketFilter().remove(name_chain(ground.run_dir, fault.chain))


def name_chain(run_dir: Path, name: str) -> str:
    """Return the name of a chain, so that two runs on one network do not meet."""
    return f"r{hashlib.sha256(str(run_dir).encode()).hexdigest()[:10]}_{name}"


def clear_chains(run_dir: Path) -> int:
    """Remove every rule of a run; return how many chains. Raises: PacketFilterError."""
    table = PacketFilter()
    ours = [name for name in table.list() if name.startswith(name_chain(run_dir, ""))]
    return sum(table.remove(name) for name in ours)


def list_pairs(ours: Iterable[str], others: Iterable[str]) -> Iterator[tuple[str, str]]:
    """List the pairs of addresses between which packets can be: of one IP version."""
    for here, there in product(ours, others):
        if (":" in here) == (":" in there):
            yield here, there


def list_cut(ground: Ground, fault: Fault) -> Iterator[DropRule]:
    """List the rules of link-cut."""
    for target in fault.targets:
        peers = ground.list_peers(target, str(fault.settings["peers"]))
        for host, peer in list_pairs(ground.list_hosts(target), peers):
            yield DropRule(source=peer, destination=host)
            yield DropRule(source=host, destination=peer)


def list_egress(ground: Ground, fault: Fault) -> Iterator[DropRule]:
    """List the rules of egress-cut."""
    ends = sorted({end.host for end in list_trunk_ends(ground.snapshot)})
    for target in fault.targets:
        for host, end in list_pairs(ground.list_hosts(target), ends):
            yield DropRule(source=host, destination=end)


def list_loss(ground: Ground, fault: Fault) -> Iterator[DropRule]:
    """List the rules of loss."""
    share = int(fault.settings["per_mille"])
    for host in (host for target in fault.targets for host in ground.list_hosts(target)):
        yield DropRule(source=host, per_mille=share)
        yield DropRule(destination=host, per_mille=share)


def list_grey(ground: Ground, fault: Fault) -> Iterator[DropRule]:
    """List the rules of a grey site: who asks with OPTIONS is answered all the same."""
    for target in fault.targets:
        for host, peer in list_pairs(ground.list_hosts(target), ground.list_peers(target, "")):
            if fault.settings["mode"] == "mute":
                yield DropRule(source=peer, destination=host, prefix=b"INVITE ")
            else:
                for prefix in UNHEARD:
                    yield DropRule(source=host, destination=peer, prefix=prefix)


begin_cut = make_begin(list_cut)
begin_egress = make_begin(list_egress)
begin_loss = make_begin(list_loss)
begin_wire_grey = make_begin(list_grey)


@in_words
def check(ground: Ground, fault: Fault) -> None:
    """Raise FaultError where rules cannot be set here, or for an end that cannot be."""
    ground.check_network()
    PacketFilter().list()
    for target in fault.targets:
        ground.list_peers(target, str(fault.settings["peers"]))
