"""Both ends of the demo's calls, in this process: every trunk end, callers of every operator."""

import ipaddress
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.processes import ChildError, find_listeners
from route112.adapters.sip import Address
from route112.apps.demo.draw import DemoCall, can_call
from route112.apps.ends import Callers, CallOrder, Psaps
from route112.apps.ends.dialect import speak
from route112.apps.ends.whereabouts import Whereabouts, list_whereabouts
from route112.model import Operator
from route112.snapshot.reader import Snapshot

ANSWER_AFTER_S = 0.05
HOLD_S = 0.4
"""How long a call lasts once it is answered."""
TIMEOUT_S = 20.0
"""A caller who hears nothing for so long is lost in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Who answers and who calls."""

    psaps: Psaps
    callers: Mapping[str, Callers]
    """By operator, each at an address of that operator."""
    operators: Mapping[str, Operator]
    whereabouts: Mapping[str, Whereabouts]
    """By operator, what it says instead of a commune."""
    site: Address

    def make_order(self, call: DemoCall, *, call_id: str, caller: str) -> CallOrder:
        """Write a call in its operator's dialect; DialectError where that has no words for it."""
        order = CallOrder(
            dialled=call.dialled,
            to=self.site,
            commune=call.commune,
            technology=call.technology,
            caller=caller,
            call_id=call_id,
            timeout_s=TIMEOUT_S,
            hold_s=HOLD_S,
        )
        return speak(order, self.operators[call.operator], self.whereabouts[call.operator])


def list_trunk_ends(snapshot: Snapshot) -> tuple[Address, ...]:
    """List where the trunks of all lines end."""
    trunks = {snapshot.line(index).trunk for index in range(snapshot.lines_count)}
    hops = (hop for trunk in sorted(trunks) for hop in snapshot.trunk(trunk).hops)
    places = dict.fromkeys(Address.parse(hop.address, transport=hop.transport) for hop in hops)
    return tuple(sorted(places, key=lambda place: ipaddress.ip_address(place.host).packed))


def find_source(operator: Operator) -> str:
    """Return an address that an operator may send from."""
    network = ipaddress.ip_network(operator.sources[0])
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
async def open_ends(snapshot: Snapshot, site: Address, folder: Path) -> AsyncIterator[Ends]:
    """Listen at every trunk end, and take an address of each operator; both write logs."""
    operators = {row.id: row for row in snapshot.operators if can_call(row)}
    async with AsyncExitStack() as stack:
        psaps = Psaps(answer_after_s=ANSWER_AFTER_S, log=folder / "psaps.jsonl")
        await stack.enter_async_context(psaps)
        for place in list_trunk_ends(snapshot):
            await psaps.listen(place)
        callers = {}
        for id_, operator in operators.items():
            local = Address("udp", find_source(operator), 0)
            calling = Callers(local, log=folder / f"callers-{id_}.jsonl")
            callers[id_] = await stack.enter_async_context(calling)
        yield Ends(
            psaps=psaps,
            callers=callers,
            operators=operators,
            whereabouts={id_: list_whereabouts(snapshot, id_) for id_ in operators},
            site=site,
        )
