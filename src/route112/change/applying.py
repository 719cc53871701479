"""`apply`: the state behind an event. It cannot fail, and decides nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from route112.change import events
from route112.change.events import Event
from route112.change.holding import adopt_stations, hold_station
from route112.change.restoring import adopt_snapshot, learn_numbers, restore_state
from route112.change.steps import BACK, FORWARD
from route112.change.values import (
    GENERATIONS_KEPT,
    HISTORY_KEPT,
    HOLD_US,
    Change,
    Generation,
    Kind,
    Outcome,
    State,
    Step,
)
from route112.model import Order, OrderKind, UtcTime

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def apply(state: State, event: Event) -> State:
    """Return the state behind an event; one that fits nothing any more changes nothing."""
    after = _APPLIERS[type(event)](state, event)
    return replace(after, at_us=max(state.at_us, event.at_us))


def replay(happened: Iterable[Event]) -> State:
    """Return the state behind all events of a journal."""
    state = State()
    for event in happened:
        state = apply(state, event)
    return state


def _found(state: State, event: events.Founded) -> State:
    number = event.number
    generation = Generation(
        number=number,
        candidate=event.candidate,
        orders=(),
        parent=0,
        content_hash=event.content_hash,
        size=event.size,
    )
    return replace(
        state,
        stations=event.stations,
        candidate=event.candidate,
        assigned=_freeze(dict.fromkeys(event.stations, event.candidate)),
        wanted=_freeze(dict.fromkeys(event.stations, number)),
        generations=_freeze({number: generation}),
        last_number=number,
    )


def _add_stations(state: State, event: events.StationsAdded) -> State:
    """
    They shall have the plan in force; of one that is being activated they are the last stations.

    So none is left with the plan of before when that change is done.
    """
    new = tuple(each for each in event.stations if each not in state.stations)
    change = state.change
    if change is not None and change.kind is Kind.PLAN:
        change = replace(change, stations=(*change.stations, *new))
    return replace(
        state,
        stations=(*state.stations, *new),
        assigned=_freeze({**state.assigned, **dict.fromkeys(new, state.candidate)}),
        wanted=_freeze({**state.wanted, **dict.fromkeys(new, 0)}),
        change=change,
    )


def _begin_change(state: State, event: events.ChangeBegun) -> State:
    kind = Kind(event.kind)
    change = Change(
        id=event.id,
        kind=kind,
        author=event.author,
        approver=event.approver,
        reason=event.reason,
        stations=event.stations,
        candidate=event.candidate,
        version=event.version,
        soak_s=event.soak_s,
        begun_us=event.at_us,
        since_us=event.at_us,
        step=FORWARD[kind][0],
        version_before=event.version_before,
    )
    return _assign(replace(state, change=change), change)


def _begin_step(state: State, event: events.StepBegun) -> State:
    change = _find_change(state, event.change)
    if change is None or event.place >= len(change.stations):
        return state
    step = Step(event.step)
    is_new = event.place != change.place or step is FORWARD[change.kind][0]
    change = replace(
        change,
        place=event.place,
        step=step,
        since_us=event.at_us,
        frozen_since_us=0,
        is_yielding=False,
        is_work_done=change.is_work_done and not is_new,
        version_before=event.version if is_new else change.version_before,
    )
    return _assign(replace(state, change=change), change)


def _assign(state: State, change: Change) -> State:
    """Where its turn to be offered has come, a station shall have the new candidate."""
    if change.step is not Step.OFFER:
        return state
    return replace(
        state,
        assigned=_put(state.assigned, change.station, change.candidate),
        held=_drop(state.held, change.station),
    )


def _yield_offer(state: State, event: events.OfferYielded) -> State:
    change = _find_change(state, event.change)
    if change is None:
        return state
    state = _set(state, change, is_yielding=True)
    return replace(state, assigned=_put(state.assigned, change.station, state.candidate))


def _freeze_change(state: State, event: events.Frozen) -> State:
    change = _find_change(state, event.change)
    return state if change is None else _set(state, change, frozen_since_us=event.at_us)


def _thaw_change(state: State, event: events.Thawed) -> State:
    change = _find_change(state, event.change)
    if change is None:
        return state
    held_us = change.held_us + max(HOLD_US, event.at_us - change.frozen_since_us)
    return _set(state, change, frozen_since_us=0, held_us=held_us, since_us=event.at_us)


def _finish_work(state: State, event: events.WorkDone) -> State:
    change = _find_change(state, event.change)
    return state if change is None else _set(state, change, is_work_done=True)


def _turn_back(state: State, event: events.TurnedBack) -> State:
    change = _find_change(state, event.change)
    if change is None:
        return state
    state = _set(
        state,
        change,
        back=True,
        is_yielding=False,
        cause=event.cause,
        step=BACK[change.kind][0],
        since_us=event.at_us,
        frozen_since_us=0,
    )
    if change.kind is not Kind.PLAN:
        return state
    return replace(state, assigned=_freeze(dict.fromkeys(state.stations, state.candidate)))


def _end_change(state: State, event: events.ChangeEnded) -> State:
    change = _find_change(state, event.change)
    if change is None:
        return state
    outcome = Outcome(event.outcome)
    ended = replace(
        change, outcome=outcome, cause=event.cause or change.cause, ended_us=event.at_us
    )
    state = replace(state, change=None, history=(*state.history, ended)[-HISTORY_KEPT:])
    if outcome is not Outcome.DONE:
        return state
    if change.kind is Kind.PLAN:
        return replace(state, candidate=change.candidate)
    if change.kind is Kind.EVACUATION:
        return replace(
            state,
            stations=tuple(each for each in state.stations if each not in change.stations),
            assigned=_drop(state.assigned, *change.stations),
            wanted=_drop(state.wanted, *change.stations),
            held=_drop(state.held, *change.stations),
        )
    return state


def _give_order(state: State, event: events.OrderGiven) -> State:
    order = Order(
        id=event.id,
        kind=OrderKind(event.kind),
        psap=event.psap,
        short_number=event.short_number,
        to_psap=event.to_psap,
        to_number=event.to_number,
        author=event.author,
        approver=event.approver,
        reason=event.reason,
        starts=UtcTime(event.starts_us),
        expires=UtcTime(event.expires_us),
    )
    return replace(state, orders=_put(state.orders, event.id, order))


def _end_order(state: State, event: events.OrderEnded) -> State:
    order = state.orders.get(event.id)
    if order is None:
        return state
    ended = {key: end for key, end in state.ended_orders.items() if end > event.at_us}
    if event.how != "over":
        ended[event.id] = order.expires
    return replace(state, orders=_drop(state.orders, event.id), ended_orders=_freeze(ended))


def _begin_generation(state: State, event: events.GenerationBegun) -> State:
    generation = Generation(
        number=event.number,
        candidate=event.candidate,
        orders=event.orders,
        parent=event.parent,
    )
    kept = dict(sorted({**state.generations, event.number: generation}.items()))
    for number in list(kept)[:-GENERATIONS_KEPT]:
        del kept[number]
    last_number = max(state.last_number, event.number)
    return replace(state, generations=_freeze(kept), last_number=last_number)


def _build_generation(state: State, event: events.GenerationBuilt) -> State:
    generation = state.generations.get(event.number)
    if generation is None:
        return state
    built = replace(generation, content_hash=event.content_hash, size=event.size)
    return replace(state, generations=_put(state.generations, event.number, built))


def _drop_generation(state: State, event: events.GenerationDropped) -> State:
    return replace(state, generations=_drop(state.generations, event.number))


def _want(state: State, event: events.StationWants) -> State:
    wanted = dict(state.wanted)
    for station in wanted.keys() & set(event.stations):
        wanted[station] = max(event.number, wanted[station])
    return replace(state, wanted=_freeze(wanted))


def _find_change(state: State, key: str) -> Change | None:
    return state.change if state.change is not None and state.change.id == key else None


def _set(state: State, change: Change, **fields: Any) -> State:  # noqa: ANN401
    return replace(state, change=replace(change, **fields))


def _freeze(values: dict[_Key, _Value]) -> Mapping[_Key, _Value]:
    return MappingProxyType(values)


def _put(values: Mapping[_Key, _Value], key: _Key, value: _Value) -> Mapping[_Key, _Value]:
    return MappingProxyType({**values, key: value})


def _drop(values: Mapping[_Key, _Value], *keys: _Key) -> Mapping[_Key, _Value]:
    return MappingProxyType({key: each for key, each in values.items() if key not in keys})


_APPLIERS: Mapping[type, Callable[[State, Any], State]] = {
    events.Founded: _found,
    events.StationsAdded: _add_stations,
    events.ChangeBegun: _begin_change,
    events.StepBegun: _begin_step,
    events.OfferYielded: _yield_offer,
    events.Frozen: _freeze_change,
    events.Thawed: _thaw_change,
    events.WorkDone: _finish_work,
    events.TurnedBack: _turn_back,
    events.ChangeEnded: _end_change,
    events.OrderGiven: _give_order,
    events.OrderEnded: _end_order,
    events.GenerationBegun: _begin_generation,
    events.GenerationBuilt: _build_generation,
    events.GenerationDropped: _drop_generation,
    events.StationWants: _want,
    events.StationHeld: hold_station,
    events.Restored: restore_state,
    events.NumbersLearned: learn_numbers,
    events.SnapshotAdopted: adopt_snapshot,
    events.StationsAdopted: adopt_stations,
}
