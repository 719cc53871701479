"""What people ask for: orders, changes, and the agreement of a second person."""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from route112.access import Approval, Reason, Ruling, Verdict
from route112.access.requests import VALUE_CHARS_MAX, Waiting
from route112.apps.planner.engine import CandidateError
from route112.apps.planner.web.bodies import (
    STATIONS_TEXT_MAX,
    AdoptionBody,
    ApprovalBody,
    ChangeBody,
    OrderBody,
    Stamp,
)
from route112.apps.planner.web.guard import (
    Ground,
    check_rate,
    find_ground,
    grant,
    judge,
    judge_possible,
    judge_seeing,
    reject_wish,
    stamp_request,
    write_refusal,
)
from route112.apps.planner.web.intake import JSON, read_json
from route112.apps.planner.web.rejection import Rejected
from route112.apps.planner.web.shown import (
    Done,
    Kept,
    Orders,
    Waitings,
    show_changes,
    show_order,
    show_state,
    show_waiting,
)
from route112.apps.planner.web.wishes import (
    ADOPT,
    CHANGE_VERBS,
    VERB_OF,
    list_adoption_arguments,
    list_change_arguments,
    list_order_arguments,
    name_verb,
)
from route112.change import Kind
from route112.change.asking import Refusal
from route112.change.events import (
    ChangeBegun,
    Event,
    OrderEnded,
    OrderGiven,
    StationsAdopted,
)
from route112.change.holding import list_serving

UPROOTED_JOIN = "; "
UPROOTED_NAMED = 3
"""Departements of a comparison that a second person reads in the request; the rest is counted."""
ACCEPTED = 202
"""It waits for a second person."""


def answer(shape: msgspec.Struct, status: int = 200) -> Response:
    """Return an answer in JSON."""
    return Response(msgspec.json.encode(shape), status, media_type=JSON)


async def get_state(request: Request) -> Response:
    """Tell how the country's stations are, what changes, and which orders are in force."""
    await judge_seeing(request, "status")
    engine = find_ground(request).engine
    return answer(show_state(engine.state, engine.facts()))


async def get_orders(request: Request) -> Response:
    """List the orders in force."""
    await judge_seeing(request, "order list")
    orders = find_ground(request).engine.state.orders.values()
    return answer(Orders(orders=[show_order(each) for each in orders]))


async def get_changes(request: Request) -> Response:
    """Tell the change that runs, and those that ended."""
    await judge_seeing(request, "history")
    return answer(show_changes(find_ground(request).engine.state))


async def get_waiting(request: Request) -> Response:
    """List what waits for a second person."""
    await judge_seeing(request, "history")
    waiting = find_ground(request).desk.list_waiting()
    return answer(Waitings(waiting=[show_waiting(key, each) for key, each in waiting]))


async def post_order(request: Request) -> Response:
    """Give an emergency order, or end one."""
    check_rate(request)
    body = await read_json(request, OrderBody)
    ground = find_ground(request)
    arguments = list_order_arguments(body, ground.engine.state)
    asked = stamp_request(request, name_verb(body), body, arguments)
    return await _follow(ground, await judge_possible(ground, asked))


async def post_change(request: Request) -> Response:
    """Begin a change: a plan, an upgrade, maintenance, an evacuation."""
    identity = check_rate(request)
    body = await read_json(request, ChangeBody)
    verb = VERB_OF[Kind(body.kind)]
    ground = find_ground(request)
    if len(",".join(body.stations)) > STATIONS_TEXT_MAX:
        await write_refusal(ground, identity, verb, Reason.IMPOSSIBLE)
        raise Rejected(409, "too-many-stations", "all their names are too long", "Take some")
    if verb != VERB_OF[Kind.PLAN]:
        asked = stamp_request(request, verb, body, list_change_arguments(body))
        return await _follow(ground, await judge_possible(ground, asked))
    base, kept = ground.kept.get(body.candidate, ("", None))
    impact = "0.00%" if kept is None else name_impact(kept)
    arguments = list_change_arguments(body, base=base, impact=impact)
    asked = stamp_request(request, verb, body, arguments)

    def check() -> None:
        _check_impact(ground, body, base=base, kept=kept)

    return await _follow(ground, await judge_possible(ground, asked, check))


def name_impact(kept: Kept) -> str:
    """Return what a second person agrees to, in words."""
    share = f"{max(kept.share, kept.paths_share):.2%}"
    # As many as an argument has room for: the rest is counted, and shown to whoever hands it in.
    for count in range(min(UPROOTED_NAMED, len(kept.uprooted)), -1, -1):
        more = len(kept.uprooted) - count
        named = UPROOTED_JOIN.join((share, *kept.uprooted[:count]))
        named += f" and {more} more" if more else ""
        if len(named) <= VALUE_CHARS_MAX:
            break
    return named


def _check_impact(ground: Ground, body: ChangeBody, *, base: str, kept: Kept | None) -> None:
    """Refuse a plan whose impact nobody knows, or accepted. Raises: Rejected."""
    if kept is None or base != ground.engine.state.candidate:
        raise Rejected(
            409,
            "not-compared",
            "this snapshot was not compared with the plan in force",
            "Hand it in again: `route112 activate FILE` does",
        )
    share = max(kept.share, kept.paths_share)
    said = f"{share:.2%} of the population changes, more than {ground.impact_max:.2%}"
    if share <= ground.impact_max:
        said = kept.uprooted[0] if kept.uprooted else ""
    if said and not body.accept_impact:
        raise Rejected(
            409,
            "impact",
            said,
            "Look at the comparison; if it is meant, accept it: --accept-impact",
        )


async def post_abort(request: Request) -> Response:
    """Let the change that runs go back."""
    return await _tell_change(request, "change abort")


async def post_work_done(request: Request) -> Response:
    """Say that the work at the station is done, so that the change goes on."""
    return await _tell_change(request, "change resume")


async def _tell_change(request: Request, verb: str) -> Response:
    check_rate(request)
    body = await read_json(request, Stamp)
    ground = find_ground(request)
    change = ground.engine.state.change
    named = () if change is None else (("change", change.id),)
    asked = stamp_request(request, verb, body, named)
    return await _follow(ground, await judge_possible(ground, asked))


async def post_adoption(request: Request) -> Response:
    """Take what stations serve that are held, so that orders reach them on it."""
    check_rate(request)
    body = await read_json(request, AdoptionBody)
    ground = find_ground(request)
    engine = ground.engine
    serving = list_serving(engine.state, engine.facts(), body.candidate)
    arguments, flaw = list_adoption_arguments(body.candidate, serving), ""
    asked = stamp_request(request, ADOPT, body, arguments)
    preview = await asyncio.to_thread(ground.desk.preview, asked)
    if serving and preview.ruling is not Ruling.REFUSED:
        try:
            brought, left = await asyncio.to_thread(engine.list_brought, body.candidate)
            arguments = list_adoption_arguments(body.candidate, serving, brought, left)
        except CandidateError as error:
            flaw = str(error)
        asked = stamp_request(request, ADOPT, body, arguments)

    def check() -> None:
        if engine.find_candidate(body.candidate) is None:
            text = f"there is no file {body.candidate[:16]}"
            raise Rejected(409, "unknown-candidate", text, "`route112 change adopt FILE` has it")
        if flaw:
            raise reject_wish(Refusal("unfit", flaw))

    return await _follow(ground, await judge_possible(ground, asked, check))


async def post_approval(request: Request) -> Response:
    """Agree to a request of somebody else; it is carried out at once."""
    identity = check_rate(request)
    body = await read_json(request, ApprovalBody)
    ground = find_ground(request)
    return await _follow(ground, await judge(ground, Approval(request=body.hash, by=identity)))


async def _follow(ground: Ground, verdict: Verdict) -> Response:
    """Carry out what is allowed; tell what waits."""
    request = verdict.request
    assert request is not None, "it was judged"
    if verdict.ruling is Ruling.WAITING:
        waiting = Waiting(request, verdict.author, verdict.until)
        return answer(show_waiting(verdict.hash, waiting), ACCEPTED)
    granted = await grant(ground, verdict)
    return answer(_show_done(verdict, granted))


def _show_done(verdict: Verdict, granted: list[Event]) -> Done:
    request = verdict.request
    assert request is not None, "it was judged"
    done = Done(
        hash=verdict.hash, verb=request.verb, author=verdict.author, approver=verdict.approver
    )
    for event in granted:
        if isinstance(event, OrderGiven):
            done.order = event.id
        elif isinstance(event, OrderEnded):
            done.withdrawn = [*done.withdrawn, event.id]
        elif isinstance(event, ChangeBegun):
            done.change = event.id
        elif isinstance(event, StationsAdopted):
            done.adopted = list(event.stations)
        else:
            done.change = getattr(event, "change", "")
    return done


__all__ = [
    "ACCEPTED",
    "ADOPT",
    "CHANGE_VERBS",
    "answer",
    "get_changes",
    "get_orders",
    "get_state",
    "get_waiting",
    "post_abort",
    "post_adoption",
    "post_approval",
    "post_change",
    "post_order",
    "post_work_done",
]
