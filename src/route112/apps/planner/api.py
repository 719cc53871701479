"""The planner's HTTP application: the table of routes, and an answer for everything else."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from route112.access import Identity, Reason, Verdict
from route112.apps.planner.auditing import AuditError
from route112.apps.planner.desk import AccessDesk
from route112.apps.planner.engine import Engine, JournalError
from route112.apps.planner.stations import StationBook
from route112.apps.planner.web.document import describe
from route112.apps.planner.web.guard import Ground, check_rate, write_excess, write_misshapen
from route112.apps.planner.web.intake import JSON
from route112.apps.planner.web.rejection import Rejected
from route112.apps.planner.web.routes import DOCUMENT_PATH, ROUTES, ApiRoute
from route112.apps.planner.web.wishes import ORDER, list_wishes
from route112.change import State
from route112.change.asking import Refusal, Wish

IMPACT_MAX = 0.05
"""Share of the population that may change without having been accepted."""
RETRY_S = 5.0
"""Between two tries to carry out what was allowed before the last end."""
MISSHAPEN = frozenset({400, 404, 405, 411, 413, 415})
"""Answers to what no verb was asked with; the desk has not written these down."""
EXCESS = 429
"""Answer to whoever asks for too much."""
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_Endpoint = Callable[[Request], Awaitable[Response]]


def build_app(
    engine: Engine,
    desk: AccessDesk,
    *,
    folder: Path,
    impact_max: float = IMPACT_MAX,
    note_end: Callable[[str, str, int], None] = lambda *_: None,
) -> Starlette:
    """
    Return the application; who is there it learns from the connection (`serving`).

    Args:
        folder: the planner's own; `stations.yaml` is there, and snapshots while they come in.
        impact_max: share of the population, 0 to 1.
        note_end: told whose certificate ends when, as in `Ground`.
    """
    app = Starlette(
        routes=[
            *(_make_route(path) for path in dict.fromkeys(each.path for each in ROUTES)),
            Route(DOCUMENT_PATH, _make_document(), methods=["GET"]),
        ],
        exception_handlers={HTTPException: _answer_unknown, Exception: _answer_fault},
    )
    app.router.redirect_slashes = False
    app.state.ground = Ground(
        engine=engine,
        desk=desk,
        stations=StationBook(folder),
        uploads=folder,
        impact_max=impact_max,
        note_end=note_end,
    )
    return app


def _make_route(path: str) -> Route:
    """Return all methods of one path: what is not among them is refused with all of them."""
    endpoints = {each.method: _wrap(each) for each in ROUTES if each.path == path}

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await endpoints[method](request)

    return Route(path, endpoint, methods=list(endpoints))


def _wrap(route: ApiRoute) -> _Endpoint:
    """Return the handler of a route; whatever it refuses is written down and has one form."""

    async def endpoint(request: Request) -> Response:
        try:
            response = await route.handler(request)
        except Rejected as rejected:
            response = await _reject(request, rejected, route)
        response.headers.update(_HEADERS)
        return response

    return endpoint


async def _reject(request: Request, rejected: Rejected, route: ApiRoute | None = None) -> Response:
    """Return a refusal; what no desk has seen is written down first."""
    verb = route.verbs[0] if route and route.verbs else ""
    if rejected.status in MISSHAPEN and not rejected.is_written:
        try:
            if not verb:
                check_rate(request)
            await write_misshapen(request, verb)
        except Rejected as other:
            rejected = other
    if rejected.status == EXCESS and not rejected.is_written:
        try:
            await write_excess(request, verb)
        except Rejected as other:
            rejected = other
    response = rejected.render()
    if rejected.status in (400, 411, 413):
        # What is left of the body is not read.
        response.headers["connection"] = "close"
    return response


def _make_document() -> _Endpoint:
    content = msgspec.json.encode(describe())

    async def endpoint(_request: Request) -> Response:
        return Response(content, media_type=JSON, headers=_HEADERS)

    return endpoint


async def _answer_unknown(request: Request, error: Exception) -> Response:
    """Answer what is no route, or no method of one."""
    assert isinstance(error, HTTPException), error
    reason = "no-method" if error.status_code == 405 else "no-route"  # noqa: PLR2004
    rejected = Rejected(error.status_code, reason, error.detail, "See /openapi.json")
    response = await _reject(request, rejected)
    response.headers.update(_HEADERS | dict(error.headers or {}))
    return response


async def _answer_fault(_request: Request, _error: Exception) -> Response:
    """Answer for a mistake of ours; it is raised on, and so printed."""
    detail = "the planner made a mistake; what it had agreed to is in its journal"
    todo = "`route112 order list` and `route112 history` say what was done; report it"
    return Rejected(500, "fault", detail, todo).render()


def note_noise(app: Starlette, identity: Identity) -> None:
    """
    Have it written down that somebody sent what is no HTTP; he is refused in any case.

    Nobody else waits for the disk meanwhile.
    """
    ground: Ground = app.state.ground
    reason = Reason.MALFORMED if ground.rates.take(identity) else Reason.TOO_MANY
    if reason is Reason.MALFORMED or ground.rates.is_news(identity):
        asyncio.get_running_loop().run_in_executor(None, _write_noise, ground, identity, reason)


def _write_noise(ground: Ground, identity: Identity, reason: Reason) -> None:
    # Without room for the line nothing else is done either.
    with contextlib.suppress(AuditError):
        ground.desk.refuse(identity, "http", reason)


async def finish_allowed(
    app: Starlette, allowed: Sequence[Verdict], *, say: Callable[[str], None]
) -> None:
    """
    Carry out orders that were allowed just before the last planner's end, while this one serves.

    An order that is in the journal is refused, as its name is taken, so none is given twice.
    Changes are asked for again: who knows what they were meant for. Where the journal has no room
    it is tried again, for as long as what was allowed counts.

    Args:
        allowed: by the planner before, as the desk lists it before this one is asked anything.
        say: told of each that was carried out.
    """
    ground: Ground = app.state.ground
    for verdict in allowed:
        for wish in _list_repeatable(verdict, ground.engine.state):
            if await _finish(ground, wish, verdict, say=say):
                say(
                    "was allowed before the last end, and is done now: "
                    f"{verdict.hash[:16]} by {verdict.author}"
                )


async def _finish(
    ground: Ground, wish: Wish, verdict: Verdict, *, say: Callable[[str], None]
) -> bool:
    """Carry out a wish as soon as the journal has room; tell whether it was."""
    said = ""
    while ground.now() < verdict.until:
        try:
            found = await asyncio.to_thread(ground.engine.wish, wish)
        except JournalError as error:
            if said != str(error):
                said = str(error)
                say(f"{verdict.hash[:16]} was allowed before the last end, and waits: {error}")
            await asyncio.sleep(RETRY_S)
        else:
            return not isinstance(found, Refusal)
    return False


def _list_repeatable(verdict: Verdict, state: State) -> list[Wish]:
    """Return the wishes of a verdict that name what they touch, so that once more is no more."""
    request = verdict.request
    if request is None or not request.verb.startswith(ORDER):
        return []
    return list_wishes(verdict, state)
