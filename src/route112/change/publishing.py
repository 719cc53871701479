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

An order that does not go with an adopted plan (`holding`) goes to the others all the same: who has
that plan is held, and named.

A station that refuses what it shall have because of its key takes no number twice. Where another
key signs by now it gets one generation by that; if it refuses that as well, people have to look.
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
KEY_REASONS = frozenset({"unsigned", "unknown-key", "revoked-key", "expired-key"})
"""Refusals that the same plan and orders do not meet with under another key."""


def hold_strange(state: State, facts: Facts, now_us: int) -> Iterator[Event]:
    """
    Send nothing more to stations that have what was never given out.

    One that is held already may claim what it likes: nothing of it goes into the journal.
    """
    for station in state.stations:
        fact = facts.stations.get(station)
        if station in state.held or fact is None or not is_strange(state, fact):
            continue
        cause = ", ".join(fact.oddities)
        yield StationHeld(at_us=now_us, station=station, number=fact.report.number, cause=cause)


def is_strange(state: State, fact: StationFact) -> bool:
    """Tell whether a station has what was never given out, and nobody has let that pass."""
    number = fact.report.number
    is_odd = bool(set(STRANGE) & set(fact.oddities))
    return is_odd and (
        number > state.last_number or state.strange.get(fact.report.station) != number
    )


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
        elif not _list_open(state, generation.candidate):
            cause = "stations that shall have its candidate are held"
            yield GenerationDropped(at_us=now_us, number=generation.number, cause=cause)
        elif consequences := tuple(_judge_flaw(state, facts, generation, built, now_us)):
            cause = cut_cause(built.flaw)
            yield GenerationDropped(at_us=now_us, number=generation.number, cause=cause)
            yield from consequences


def _list_open(state: State, candidate: str) -> list[str]:
    """List the stations that shall have a candidate and get what is made of it."""
    return [
        station
        for station in state.stations
        if state.assigned[station] == candidate and station not in state.held
    ]


def _judge_flaw(
    state: State, facts: Facts, generation: Generation, built: Built, now_us: int
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
    if generation.candidate != state.candidate:
        yield from _hold_unfit(state, facts, generation, built, now_us)
        return
    cause = cut_cause(built.flaw)
    for key in state.orders.keys() & set(built.culprits):
        yield OrderEnded(at_us=now_us, id=key, how="refused", cause=cause, author="", approver="")


def _hold_unfit(
    state: State, facts: Facts, generation: Generation, built: Built, now_us: int
) -> Iterator[Event]:
    """
    Send nothing more to stations that have an adopted plan which orders do not fit.

    What one station has ends no order of the country. An order that the plan in force does not
    take either is refused there soon, and no station is held for it.
    """
    culprits = state.orders.keys() & set(built.culprits)
    is_over = built.culprits and not culprits
    is_judged = not _list_open(state, state.candidate) or any(
        each.content_hash and each.candidate == state.candidate and culprits <= set(each.orders)
        for each in state.generations.values()
    )
    if is_over or (culprits and not is_judged):
        return
    cause = cut_cause(f"orders do not go with its plan: {built.flaw}")
    for station in _list_open(state, generation.candidate):
        fact = facts.stations.get(station)
        number = state.wanted[station] if fact is None else fact.report.number
        yield StationHeld(at_us=now_us, station=station, number=number, cause=cause)


def publish(state: State, facts: Facts, now_us: int) -> Iterator[Event]:
    """Want what is made, and make what is missing."""
    if state.is_learning:
        return
    next_number = state.last_number + 1
    # The candidate of before comes last: a way back then finds its newest generation made.
    in_use = sorted(set(state.assigned.values()), key=lambda each: (each == state.candidate, each))
    for candidate in in_use:
        lacking = [
            station
            for station in state.stations
            if state.assigned[station] == candidate
            and station not in state.held
            and (not is_content(state, station, now_us) or is_refused(state, facts, station))
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
                parent=max(state.wanted[station] for station in lacking)
                or (0 if newest is None else newest.number),
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


def is_refused(state: State, facts: Facts, station: str) -> bool:
    """Tell whether a station refuses what it shall have because of a key that signs no more."""
    fact, number = facts.stations.get(station), state.wanted[station]
    refused = None if fact is None else fact.report.refused
    generation = state.generations.get(number)
    if refused is None or generation is None or number not in facts.by_another_key:
        return False
    is_this = (refused.number, refused.content_hash) == (number, generation.content_hash)
    return is_this and refused.reason in KEY_REASONS


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
