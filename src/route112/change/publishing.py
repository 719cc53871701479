"""
Which generations are made, and which station wants which.

A generation is a candidate with orders. A station is content with one that holds its own candidate
and every order in force, and none that was withdrawn; one that is over by itself harms nobody,
since every translation judges its end at each call. Whatever changes either side, an order, a
canary, a way back, leaves stations that are not content, and here that is mended: for each
candidate in use at most one generation is being made, and what is made is wanted at once.

Numbers come from one count for the whole country. So an order in the middle of a change makes two
generations, one for each candidate, and no number ever has two contents (docs/decisions,
Orders-ride-on-what-is-there).
"""

from collections.abc import Iterator

from route112.change.events import (
    Event,
    GenerationBegun,
    GenerationBuilt,
    GenerationDropped,
    OrderEnded,
    StationHeld,
    StationWants,
    TurnedBack,
    cut_cause,
)
from route112.change.facts import Built, Facts, StationFact
from route112.change.values import Generation, Kind, State
from route112.replication import Oddity

STRANGE = (Oddity.AHEAD, Oddity.TWO_CONTENTS)
"""What keeps the planner from sending anything."""


def hold_strange(state: State, facts: Facts, now_us: int) -> Iterator[Event]:
    """Send nothing more to stations that have what was never given out."""
    for station in state.stations:
        fact = facts.stations.get(station)
        if fact is None or not set(STRANGE) & set(fact.oddities):
            continue
        number = fact.report.number
        if state.strange.get(station) != number:
            cause = ", ".join(fact.oddities)
            yield StationHeld(at_us=now_us, station=station, number=number, cause=cause)


def end_orders(state: State, _facts: Facts, now_us: int) -> Iterator[Event]:
    """Forget orders that are over by themselves."""
    for order in state.orders.values():
        if now_us >= order.expires:
            yield OrderEnded(
                at_us=now_us, id=order.id, how="over", cause="", author="", approver=""
            )


def take_built(state: State, facts: Facts, now_us: int) -> Iterator[Event]:
    """Take what became of generations that were being made."""
    in_use = set(state.assigned.values())
    for generation in list_unbuilt(state):
        built = facts.built.get(generation.number)
        if generation.candidate not in in_use:
            cause = "no station shall have its candidate any more"
            yield GenerationDropped(at_us=now_us, number=generation.number, cause=cause)
        elif built is None:
            continue
        elif not built.flaw:
            yield GenerationBuilt(
                at_us=now_us,
                number=generation.number,
                content_hash=built.content_hash,
                size=built.size,
            )
        elif consequences := tuple(_judge_flaw(state, generation, built, now_us)):
            cause = cut_cause(built.flaw)
            yield GenerationDropped(at_us=now_us, number=generation.number, cause=cause)
            yield from consequences


def _judge_flaw(
    state: State, generation: Generation, built: Built, now_us: int
) -> Iterator[Event]:
    """
    Say what has to go because a generation can never be built.

    A plan that an order does not fit goes back rather than the order. Without either there is
    nothing to let go, and the generation is tried again.
    """
    change = state.change
    is_new = change is not None and change.kind is Kind.PLAN and not change.back
    if change is not None and is_new and generation.candidate == change.candidate:
        cause = f"g{generation.number} cannot be built: {built.flaw}"
        yield TurnedBack(at_us=now_us, change=change.id, cause=cut_cause(cause), author="")
        return
    cause = cut_cause(built.flaw)
    for key in state.orders.keys() & set(built.culprits):
        yield OrderEnded(at_us=now_us, id=key, how="refused", cause=cause, author="", approver="")


def publish(state: State, _facts: Facts, now_us: int) -> Iterator[Event]:
    """Want what is made, and make what is missing."""
    next_number = state.last_number + 1
    # The candidate of before comes last: a way back then finds its newest generation made.
    in_use = sorted(set(state.assigned.values()), key=lambda each: (each == state.candidate, each))
    for candidate in in_use:
        lacking = [
            station
            for station in state.stations
            if state.assigned[station] == candidate
            and station not in state.held
            and not is_content(state, station, now_us)
        ]
        newest = _find_newest(state, candidate, now_us)
        takers = [
            station
            for station in lacking
            if newest is not None and newest.number > state.wanted[station]
        ]
        if newest is not None and takers:
            yield StationWants(at_us=now_us, stations=tuple(takers), number=newest.number)
        if newest is not None and is_full(state, newest, now_us):
            lacking = [station for station in lacking if station not in takers]
        is_making = any(each.candidate == candidate for each in list_unbuilt(state))
        if lacking and not is_making:
            yield GenerationBegun(
                at_us=now_us,
                number=next_number,
                candidate=candidate,
                orders=tuple(sorted(list_in_force(state, now_us))),
                parent=max(state.wanted[station] for station in lacking),
            )
            next_number += 1


def list_unbuilt(state: State) -> list[Generation]:
    """List the generations that are being made."""
    return [each for each in state.generations.values() if not each.content_hash]


def list_in_force(state: State, now_us: int) -> set[str]:
    """List the ids of orders that are not over."""
    return {key for key, order in state.orders.items() if now_us < order.expires}


def has_orders(state: State, fact: StationFact, now_us: int) -> bool:
    """Tell whether what a station has in force holds every order in force."""
    known = state.generations.get(fact.report.number)
    return known is not None and list_in_force(state, now_us) <= set(known.orders)


def is_content(state: State, station: str, now_us: int) -> bool:
    """Tell whether what a station shall have is what it should have."""
    number = state.wanted[station]
    generation = state.generations.get(number)
    if generation is None or state.strange.get(station) == number:
        return False
    if generation.candidate != state.assigned[station]:
        return False
    return is_full(state, generation, now_us)


def is_full(state: State, generation: Generation, now_us: int) -> bool:
    """Tell whether a generation holds every order in force, and none that was taken back."""
    in_force = list_in_force(state, now_us)
    return in_force <= set(generation.orders) and _is_fit(state, generation, now_us)


def _is_fit(state: State, generation: Generation, now_us: int) -> bool:
    return not any(state.ended_orders.get(key, 0) > now_us for key in generation.orders)


def _find_newest(state: State, candidate: str, now_us: int) -> Generation | None:
    """Return the newest generation of a candidate that is made and holds nothing taken back."""
    for generation in reversed(list(state.generations.values())):
        if generation.candidate == candidate and generation.content_hash:
            return generation if _is_fit(state, generation, now_us) else None
    return None
