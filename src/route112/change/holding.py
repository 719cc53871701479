"""
Stations that have what was never given out: held, and let go again by two persons.

Nothing is sent to a station that is held, orders neither: it might have a later plan, and would
lose it. Where people have the very file that it serves, they *adopt* that: it is the candidate
that this station is assigned from then on, so that orders reach it on the plan that it has. No
plan goes anywhere by this, and so none passes a gate; how it gets to the other stations is another
matter. Once all stations have one candidate, that is the one in force.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from route112.change.events import OrderGiven, StationHeld, StationsAdopted
from route112.change.facts import Facts
from route112.change.restoring import give
from route112.change.values import AHEAD_MAX, NUMBER_MAX, ORDERS_MAX, State
from route112.model import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptServed:
    """Take what stations serve that are held for what they have there."""

    content_hash: str
    """Of what they serve."""
    author: str
    approver: str
    reason: str
    seen: frozenset[str] = frozenset()
    """Ids of its orders that stand in the request, so that the second person has read them."""
    number: int = 0
    """This and what follows stands in its file: the planner reads that when it grants the wish."""
    candidate: str = ""
    """It without its orders."""
    orders: tuple[Order, ...] = ()


def list_serving(state: State, facts: Facts, content_hash: str) -> tuple[str, ...]:
    """List the stations that are held and serve this."""
    return tuple(
        station
        for station in state.stations
        if station in state.held
        and (fact := facts.stations.get(station)) is not None
        and fact.report.content_hash == content_hash
    )


def list_unknown(state: State, wish: AdoptServed, now_us: int) -> Iterator[OrderGiven]:
    """Give the orders in force that nobody gave here; what was taken back here stays so."""
    for order in wish.orders:
        is_known = order.id in state.orders or order.id in state.ended_orders
        if not is_known and now_us < order.expires:
            yield give(order, max(now_us, state.at_us))


def adopt_served(
    state: State, wish: AdoptServed, facts: Facts, now_us: int
) -> StationsAdopted | tuple[str, str]:
    """Grant the wish, or return why not: a reason, and a text."""
    if state.change is not None:
        return "another-change", f"change {state.change.id[:12]} runs"
    stations = list_serving(state, facts, wish.content_hash)
    if not stations:
        return "nothing-held", f"no station that is held serves {wish.content_hash[:16]}"
    if wish.number > NUMBER_MAX:
        return "bad-generation", f"g{wish.number} leaves no numbers to go on with"
    if len(state.orders) + len(list(list_unknown(state, wish, now_us))) > ORDERS_MAX:
        return "too-many", f"with its orders more than {ORDERS_MAX} would be in force"
    return StationsAdopted(
        at_us=now_us,
        stations=stations,
        number=wish.number,
        candidate=wish.candidate,
        content_hash=wish.content_hash,
        author=wish.author,
        approver=wish.approver,
        reason=wish.reason,
    )


def hold_station(state: State, event: StationHeld) -> State:
    """Numbers go on above what a station has, unless no journal can be so old that it has that."""
    if event.station not in state.wanted:
        return state
    state = replace(
        state,
        held=MappingProxyType({**state.held, event.station: event.cause}),
        strange=MappingProxyType({**state.strange, event.station: event.number}),
    )
    if event.number > state.last_number + AHEAD_MAX:
        return state
    wanted = max(event.number, state.wanted[event.station])
    return replace(
        state,
        wanted=MappingProxyType({**state.wanted, event.station: wanted}),
        **_go_beyond(state, event.number),
    )


def adopt_stations(state: State, event: StationsAdopted) -> State:
    """They shall have its plan, with the orders in force, and numbers go on above it."""
    number = event.number
    adopted = state.wanted.keys() & set(event.stations)
    assigned = {**state.assigned, **dict.fromkeys(adopted, event.candidate)}
    is_everywhere = set(assigned.values()) == {event.candidate}
    wanted = {station: max(number, state.wanted[station]) for station in adopted}
    return replace(
        state,
        candidate=event.candidate if is_everywhere else state.candidate,
        assigned=MappingProxyType(assigned),
        wanted=MappingProxyType({**state.wanted, **wanted}),
        held=MappingProxyType({key: why for key, why in state.held.items() if key not in adopted}),
        strange=MappingProxyType({**state.strange, **dict.fromkeys(adopted, number)}),
        **_go_beyond(state, number),
    )


def _go_beyond(state: State, number: int) -> dict[str, Any]:
    """Go on counting above a number; whoever else has it has what was never given out here."""
    if number <= state.last_number:
        return {}
    first = state.forgotten.start if state.forgotten else state.last_number + 1
    return {"last_number": number, "forgotten": range(first, number + 1)}
