"""What is told of the planner's state: for people who may see it, and for machines."""

from msgspec import Struct

from route112.access import RULES, Request, Waiting
from route112.change import Change, Facts, State
from route112.model import Order


class OrderShown(Struct, kw_only=True):
    """An order in force, or that will be."""

    id: str
    kind: str
    psap: str
    short_number: str
    to_psap: str
    to_number: str
    author: str
    approver: str
    reason: str
    starts_us: int
    expires_us: int


class ChangeShown(Struct, kw_only=True):
    """A change that runs or ended."""

    id: str
    kind: str
    author: str
    approver: str
    reason: str
    stations: list[str]
    station: str
    """Which is at work."""
    candidate: str
    version: str
    step: str
    begun_us: int
    since_us: int
    """Of the step."""
    frozen_since_us: int
    """0: it is not."""
    soak_s: int
    back: bool
    cause: str
    outcome: str
    """Empty while it runs."""
    ended_us: int


class StationShown(Struct, kw_only=True):
    """A station."""

    id: str
    wanted: int
    """Generation that it shall have; 0: none."""
    assigned: str
    held: str
    """Why nothing is sent there; empty: it is."""
    generation: int
    """In force; 0: none, or not heard of."""
    age_s: float
    """Of what it said last; -1: it said nothing."""
    serving: bool
    version: str
    refused: str
    oddities: list[str]
    is_known: bool
    """What is in force there was made here: number and content."""
    orders: list[str]
    """Orders given here that the generation in force there holds; none where it is not known."""


class StateShown(Struct, kw_only=True):
    """All of it."""

    at_us: int
    candidate: str
    generation: int
    """Highest one that was given a number."""
    alarms: list[str]
    stations: list[StationShown]
    change: ChangeShown | None
    orders: list[OrderShown]


class Orders(Struct, kw_only=True):
    """The orders in force."""

    orders: list[OrderShown]


class Changes(Struct, kw_only=True):
    """The change that runs, and those that ended, newest last."""

    current: ChangeShown | None
    ended: list[ChangeShown]


class WaitingShown(Struct, kw_only=True):
    """What waits for a second person."""

    hash: str
    verb: str
    author: str
    reason: str
    asked_us: int
    until_us: int
    arguments: dict[str, str]
    approvers: list[str]
    """Roles of which the second person has one."""


class Waitings(Struct, kw_only=True):
    """All that waits for a second person."""

    waiting: list[WaitingShown]


class Done(Struct, kw_only=True):
    """What became of a request that was carried out."""

    hash: str
    verb: str
    author: str
    approver: str
    order: str = ""
    """Id of the order that was given."""
    withdrawn: list[str] = []
    change: str = ""
    """Id of the change that was begun or told something."""
    adopted: list[str] = []
    """Stations that are held no more, and keep the plan that they have."""


class Kept(Struct, kw_only=True):
    """A candidate that was handed in, compared with the plan in force."""

    candidate: str
    generation: int
    communes: int
    inhabitants: int
    population: int
    share: float
    """Of the population, that rings elsewhere or in another order; 0 to 1."""
    paths_share: float
    """Of the population, that depends on trunks that change."""
    share_max: float
    """Above it the impact has to be accepted."""
    uprooted: list[str]
    """Where most of a departement rings other answering points for a number than before, in words:
    with one of these the impact has to be accepted, too."""
    departements: list[str]
    psaps_changed: list[str]


def show_order(order: Order) -> OrderShown:
    """Return an order as it is told."""
    return OrderShown(
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


def show_change(change: Change) -> ChangeShown:
    """Return a change as it is told."""
    return ChangeShown(
        id=change.id,
        kind=change.kind,
        author=change.author,
        approver=change.approver,
        reason=change.reason,
        stations=list(change.stations),
        station=change.station,
        candidate=change.candidate,
        version=change.version,
        step=change.step,
        begun_us=change.begun_us,
        since_us=change.since_us,
        frozen_since_us=change.frozen_since_us,
        soak_s=change.soak_s,
        back=change.back,
        cause=change.cause,
        outcome=change.outcome or "",
        ended_us=change.ended_us,
    )


def show_changes(state: State) -> Changes:
    """Return the history."""
    return Changes(
        current=None if state.change is None else show_change(state.change),
        ended=[show_change(each) for each in state.history],
    )


def show_state(state: State, facts: Facts) -> StateShown:
    """Return everything at a glance."""
    return StateShown(
        at_us=state.at_us,
        candidate=state.candidate,
        generation=state.last_number,
        alarms=list(facts.alarms),
        stations=[_show_station(each, state, facts) for each in state.stations],
        change=None if state.change is None else show_change(state.change),
        orders=[show_order(each) for each in state.orders.values()],
    )


def _show_station(name: str, state: State, facts: Facts) -> StationShown:
    fact = facts.stations.get(name)
    report = None if fact is None else fact.report
    refused = None if report is None else report.refused
    generation = None if report is None else state.generations.get(report.number)
    if report is not None and generation is not None:
        # Another content under the same number holds whatever it holds.
        is_same = generation.content_hash == report.content_hash
        generation = generation if is_same else None
    return StationShown(
        id=name,
        wanted=state.wanted.get(name, 0),
        assigned=state.assigned.get(name, ""),
        held=state.held.get(name, ""),
        generation=0 if report is None else report.number,
        age_s=-1.0 if fact is None else round(fact.age_s, 3),
        serving=report is not None and report.serving,
        version="" if report is None else report.version,
        refused="" if refused is None else f"{refused.number}: {refused.reason}",
        oddities=[str(each) for each in (fact.oddities if fact else ())],
        is_known=generation is not None,
        orders=[] if generation is None else list(generation.orders),
    )


def show_waiting(key: str, waiting: Waiting) -> WaitingShown:
    """Return what waits as it is told."""
    return _show_waiting(key, waiting.request, waiting.author, waiting.until)


def _show_waiting(key: str, request: Request, author: str, until: int) -> WaitingShown:
    return WaitingShown(
        hash=key,
        verb=request.verb,
        author=author,
        reason=request.reason,
        asked_us=request.asked_at,
        until_us=until,
        arguments=dict(request.arguments),
        approvers=sorted(RULES[request.verb].approvers),
    )
