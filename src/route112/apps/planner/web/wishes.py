"""What was allowed, as `change` understands it: by the words of the request that was hashed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from route112.access import Request, Ruling, Verdict
from route112.access.requests import VALUE_CHARS_MAX
from route112.apps.planner.web.bodies import ChangeBody, OrderBody
from route112.change import Kind, State
from route112.change.asking import (
    AbortChange,
    BeginChange,
    FinishWork,
    GiveOrder,
    Wish,
    WithdrawOrder,
)
from route112.change.holding import AdoptServed
from route112.model import Order, OrderKind, UtcTime
from route112.planning.checks.orders import ORDER_LEAD_US

ORDER = "order "
RESUME = "order resume"
ADOPT = "change adopt"
PREFECT = "order prefect"
CHANGE_VERBS: Mapping[str, Kind] = {
    "activate": Kind.PLAN,
    "site upgrade": Kind.UPGRADE,
    "site maintain": Kind.MAINTENANCE,
    "site evacuate": Kind.EVACUATION,
}
VERB_OF = {kind: verb for verb, kind in CHANGE_VERBS.items()}
_ORDER_ARGUMENTS = (
    *("decree", "expires_us", "order", "psap", "short_number"),
    *("starts_us", "to_number", "to_psap"),
)
STATIONS_NAMED = 3
"""Stations that a second person reads in a request; the rest is counted."""
BROUGHT_MAX = 28
"""Orders that a request names; with what else it has it keeps the limits of `access`."""
_BROUGHT = "gives_"
"""Arguments of an adoption: each one order that all stations get."""
ENDED_MAX = 24
"""Pauses that a request to end them names."""
_ENDED = "ends_"
"""Arguments of a request to end pauses: each one that is meant."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEPARATOR = ","
_NO_CHANGE = "none"
"""Meant where none ran when somebody asked; no change has this id."""


def name_verb(body: OrderBody) -> str:
    """Return the verb that an order is given by."""
    return f"{ORDER}{body.__struct_config__.tag}"


def list_order_arguments(body: OrderBody, state: State = State()) -> tuple[tuple[str, str], ...]:  # noqa: B008  a value
    """
    Return the arguments of the request that an order is, empty ones left out.

    Whoever ends all pauses of an answering point ends those that he can know: each is named.
    """
    values = {name: str(getattr(body, name, "") or "") for name in _ORDER_ARGUMENTS}
    if name_verb(body) == RESUME and not values["order"]:
        pauses = [
            order.id
            for order in state.orders.values()
            if order.psap == values["psap"] and order.kind is OrderKind.PAUSE
        ]
        # More than a request has room for are ended by another one.
        named = enumerate(pauses[:ENDED_MAX], start=1)
        values |= {f"{_ENDED}{place:02}": id_ for place, id_ in named}
    return _list_given(values)


def list_change_arguments(
    body: ChangeBody, *, base: str = "", impact: str = ""
) -> tuple[tuple[str, str], ...]:
    """
    Return the arguments of the request that a change is.

    Args:
        base: of a plan: the candidate that it was compared with.
        impact: what came out, as it was accepted.
    """
    values = {
        "base": base,
        "candidate": body.candidate,
        "impact": impact,
        "soak_s": str(body.soak_s),
        "stations": _SEPARATOR.join(body.stations),
        "version": body.version,
    }
    return _list_given(values)


def list_adoption_arguments(
    candidate: str, serving: Sequence[str], brought: Sequence[Order] = (), left: int = 0
) -> tuple[tuple[str, str], ...]:
    """
    Return the arguments of the request that an adoption is: what a second person agrees to.

    Args:
        candidate: content hash of the file.
        serving: who has it.
        brought: orders of the file that all stations would get; those that do not fit into a
            request stay in the plan, as others do.
        left: how many of its orders stay in the plan anyhow.
    """
    # Which stations serve it when it is granted is what counts.
    named = ", ".join(serving[:STATIONS_NAMED])
    more = len(serving) - STATIONS_NAMED
    told = [text for text in map(_tell_order, brought) if len(text) <= VALUE_CHARS_MAX]
    left += len(brought) - len(told[:BROUGHT_MAX])
    values = {
        "candidate": candidate,
        "left_in_plan": f"{left} of its orders" if left else "",
        "stations": f"{named} and {more} more" if more > 0 else named,
    }
    texts = enumerate(told[:BROUGHT_MAX], start=1)
    return _list_given(values | {f"{_BROUGHT}{place:02}": text for place, text in texts})


def _tell_order(order: Order) -> str:
    """Say what an order does, its id first."""
    words = [order.id, str(order.kind), order.psap]
    words += ["for", order.short_number] if order.short_number else []
    target = order.to_psap or order.to_number
    words += ["to", target] if target else []
    starts, expires = (
        (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%MZ")
        for at in (order.starts, order.expires)
    )
    return " ".join((*words, "from", starts, "until", expires))


def _list_given(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in sorted(values.items()) if value)


def list_wishes(verdict: Verdict, state: State) -> list[Wish]:
    """
    Return what an allowed request wishes for; none where it names nothing that is there.

    The same verdict wishes for the same order or change: what was granted once is refused then.
    """
    request = verdict.request
    assert request is not None, "what is allowed was asked"
    if request.verb == RESUME:
        return list(_list_withdrawals(verdict, request, state))
    if request.verb.startswith(ORDER):
        return [GiveOrder(order=make_order(verdict, request, state))]
    if request.verb in CHANGE_VERBS:
        return [_begin_change(verdict, request)]
    if request.verb == ADOPT:
        return [_adopt(verdict, request)]
    change = request.get("change") or _NO_CHANGE
    if request.verb == "change abort":
        return [AbortChange(author=verdict.author, reason=request.reason, change=change)]
    assert request.verb == "change resume", request.verb
    return [FinishWork(author=verdict.author, change=change)]


def make_order(verdict: Verdict, request: Request, state: State) -> Order:
    """Return the order of a request; named by its hash, so that it is given once."""
    psap, starts = request.get("psap"), request.get("starts_us")
    kind, reason = request.verb.removeprefix(ORDER), request.reason
    order_kind = kind
    if request.verb == PREFECT:
        to_psap = request.get("to_psap")
        order_kind = OrderKind.DIVERT if to_psap else OrderKind.ALTERNATIVE
        reason = f"prefect {request.get('decree')}: {reason}"
    return Order(
        id=f"{kind}-{psap[:40]}-{verdict.hash[:8]}",
        kind=OrderKind(order_kind),
        psap=psap,
        short_number=request.get("short_number"),
        to_psap=request.get("to_psap"),
        to_number=request.get("to_number"),
        author=verdict.author,
        approver=verdict.approver,
        reason=reason,
        starts=UtcTime(int(starts)) if starts else _begin_at_once(psap, verdict.at, state),
        expires=UtcTime(int(request.get("expires_us") or 0)),
    )


def _begin_at_once(psap: str, at: UtcTime, state: State) -> UtcTime:
    """
    Return when an order begins that is given now: before now, and behind all that hold there.

    The latest one wins, so the clock of whoever asked, and how long it waited for a second
    person, must not put it before one that was given earlier.
    """
    begun = (each.starts for each in state.orders.values() if each.psap == psap)
    latest = max((each for each in begun if each <= at), default=-1)
    return UtcTime(max(0, min(at, max(at - ORDER_LEAD_US, latest + 1))))


def _list_withdrawals(verdict: Verdict, request: Request, state: State) -> list[Wish]:
    """
    Return the orders that end: the one that is named, or the pauses there were when it was asked.

    An answering point by itself ends pauses that it gave itself, and nothing else.
    """
    psap, wanted = request.get("psap"), request.get("order")
    alone = verdict.ruling is Ruling.ALLOWED and not verdict.approver
    meant = {value for name, value in request.arguments if name.startswith(_ENDED)}
    return [
        WithdrawOrder(
            id=order.id,
            author=verdict.author,
            approver=verdict.approver,
            reason=request.reason,
        )
        for order in state.orders.values()
        if order.psap == psap
        and (order.id == wanted if wanted else order.id in meant)
        and (not alone or (order.kind is OrderKind.PAUSE and order.author == verdict.author))
    ]


def _adopt(verdict: Verdict, request: Request) -> AdoptServed:
    return AdoptServed(
        content_hash=request.get("candidate"),
        author=verdict.author,
        approver=verdict.approver,
        reason=request.reason,
        seen=frozenset(
            text.partition(" ")[0] for name, text in request.arguments if name.startswith(_BROUGHT)
        ),
    )


def _begin_change(verdict: Verdict, request: Request) -> BeginChange:
    stations = request.get("stations")
    return BeginChange(
        id=verdict.hash,
        kind=CHANGE_VERBS[request.verb],
        author=verdict.author,
        approver=verdict.approver,
        reason=request.reason,
        stations=tuple(stations.split(_SEPARATOR)) if stations else (),
        candidate=request.get("candidate"),
        base=request.get("base"),
        version=request.get("version"),
        soak_s=int(request.get("soak_s")),
    )
