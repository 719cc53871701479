"""What people wish for: refused with a reason, or an event. Whether they may `access` says."""

import re
from dataclasses import dataclass

from route112.change.events import (
    ChangeBegun,
    ChangeEnded,
    Event,
    Founded,
    OrderEnded,
    OrderGiven,
    StationsAdded,
    TurnedBack,
    WorkDone,
    cut_cause,
    stamp,
)
from route112.change.facts import Facts
from route112.change.holding import AdoptServed, adopt_served
from route112.change.ordering import NAME, TEXT_CHARS_MAX, find_order_flaw
from route112.change.steps import is_away, is_untouched
from route112.change.values import (
    NUMBER_MAX,
    ORDERS_MAX,
    STATIONS_MAX,
    Kind,
    Outcome,
    State,
    Step,
)
from route112.model import Order

SOAK_S_MAX = 86_400
HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Begin a journal: these stations have this in force."""

    stations: tuple[str, ...]
    candidate: str
    number: int
    content_hash: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddStations:
    """Bring snapshots to these as well: the topology has them by now."""

    stations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginChange:
    """Change something."""

    id: str
    kind: Kind
    author: str
    approver: str
    reason: str
    stations: tuple[str, ...] = ()
    """Of a plan the canary alone, or in which order; the others follow. Else those that change."""
    candidate: str = ""
    base: str = ""
    """Candidate that it was compared with, which has to be in force; empty: with none."""
    version: str = ""
    soak_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortChange:
    """Let the change that runs go back."""

    author: str
    reason: str
    change: str = ""
    """Which one is meant; empty: whichever runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishWork:
    """The work at the station is done."""

    author: str
    change: str = ""
    """Whose work is meant; empty: of whichever runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveOrder:
    """Give an emergency order."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOrder:
    """Take an emergency order back before its end."""

    id: str
    author: str
    approver: str
    reason: str


Wish = (
    Found
    | AddStations
    | BeginChange
    | AbortChange
    | FinishWork
    | GiveOrder
    | WithdrawOrder
    | AdoptServed
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a wish is not granted."""

    reason: str
    """In kebab-case."""
    text: str


def ask(state: State, wish: Wish, facts: Facts, now_us: int) -> Event | Refusal:
    """
    Grant a wish as one event, or refuse it.

    Changes are refused while an alarm is open or another change runs; orders never are. When an
    order is over the clock says, also one that was set back.
    """
    granted = _ask(state, wish, facts, now_us)
    return granted if isinstance(granted, Refusal) else stamp(granted, state.at_us)


def _ask(state: State, wish: Wish, facts: Facts, now_us: int) -> Event | Refusal:
    if isinstance(wish, Found):
        return _ask_found(state, wish, now_us)
    if not state.stations:
        return Refusal("no-stations", "the journal names no stations yet")
    if isinstance(wish, AddStations):
        return _ask_added(state, wish, now_us)
    if isinstance(wish, BeginChange):
        return _ask_change(state, wish, facts, now_us)
    if isinstance(wish, GiveOrder):
        return _ask_order(state, wish.order, now_us)
    if isinstance(wish, WithdrawOrder):
        if wish.id not in state.orders:
            return Refusal("unknown-order", f"no order {wish.id} is in force")
        return OrderEnded(
            at_us=now_us,
            id=wish.id,
            how="withdrawn",
            cause=cut_cause(wish.reason),
            author=wish.author,
            approver=wish.approver,
        )
    if isinstance(wish, AdoptServed):
        found = adopt_served(state, wish, facts, now_us)
        return Refusal(*found) if isinstance(found, tuple) else found
    return _ask_running(state, wish, now_us)


def _ask_found(state: State, wish: Found, now_us: int) -> Event | Refusal:
    if state.stations:
        return Refusal("not-the-first", "the journal has begun already")
    if not _are_stations(wish.stations):
        return Refusal("bad-stations", f"1 to {STATIONS_MAX} different stations are needed")
    hashes = (wish.content_hash, wish.candidate)
    is_number = 0 < wish.number <= NUMBER_MAX
    if not is_number or not all(HASH.fullmatch(each) for each in hashes):
        text = f"a generation has a number up to {NUMBER_MAX} and a hash"
        return Refusal("bad-generation", text)
    return Founded(
        at_us=now_us,
        stations=wish.stations,
        candidate=wish.candidate,
        number=wish.number,
        content_hash=wish.content_hash,
        size=wish.size,
    )


def _ask_added(state: State, wish: AddStations, now_us: int) -> StationsAdded | Refusal:
    if not wish.stations or not _are_stations((*state.stations, *wish.stations)):
        text = f"new ones are needed, {STATIONS_MAX} different stations in all at most"
        return Refusal("bad-stations", text)
    return StationsAdded(at_us=now_us, stations=wish.stations)


def _are_stations(names: tuple[str, ...]) -> bool:
    is_sound = 0 < len(set(names)) == len(names) <= STATIONS_MAX
    return is_sound and all(NAME.fullmatch(each) for each in names)


def _ask_change(
    state: State, wish: BeginChange, facts: Facts, now_us: int
) -> ChangeBegun | Refusal:
    if wish.kind not in facts.kinds:
        # It would begin, and go back after minutes.
        return Refusal("no-hands", f"this planner acts at no station, and {wish.kind} needs it")
    if state.change is not None:
        return Refusal("another-change", f"change {state.change.id[:12]} runs")
    if facts.alarms:
        return Refusal("alarm-open", f"frozen: alarm {', '.join(facts.alarms[:8])} is open")
    stations = wish.stations
    if wish.kind is Kind.PLAN:
        stations += tuple(each for each in state.stations if each not in stations)
    unknown = [each for each in stations if each not in state.stations]
    if unknown or not stations or len(set(stations)) < len(stations):
        return Refusal("bad-stations", f"stations are {', '.join(state.stations)}, each once")
    if wrong := _find_wrong(state, wish):
        return wrong
    canary = facts.stations.get(stations[0])
    if canary is None or is_away(canary):
        return Refusal("canary-away", f"{stations[0]} is away")
    return ChangeBegun(
        at_us=now_us,
        id=wish.id,
        kind=wish.kind,
        author=wish.author,
        approver=wish.approver,
        reason=wish.reason,
        stations=stations,
        candidate=wish.candidate,
        version=wish.version,
        version_before=canary.report.version,
        soak_s=wish.soak_s,
    )


def _find_wrong(state: State, wish: BeginChange) -> Refusal | None:
    """Return what is wrong with a change for itself."""
    if not HASH.fullmatch(wish.id) or any(each.id == wish.id for each in state.history):
        return Refusal("bad-id", "a change is named by the hash of its request, once")
    if not 0 <= wish.soak_s <= SOAK_S_MAX:
        return Refusal("bad-soak", f"0 to {SOAK_S_MAX} seconds")
    if len(wish.reason) > TEXT_CHARS_MAX or not wish.reason.strip():
        return Refusal("bad-reason", f"1 to {TEXT_CHARS_MAX} characters")
    if wish.kind is Kind.PLAN and not HASH.fullmatch(wish.candidate):
        return Refusal("bad-candidate", "a candidate is named by its content hash")
    if wish.kind is Kind.PLAN and wish.candidate == state.candidate:
        return Refusal("nothing-new", "this candidate is in force")
    if wish.base not in ("", state.candidate):
        return Refusal("another-base", "it was compared with a plan that is in force no more")
    if wish.kind is Kind.UPGRADE and not NAME.fullmatch(wish.version):
        return Refusal("bad-version", "a version is needed")
    if wish.kind is Kind.EVACUATION and len(wish.stations) >= len(state.stations):
        return Refusal("nobody-left", "a station has to stay")
    return None


def _ask_order(state: State, order: Order, now_us: int) -> OrderGiven | Refusal:
    given = state.generations.values()
    is_known = order.id in state.orders or order.id in state.ended_orders
    if is_known or any(order.id in each.orders for each in given):
        return Refusal("bad-id", "an order needs an id of its own")
    reason, text = find_order_flaw(order, now_us)
    if reason:
        return Refusal(reason, text)
    if len(state.orders) >= ORDERS_MAX:
        return Refusal("too-many", f"{ORDERS_MAX} orders are in force")
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


def _ask_running(state: State, wish: AbortChange | FinishWork, now_us: int) -> Event | Refusal:
    change = state.change
    if change is None:
        return Refusal("no-change", "no change runs")
    if wish.change not in ("", change.id):
        return Refusal("other-change", f"change {change.id[:12]} runs, and another one was meant")
    if isinstance(wish, FinishWork):
        if change.step is not Step.WORK:
            return Refusal("no-work", f"{change.station} is at step {change.step}")
        return WorkDone(at_us=now_us, change=change.id, author=wish.author)
    if change.back:
        return Refusal("goes-back", "it goes back already")
    if is_untouched(change):
        return ChangeEnded(
            at_us=now_us,
            change=change.id,
            outcome=Outcome.ROLLED_BACK,
            cause=cut_cause(wish.reason),
        )
    return TurnedBack(
        at_us=now_us, change=change.id, cause=cut_cause(wish.reason), author=wish.author
    )
