"""What was allowed, as `change` understands it: by the words of the request that was hashed."""

from collections.abc import Mapping

from route112.access import Request, Ruling, Verdict
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
from route112.model import Order, OrderKind, UtcTime

ORDER = "order "
RESUME = "order resume"
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
_SEPARATOR = ","


def name_verb(body: OrderBody) -> str:
    """Return the verb that an order is given by."""
    return f"{ORDER}{body.__struct_config__.tag}"


def list_order_arguments(body: OrderBody) -> tuple[tuple[str, str], ...]:
    """Return the arguments of the request that an order is, empty ones left out."""
    return _list_given({name: str(getattr(body, name, "") or "") for name in _ORDER_ARGUMENTS})


def list_change_arguments(body: ChangeBody, impact: str) -> tuple[tuple[str, str], ...]:
    """Return the arguments of the request that a change is; `impact` is what was accepted."""
    values = {
        "candidate": body.candidate,
        "impact": impact,
        "soak_s": str(body.soak_s),
        "stations": _SEPARATOR.join(body.stations),
        "version": body.version,
    }
    return _list_given(values)


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
        return [GiveOrder(order=make_order(verdict, request))]
    if request.verb in CHANGE_VERBS:
        return [_begin_change(verdict, request)]
    if request.verb == "change abort":
        return [AbortChange(author=verdict.author, reason=request.reason)]
    assert request.verb == "change resume", request.verb
    return [FinishWork(author=verdict.author)]


def make_order(verdict: Verdict, request: Request) -> Order:
    """Return the order of a request; named by its hash, so that it is given once."""
    psap = request.get("psap")
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
        # At once is not later than now, whatever the clock of whoever asked said.
        starts=UtcTime(int(request.get("starts_us") or min(request.asked_at, verdict.at))),
        expires=UtcTime(int(request.get("expires_us") or 0)),
    )


def _list_withdrawals(verdict: Verdict, request: Request, state: State) -> list[Wish]:
    """An answering point by itself ends pauses that it gave itself, and nothing else."""
    psap, wanted = request.get("psap"), request.get("order")
    alone = verdict.ruling is Ruling.ALLOWED and not verdict.approver
    return [
        WithdrawOrder(
            id=order.id,
            author=verdict.author,
            approver=verdict.approver,
            reason=request.reason,
        )
        for order in state.orders.values()
        if order.psap == psap
        and (order.id == wanted if wanted else order.kind is OrderKind.PAUSE)
        and (not alone or (order.kind is OrderKind.PAUSE and order.author == verdict.author))
    ]


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
        version=request.get("version"),
        soak_s=int(request.get("soak_s")),
    )
