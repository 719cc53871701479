"""
A planner that came out of a backup: it gives no number before it knows which were given.

What happened behind the backup its journal does not know: generations, orders, a whole plan. So
the count begins anew beyond all that stations say that they have, and beyond what one may have
that says nothing; numbers that nobody gives cost nothing. A station that has one of the numbers
between is one that has what this planner never gave out (`Oddity.AHEAD`), however late it says so.

Where people know what is in force, because they have the file, it is adopted: its orders are
given, and it is the candidate of all stations.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from route112.change.events import (
    ChangeEnded,
    Event,
    NumbersLearned,
    OrderEnded,
    OrderGiven,
    Restored,
    SnapshotAdopted,
)
from route112.change.facts import Facts
from route112.change.values import AHEAD_MAX, Change, Generation, Kind, Outcome, State
from route112.model import Order

LEARN_S = 5.0
"""So long a restored planner waits for the stations that say nothing; an order does, too."""
NUMBERS_LEFT_OUT = 1_000
"""Generations that may have been given out behind a backup, beyond what stations say."""
AGE_MAX = 90_000
"""One more for each second between the backup and its return, up to here and then from 0 again:
whoever comes out of the same backup a second time gives none of the numbers of the first. Below
`AHEAD_MAX`, so that the numbers of the first are believed."""


def learn(state: State, facts: Facts, now_us: int) -> Iterator[Event]:
    """Know where the count goes on: when all stations were heard of, or none is waited for."""
    if not state.is_learning:
        return
    heard = {
        station: facts.stations[station].report.number
        for station in state.stations
        if station in facts.stations
    }
    if len(heard) == len(state.stations) or facts.listening_s >= LEARN_S:
        believed = [each for each in heard.values() if each <= state.last_number + AHEAD_MAX]
        number = max((state.last_number, *believed)) + NUMBERS_LEFT_OUT + state.left_out
        yield NumbersLearned(at_us=now_us, number=number)


def adopt(
    state: State,
    restored: Restored,
    generation: Generation | None = None,
    orders: Mapping[str, Order] = MappingProxyType({}),
) -> tuple[Event, ...]:
    """
    Return what has to be in the journal of a planner that is restored.

    Args:
        state: behind the journal of the backup.
        restored: who brought it back, when, and why.
        generation: in force at stations, as people have its file; an older one is not adopted.
        orders: those that it holds, by id.
    """
    now_us = restored.at_us
    change = state.change
    if generation is None or generation.number <= state.last_number:
        # A plan goes on by what stations say; all else would act at once on what it did not see.
        is_left = change is not None and change.kind is not Kind.PLAN
        return (restored, *_leave(change if is_left else None, _UNSEEN, now_us))
    ended = [
        OrderEnded(at_us=now_us, id=key, how="withdrawn", cause=_CAUSE, author="", approver="")
        for key in state.orders
        if key not in orders
    ]
    given = [give(order, now_us) for key, order in orders.items() if key not in state.orders]
    adopted = SnapshotAdopted(
        at_us=now_us,
        number=generation.number,
        candidate=generation.candidate,
        content_hash=generation.content_hash,
        size=generation.size,
        orders=tuple(sorted(orders)),
    )
    return (restored, *_leave(change, _CAUSE, now_us), *ended, *given, adopted)


_CAUSE = "a later snapshot was in force when the planner was restored"
_UNSEEN = "the planner was restored, and nobody knows what became of it behind the backup"


def _leave(change: Change | None, cause: str, now_us: int) -> Iterator[Event]:
    """Leave a change that ran to people."""
    if change is not None:
        yield ChangeEnded(at_us=now_us, change=change.id, outcome=Outcome.STUCK, cause=cause)


def give(order: Order, now_us: int) -> OrderGiven:
    """Give an order that was given elsewhere, as it is."""
    return OrderGiven(
        at_us=now_us,
        id=order.id,
        kind=order.kind,
        psap=order.psap,
        short_number=order.short_number,
        to_psap=order.to_psap,
        to_number=order.to_number,
        author=order.author,
        approver=order.approver,
        reason=order.reason,
        starts_us=order.starts,
        expires_us=order.expires,
    )


def restore_state(state: State, event: Restored) -> State:
    """
    What was being made may have been made otherwise by now: its number is not used.

    What was unknown here before stays unknown: a station may still have that.
    """
    made = {number: each for number, each in state.generations.items() if each.content_hash}
    first = state.last_number + 1
    return replace(
        state,
        is_learning=True,
        forgotten=state.forgotten or range(first, first),
        left_out=abs(event.at_us - state.at_us) // 1_000_000 % AGE_MAX,
        generations=MappingProxyType(made),
    )


def learn_numbers(state: State, event: NumbersLearned) -> State:
    """Go on counting there; whatever lies between is not known here."""
    last_number = max(state.last_number, event.number)
    return replace(
        state,
        is_learning=False,
        left_out=0,
        last_number=last_number,
        forgotten=range(state.forgotten.start, last_number + 1),
    )


def adopt_snapshot(state: State, event: SnapshotAdopted) -> State:
    """All stations shall have it, and it is the candidate from here on."""
    number = event.number
    generation = Generation(
        number=number,
        candidate=event.candidate,
        orders=event.orders,
        parent=0,
        content_hash=event.content_hash,
        size=event.size,
    )
    return replace(
        state,
        candidate=event.candidate,
        assigned=MappingProxyType(dict.fromkeys(state.stations, event.candidate)),
        wanted=MappingProxyType(
            {station: max(number, wanted) for station, wanted in state.wanted.items()}
        ),
        held=MappingProxyType({}),
        generations=MappingProxyType({**state.generations, number: generation}),
        last_number=max(state.last_number, number),
        forgotten=range(number + 1, number + 1),
    )
