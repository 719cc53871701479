"""The one table of routes: each with the verbs of `access` that it stands for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from route112.apps.planner.web import candidates, feeding, handlers
from route112.apps.planner.web.bodies import (
    AdoptionBody,
    ApprovalBody,
    CandidateQuery,
    ChangeBody,
    OrderBody,
    Stamp,
)
from route112.apps.planner.web.shown import (
    Changes,
    Done,
    Kept,
    Orders,
    StateShown,
    Waitings,
    WaitingShown,
)

Handler = Callable[[Request], Awaitable[Response]]
Shape = Any
"""A struct, or several of which it is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRoute:
    """One way to ask."""

    method: str
    path: str
    verbs: tuple[str, ...]
    """What it stands for; none: it is a station's, or the description itself."""
    handler: Handler
    body: Shape = ""
    """Shape of a JSON body, or the type of another one; empty: there is none."""
    query: Shape | None = None
    answers: tuple[tuple[int, Shape], ...]
    """Status, and the shape of its JSON, or the type of another body."""


def _see(path: str, verb: str, handler: Handler, shape: Shape) -> ApiRoute:
    return ApiRoute(
        method="GET", path=path, verbs=(verb,), handler=handler, answers=((200, shape),)
    )


def _do(path: str, verbs: tuple[str, ...], handler: Handler, body: Shape) -> ApiRoute:
    answers: tuple[tuple[int, Shape], ...] = ((200, Done), (202, WaitingShown))
    return ApiRoute(
        method="POST", path=path, verbs=verbs, handler=handler, body=body, answers=answers
    )


_ORDERS = ("order alternative", "order divert", "order pause", "order prefect", "order resume")
ROUTES: tuple[ApiRoute, ...] = (
    _see("/state", "status", handlers.get_state, StateShown),
    _see("/orders", "order list", handlers.get_orders, Orders),
    _do("/orders", _ORDERS, handlers.post_order, OrderBody),
    _see("/changes", "history", handlers.get_changes, Changes),
    _do("/changes", tuple(handlers.CHANGE_VERBS), handlers.post_change, ChangeBody),
    _do("/changes/current/abort", ("change abort",), handlers.post_abort, Stamp),
    _do("/changes/current/work-done", ("change resume",), handlers.post_work_done, Stamp),
    _do("/adoptions", (handlers.ADOPT,), handlers.post_adoption, AdoptionBody),
    ApiRoute(
        method="POST",
        path="/candidates",
        verbs=(candidates.VERB,),
        handler=candidates.post_candidate,
        query=CandidateQuery,
        body=feeding.BYTES,
        answers=((201, Kept),),
    ),
    _see("/waiting", "history", handlers.get_waiting, Waitings),
    ApiRoute(
        method="POST",
        path="/approvals",
        verbs=("approve",),
        handler=handlers.post_approval,
        body=ApprovalBody,
        answers=((200, Done),),
    ),
    ApiRoute(
        method="POST",
        path="/stations/{station}/report",
        verbs=(),
        handler=feeding.post_report,
        body=feeding.LINE,
        answers=((200, feeding.LINE),),
    ),
    ApiRoute(
        method="GET",
        path="/snapshots/{content_hash}",
        verbs=(),
        handler=feeding.get_snapshot,
        answers=((200, feeding.BYTES),),
    ),
)
DOCUMENT_PATH = "/openapi.json"
