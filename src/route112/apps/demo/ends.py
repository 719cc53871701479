"""Both ends of the demo's calls: where answering points listen, and callers of each operator."""

import ipaddress
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.processes import ChildError, find_listeners
from route112.adapters.sip import Address
from route112.apps.demo.draw import DemoCall
from route112.apps.ends import Callers, CallOrder
from route112.apps.ends.dialect import speak
from route112.apps.ends.whereabouts import Whereabouts, list_whereabouts
from route112.model import Operator
from route112.model.topology import OperatorNode, Topology
from route112.snapshot.reader import Snapshot

HOLD_S = 0.2
"""How long a call lasts once it is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorEnd:
    """The callers of one operator."""

    operator: Operator
    callers: Callers
    """At an address of that operator's clients."""
    edge: Address
    whereabouts: Whereabouts
    """What it says instead of a commune."""

    def make_order(
        self, call: DemoCall, *, call_id: str, caller: str, patience_s: float
    ) -> CallOrder:
        """Write a call in the operator's dialect; DialectError where that has no words for it."""
        order = CallOrder(
            dialled=call.dialled,
            to=self.edge,
            commune=call.commune,
            technology=call.technology,
            caller=caller,
            call_id=call_id,
            timeout_s=patience_s,
            hold_s=HOLD_S,
        )
        return speak(order, self.operator, self.whereabouts)


Ends = Mapping[str, OperatorEnd]
"""By operator."""


def list_trunk_ends(snapshot: Snapshot) -> tuple[Address, ...]:
    """List where the trunks of all lines end."""
    trunks = {snapshot.line(index).trunk for index in range(snapshot.lines_count)}
    hops = (hop for trunk in sorted(trunks) for hop in snapshot.trunk(trunk).hops)
    places = dict.fromkeys(Address.parse(hop.address, transport=hop.transport) for hop in hops)
    return tuple(sorted(places, key=lambda place: ipaddress.ip_address(place.host).packed))


def list_places(topology: Topology) -> tuple[Address, ...]:
    """List where sites, edges and redirect servers listen."""
    places = [site.address for site in topology.sites]
    places += [edge.address for edge in topology.list_edges()]
    places += topology.list_redirects()
    return tuple(Address.parse(place, transport="udp") for place in places)


def find_client(node: OperatorNode) -> str:
    """Return an address that callers of an operator may send from."""
    network = ipaddress.ip_network(node.clients[0])
    return str(network[min(1, network.num_addresses - 1)])


def check_free(places: Iterable[Address]) -> None:
    """Raise ChildError when somebody listens on one of the places."""
    taken = {transport: find_listeners(transport) for transport in ("udp", "tcp")}
    for place in places:
        listening = taken["udp" if place.transport == "udp" else "tcp"]
        everywhere = "0.0.0.0"  # noqa: S104  seen, not bound
        if {(place.host, place.port), (everywhere, place.port)} & listening:
            raise ChildError(f"{place.place}/{place.transport} is taken by another program")


@asynccontextmanager
async def open_ends(snapshot: Snapshot, topology: Topology, folder: Path) -> AsyncIterator[Ends]:
    """Take an address of each operator's clients; what its callers see is logged in `folder`."""
    async with AsyncExitStack() as stack:
        ends = {}
        for node in topology.operators:
            operator = snapshot.operator(node.id)
            assert operator is not None, "the demo's topology and plan have the same operators"
            local = Address("udp", find_client(node), 0)
            callers = Callers(local, log=folder / f"callers-{node.id}.jsonl")
            ends[node.id] = OperatorEnd(
                operator=operator,
                callers=await stack.enter_async_context(callers),
                edge=Address("udp", node.edges[0].host, node.edges[0].port),
                whereabouts=list_whereabouts(snapshot, node.id),
            )
        yield ends
