"""
Test calls over a path that their header names: who may place them, and whom they ring.

A test call is one to `urn:service:test...` (RFC 6881 section 17). Edges vouch for those who place
it, so that a site takes the header from edges alone. It rings a next hop of the plan in force and
nobody else: the test responder behind an IP hop, or the loop number of a gateway, which is no
answering point's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from route112.adapters.kemi.lines import ANSWER_MS
from route112.model import Hop
from route112.snapshot.reader import Snapshot

HEADER = "X-Route112-Path"
"""`site-2;hop=127.0.4.1:5060`: the site for the edge, the next hop for the site."""
SOURCES = "ROUTE112_PROBES"
"""Environment: addresses of edges, a space between two."""
LOOPS = "ROUTE112_LOOPS"
"""Environment: `host:port=number` of gateways, a space between two."""
RING_MS = 2_000
"""From the ringing until a responder has to answer."""
_HOP = "hop="


@dataclass(slots=True)
class Probes:
    """Who may place test calls at this site, and what they may ring."""

    sources: frozenset[str] = frozenset()
    """Numeric addresses."""
    loops: Mapping[str, str] = field(default_factory=dict)
    """Of gateways: `host:port` to the number that loops back."""
    _hops: dict[str, Hop] = field(default_factory=dict)
    _known: Snapshot | None = None
    """What `_hops` are of."""

    def find_attempt(self, snapshot: Snapshot, path: str, *, site: str) -> tuple[Hop, str] | None:
        """
        Return what a path leads to at this site, as a hop and an attempt; None: nothing.

        The attempt has no number where the responder answers to the test service itself.
        """
        name, _, rest = path.partition(";")
        hop = self._find_hop(snapshot, rest.strip().removeprefix(_HOP))
        if name.strip() != site or not rest.strip().startswith(_HOP) or hop is None:
            return None
        number = "" if hop.technology == "ip" else self.loops.get(hop.address, "")
        if hop.technology != "ip" and (not number or snapshot.find_line(number) is not None):
            return None
        answer_ms = ANSWER_MS[hop.technology]
        return hop, f"{number}|{hop.address}|{hop.transport}|{answer_ms}|{RING_MS}||0"

    def _find_hop(self, snapshot: Snapshot, address: str) -> Hop | None:
        if self._known is not snapshot:
            # Where several trunks have it they differ in capacity, which a test call leaves alone.
            self._hops = {hop.address: hop for hop in list_hops(snapshot)}
            self._known = snapshot
        return self._hops.get(address)


def list_hops(snapshot: Snapshot) -> Iterator[Hop]:
    """Yield the next hops of all trunks."""
    for trunk in map(snapshot.trunk, range(snapshot.trunks_count)):
        yield from trunk.hops


def read_probes(environ: Mapping[str, str]) -> Probes:
    """Return what a site's environment says of test calls; nothing: nobody may place them."""
    pairs = (pair.rpartition("=") for pair in environ.get(LOOPS, "").split())
    return Probes(
        sources=frozenset(environ.get(SOURCES, "").split()),
        loops={hop: number for hop, _, number in pairs},
    )
