"""What happens next, and what is to be done: by the state and what is known of the world."""

from collections.abc import Iterator
from dataclasses import dataclass

from route112.change.applying import apply
from route112.change.events import (
    ChangeEnded,
    Event,
    Frozen,
    OfferYielded,
    StepBegun,
    Thawed,
    TurnedBack,
    cut_cause,
    name_alarms,
    stamp,
)
from route112.change.facts import Facts
from route112.change.publishing import (
    end_orders,
    has_orders,
    hold_strange,
    list_unbuilt,
    publish,
    take_built,
)
from route112.change.restoring import learn
from route112.change.steps import (
    STEPS,
    Sign,
    find_next,
    has_candidate,
    is_away,
    is_untouched,
    judge_step,
)
from route112.change.values import Change, Kind, Outcome, State, Step
from route112.model import Order

FROZEN_MAX_US = 1_800_000_000
"""A change that alarms have held for so long, all together, goes back: two plans side by side are
no place to stay, and an alarm that comes and goes keeps them there as well as one that stays."""

DOUBT_S = 300.0
"""So long a clock that is ahead is not believed; nor is any by whoever has just begun to listen:
no order is over for him, and each is in what is made. One that is kept too long harms nobody,
since stations judge its end at each call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Make the snapshot of a generation, sign it and keep it: equal bytes whenever it is done."""

    number: int
    candidate: str
    orders: tuple[Order, ...]
    parent_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Do what a step asks for at a station, or go on doing it."""

    step: Step
    """Of `OFFER` and `RESTORE` nothing but waiting is to be done."""
    station: str
    change: str
    since_us: int
    """What is measured or tested counts from here on."""
    version: str
    """Of the software that shall run there."""


Command = Build | Act


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided."""

    events: tuple[Event, ...]
    """To be in the journal, synced, before anything else is done."""
    state: State
    """Behind these events."""
    commands: tuple[Command, ...]
    """All that is to be done now, also what was said before and is not done yet."""


def decide_next(
    state: State, facts: Facts, now_us: int, *, stands_still: bool = False
) -> Decision:
    """
    Decide what happens next; called about four times a second, and after each wish.

    Args:
        state: behind everything that is in the journal.
        facts: what is known of the world; may be old or empty.
        now_us: UTC, microseconds. When an order is over it says as it is, behind `DOUBT_S`; where
            it was set back, times in the journal and limits of a change stand still.
        stands_still: the change that runs is left as it is; orders go on.
    """
    happened: list[Event] = []
    believed_us = now_us if facts.listening_s >= DOUBT_S else 0
    for part in (hold_strange, learn, end_orders, take_built, _step_change, publish):
        if stands_still and part is _step_change:
            continue
        judges_orders = part in (end_orders, publish)
        for decided in tuple(part(state, facts, believed_us if judges_orders else now_us)):
            event = stamp(decided, max(state.at_us, now_us))
            state = apply(state, event)
            happened.append(event)
    return Decision(tuple(happened), state, tuple(list_commands(state)))


def list_commands(state: State) -> Iterator[Command]:
    """List what is to be done now."""
    for generation in list_unbuilt(state):
        parent = state.generations.get(generation.parent)
        yield Build(
            number=generation.number,
            candidate=generation.candidate,
            orders=tuple(state.orders[key] for key in generation.orders if key in state.orders),
            parent_hash="" if parent is None else parent.content_hash,
        )
    if (change := state.change) is not None and not state.is_learning:
        yield Act(
            step=change.step,
            station=change.station,
            change=change.id,
            since_us=change.since_us,
            version=change.version_before if change.back else change.version,
        )


def _step_change(state: State, facts: Facts, now_us: int) -> Iterator[Event]:
    change = state.change
    if change is None:
        return
    sign, cause = judge_step(state, change, facts, now_us)
    if sign is Sign.FAILED:
        yield _fail(change, cause, now_us)
        return
    if change.step is Step.OFFER:
        before = _let_orders_pass(state, change, facts, now_us)
        yield from before
        if before or change.is_yielding:
            return
    if STEPS[change.step].holds and not change.back:
        held = tuple(_hold(change, facts, now_us))
        yield from held
        if held or facts.alarms:
            return
    if sign is Sign.DONE:
        yield _go_on(change, facts, now_us)


def _let_orders_pass(state: State, change: Change, facts: Facts, now_us: int) -> tuple[Event, ...]:
    """
    Put an order before an offer that is not in force yet; offer again when it is there.

    Nobody knows how long the offer takes, or whether it is refused; an order must not wait for it.
    """
    fact = facts.stations.get(change.station)
    is_waiting = (
        fact is not None
        and not is_away(fact)
        and not has_candidate(state, fact, change.candidate)
        and not has_orders(state, fact, now_us)
    )
    if is_waiting and not change.is_yielding:
        return (OfferYielded(at_us=now_us, change=change.id),)
    if change.is_yielding and not is_waiting and not facts.alarms:
        return (_begin_step(change, change.place, Step.OFFER, facts, now_us=now_us),)
    return ()


def _hold(change: Change, facts: Facts, now_us: int) -> Iterator[Event]:
    """Freeze while an alarm is open, thaw when none is, and do not stay frozen for ever."""
    frozen_since_us = change.frozen_since_us
    if facts.alarms and not frozen_since_us:
        yield Frozen(at_us=now_us, change=change.id, alarms=name_alarms(facts.alarms))
    elif facts.alarms and change.held_us + now_us - frozen_since_us >= FROZEN_MAX_US:
        alarms = ", ".join(name_alarms(facts.alarms))
        yield _fail(change, f"held for too long by alarm {alarms}", now_us)
    elif frozen_since_us and not facts.alarms:
        yield Thawed(at_us=now_us, change=change.id)


def _fail(change: Change, cause: str, now_us: int) -> Event:
    cause = cut_cause(cause)
    if is_untouched(change):
        return ChangeEnded(
            at_us=now_us, change=change.id, outcome=Outcome.ROLLED_BACK, cause=cause
        )
    if not change.back:
        return TurnedBack(at_us=now_us, change=change.id, cause=cause, author="")
    both = cut_cause(f"{change.cause}; {cause}")
    return ChangeEnded(at_us=now_us, change=change.id, outcome=Outcome.STUCK, cause=both)


def _go_on(change: Change, facts: Facts, now_us: int) -> Event:
    behind = find_next(change)
    if behind is None:
        outcome = Outcome.ROLLED_BACK if change.back else Outcome.DONE
        is_left = change.kind is Kind.EVACUATION and not change.back
        cause = f"nothing points to {', '.join(change.stations)} any more" if is_left else ""
        return ChangeEnded(at_us=now_us, change=change.id, outcome=outcome, cause=cut_cause(cause))
    place, step = behind
    return _begin_step(change, place, step, facts, now_us=now_us)


def _begin_step(change: Change, place: int, step: Step, facts: Facts, *, now_us: int) -> Event:
    fact = facts.stations.get(change.stations[place])
    return StepBegun(
        at_us=now_us,
        change=change.id,
        place=place,
        step=step,
        version="" if fact is None else fact.report.version,
    )
