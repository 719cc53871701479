"""`decide`: where one emergency call goes, and why."""

from weakref import WeakKeyDictionary

from route112.model import Call, RouteDecision, States, UtcTime
from route112.routing.memory import Memory
from route112.routing.ranking import DOWN_WORDS, rank_prospects
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
        states: measured states by PSAP id; advice, they change the order of targets only.
        now: UTC wall clock, microseconds; for orders, opening hours and validity.
    Returns: 1 to TARGETS_MAX targets in try order, no line twice; the trace of steps that led
        to the first; the reasons for which it is degraded, joined with `+`, or None.
    Raises: nothing.
    Cost: a few look-ups, more when a PSAP in question is down; see benchmarks/decide.py.
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
    measured = states.psaps
    if measured:
        down = {
            psap: DOWN_WORDS[measured[psap]]
            for psap in kept.psaps
            if psap in measured and measured[psap] in DOWN_WORDS
        }
        if down:
            return rank_prospects(kept.story, down)
    return kept.decision
