"""`decide`: where one emergency call goes, and why."""

from weakref import WeakKeyDictionary

from route112.model import Call, RouteDecision, States, UtcTime
from route112.routing.memory import Memory
from route112.snapshot.reader import Snapshot

_MEMORIES: WeakKeyDictionary[Snapshot, Memory] = WeakKeyDictionary()
"""One for each open snapshot; goes with it."""


def decide(call: Call, snapshot: Snapshot, states: States, *, now: UtcTime) -> RouteDecision:
    """
    Choose the answering points for one emergency call.

    Total: returns a decision for every call, degraded if need be. Pure: equal arguments give
    equal decisions, and nothing else is read.

    Args:
        call: as received; whatever in it is unusable is replaced and leaves a reason.
        snapshot: opened, hence checked.
        states: measured states of PSAPs and next hops; advice, they change the order of targets
            and of their hops only.
        now: UTC wall clock, microseconds; for orders, opening hours and validity.
    Returns: 1 to TARGETS_MAX targets in try order, no line twice; the trace of steps that led
        to the first; the reasons for which it is degraded, joined with `+`, or None.
    Raises: nothing.
    Cost: a few look-ups, more when a PSAP or hop in question is down; see benchmarks/decide.py.
    Source: docs/decisions/0004-latest-order-wins.md, 0005-measured-states-only-reorder.md,
        0006-the-nearest-variant.md, 0007-a-call-from-nowhere.md.
    """
    memory = _MEMORIES.get(snapshot)
    if memory is None:
        memory = _MEMORIES[snapshot] = Memory(snapshot, now)
    period = memory.period
    if not period.since <= now < period.until:
        period = memory.enter_period(snapshot, now)
    place = memory.places.get((call.dialled, call.commune, call.operator))
    if place is None:
        place = memory.find_place(call, snapshot)
    kept = period.plain.get(place)
    if kept is None:
        kept = memory.find_story(call, snapshot, place, period=period, now=now)
    if states.psaps or states.hops:
        return kept.advise(states)
    return kept.decision
