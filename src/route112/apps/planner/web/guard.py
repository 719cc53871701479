"""Whoever is at the other end may do this, or is refused: asked of the desk, written down."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request as HttpRequest

from route112.access import Approval, Identity, Reason, Request, Ruling, Verdict
from route112.adapters.clock import utc_now
from route112.apps.planner.auditing import AuditError
from route112.apps.planner.desk import AccessDesk, name_route
from route112.apps.planner.engine import Engine, JournalError
from route112.apps.planner.serving import ENDS_US, IDENTITY
from route112.apps.planner.stations import StationBook
from route112.apps.planner.web.bodies import Stamp
from route112.apps.planner.web.rejection import Rejected, reject_verdict
from route112.apps.planner.web.shown import Kept
from route112.apps.planner.web.wishes import list_wishes
from route112.change import ask
from route112.change.asking import Refusal, Wish
from route112.change.events import Event
from route112.model import UtcTime

RATE_PER_S = 10.0
"""Requests of one identity in the long run: each is a line of the audit log."""
BURST = 60.0
IDENTITIES_MAX = 4_096
"""Remembered for that."""
TOLD_EACH_S = 60.0
"""Between two lines of the audit log that say of one identity that it asked for too much."""

_TODO = {
    "alarm-open": "`route112 alarms` shows it, or `route112 watch run` where nobody watches; ask "
    "again when it is closed",
    "another-base": "Hand it in again: `route112 activate FILE` compares it anew",
    "another-change": "Wait for its end (`route112 history`), or `route112 change abort`",
    "bad-expiry": "Write --expires 2h, 7 days at most",
    "bad-stations": "`route112 status` names the stations",
    "canary-away": "Name another canary, or wait until it is back",
    "no-hands": "Do it at its host (docs/deploy.md); a planner with --run-dir acts itself",
    "nothing-held": "`route112 change adopt` without a file shows who is held, and with what",
    "nothing-new": "It is in force already",
    "other-change": "`route112 history` shows which one runs; ask again if that one is meant",
    "too-many": "`route112 order list` shows them; end those that are not needed",
    "unfit": "End the orders that it names (`route112 order resume`), or activate another plan",
    "unknown-candidate": "Hand it in again: `route112 activate FILE` does",
    "unknown-order": "`route112 order list` names those in force",
}
"""What helps whose wish is refused, by the reason."""


class Rates:
    """How much each identity may still ask for now."""

    def __init__(
        self,
        *,
        per_s: float = RATE_PER_S,
        burst: float = BURST,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_s, self._burst, self._monotonic_s = per_s, burst, monotonic_s
        self._left: dict[Identity, tuple[float, float]] = {}
        self._told_s: dict[Identity, float] = {}

    def take(self, identity: Identity) -> bool:
        """Count a request; tell whether it may be made."""
        now_s = self._monotonic_s()
        left, at_s = self._left.pop(identity, (self._burst, now_s))
        left = min(self._burst, left + (now_s - at_s) * self._per_s)
        while len(self._left) >= IDENTITIES_MAX:
            del self._left[next(iter(self._left))]
        may = left >= 1.0
        self._left[identity] = (left - may, now_s)
        return may

    def is_news(self, identity: Identity) -> bool:
        """Tell whether nobody was told lately that it asks for too much; he is, by this."""
        now_s = self._monotonic_s()
        if now_s - self._told_s.get(identity, -TOLD_EACH_S) < TOLD_EACH_S:
            return False
        self._told_s.pop(identity, None)
        while len(self._told_s) >= IDENTITIES_MAX:
            del self._told_s[next(iter(self._told_s))]
        self._told_s[identity] = now_s
        return True


@dataclass(kw_only=True)
class Ground:
    """What the handlers stand on."""

    engine: Engine
    desk: AccessDesk
    stations: StationBook
    uploads: Path
    """Where a snapshot lies while it comes in."""
    impact_max: float
    """Share of the population that may change without having been accepted; 0 to 1."""
    rates: Rates = field(default_factory=Rates)
    now: Callable[[], UtcTime] = utc_now
    kept: dict[str, tuple[str, Kept]] = field(default_factory=dict)
    """By candidate: the plan that it was compared with, and what came out."""
    held: Counter[Identity] = field(default_factory=Counter)
    """Stations whose question waits for news, by who asked."""
    note_end: Callable[[str, str, int], None] = lambda *_: None
    """Told of each station that reports, the name that it came by, and when that ends."""
    uploading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))


def find_ground(request: HttpRequest) -> Ground:
    """Return what this application stands on."""
    ground: Ground = request.app.state.ground
    return ground


def find_identity(request: HttpRequest) -> Identity:
    """Return who is at the other end, as the connection has it. Raises: Rejected."""
    identity: Identity | None = request.scope.get("state", {}).get(IDENTITY)
    if identity is None:
        raise Rejected(
            403, "unknown-identity", "nothing vouches for you", "Connect as docs/access.md says"
        )
    return identity


def find_ends_us(request: HttpRequest) -> int:
    """Return when the certificate at the other end ends, microseconds; 0: it has none."""
    ends_us: int = request.scope.get("state", {}).get(ENDS_US, 0)
    return ends_us


def check_rate(request: HttpRequest) -> Identity:
    """Count a request of a person. Raises: Rejected."""
    identity = find_identity(request)
    if not find_ground(request).rates.take(identity):
        raise Rejected(429, "too-many", f"more than {RATE_PER_S:.0f} a second", "Wait a second")
    return identity


async def judge_seeing(request: HttpRequest, verb: str) -> Verdict:
    """Let somebody see something. Raises: Rejected."""
    ground = find_ground(request)
    identity = check_rate(request)
    asked = Request(verb=verb, by=identity, asked_at=ground.now())
    return await judge(ground, asked)


def stamp_request(
    request: HttpRequest, verb: str, stamp: Stamp, arguments: tuple[tuple[str, str], ...]
) -> Request:
    """Return what is asked, by whoever is at the other end."""
    return Request(
        verb=verb,
        by=find_identity(request),
        asked_at=UtcTime(stamp.asked_us),
        nonce=stamp.nonce,
        reason=stamp.reason,
        arguments=arguments,
    )


async def judge(ground: Ground, asked: Request | Approval) -> Verdict:
    """Ask the desk; what is refused ends the request. Raises: Rejected."""
    try:
        if isinstance(asked, Approval):
            verdict = await asyncio.to_thread(ground.desk.approve, asked)
        else:
            verdict = await asyncio.to_thread(ground.desk.ask, asked)
    except AuditError as error:
        raise reject_audit(error) from error
    if verdict.ruling is Ruling.REFUSED:
        reject_verdict(verdict.reason, flaw=ground.desk.flaw)
    return verdict


async def judge_possible(
    ground: Ground, asked: Request, check: Callable[[], None] = lambda: None
) -> Verdict:
    """
    Ask the desk for a wish, unless whoever grants wishes would refuse it now.

    So nobody is asked to approve what cannot be done.

    Args:
        check: raises Rejected for what else speaks against it, once it is clear that he may ask.
    Raises: Rejected.
    """
    preview = await asyncio.to_thread(ground.desk.preview, asked)
    if preview.ruling is not Ruling.REFUSED:
        try:
            check()
            wishes = list_wishes(preview, ground.engine.state)
            _check_wishes(ground, wishes)
        except Rejected:
            await write_refusal(ground, asked.by, asked.verb, Reason.IMPOSSIBLE, asked)
            raise
    return await judge(ground, asked)


def _check_wishes(ground: Ground, wishes: list[Wish]) -> None:
    if not wishes:
        raise reject_nothing()
    for wish in wishes:
        found = ask(ground.engine.state, wish, ground.engine.facts(), ground.now())
        if isinstance(found, Refusal):
            raise reject_wish(found)


async def grant(ground: Ground, verdict: Verdict) -> list[Event]:
    """
    Carry out what was allowed; what could not be carried out is written down as not done.

    Raises: Rejected; what the journal has by then has happened.
    """
    try:
        return await _carry_out(ground, verdict)
    except Rejected as rejected:
        try:
            await asyncio.to_thread(ground.desk.undo, verdict)
        except AuditError:
            # The line is owed: only a planner that ends before it has room does not know.
            rejected.detail += (
                "; nor can that be written down now: if the planner ends before it can, its next "
                "start may still carry it out"
            )
        raise


async def _carry_out(ground: Ground, verdict: Verdict) -> list[Event]:
    wishes = list_wishes(verdict, ground.engine.state)
    if not wishes:
        raise reject_nothing()
    granted: list[Event] = []
    for wish in wishes:
        try:
            found = await asyncio.to_thread(ground.engine.wish, wish)
        except JournalError as error:
            raise Rejected(
                503, "no-journal", f"nothing was done: {error}", "Make room, and ask again"
            ) from error
        if isinstance(found, Refusal):
            raise reject_wish(found)
        granted.append(found)
    return granted


def reject_nothing() -> Rejected:
    """Return the answer to whoever names nothing that is there."""
    return Rejected(
        409,
        "nothing-to-end",
        "there is no such order that you may end",
        "`route112 order list` names them, for --order; without it pauses end, and no other order",
    )


def reject_wish(refusal: Refusal) -> Rejected:
    """Return the answer to a wish that is not granted."""
    todo = _TODO.get(refusal.reason, "`route112 history` says what goes on")
    return Rejected(409, refusal.reason, refusal.text, todo)


def reject_audit(error: AuditError) -> Rejected:
    """Return the answer of a planner that cannot write down what it is asked."""
    return Rejected(503, "no-audit", str(error), "Make room where the planner's folder is")


async def write_refusal(
    ground: Ground,
    identity: Identity,
    verb: str,
    reason: Reason,
    request: Request | None = None,
) -> None:
    """Write down what was refused. Raises: Rejected where there is no room."""
    try:
        await asyncio.to_thread(ground.desk.refuse, identity, verb, reason, request)
    except AuditError as error:
        raise reject_audit(error) from error


async def write_excess(request: HttpRequest, verb: str = "") -> None:
    """Write down that somebody asks for too much, now and then; raises Rejected."""
    ground, identity = find_ground(request), find_identity(request)
    if ground.rates.is_news(identity):
        name = verb or name_route(request.method, request.url.path)
        await write_refusal(ground, identity, name, Reason.TOO_MANY)


async def write_misshapen(request: HttpRequest, verb: str = "") -> None:
    """Write down that somebody sent what cannot even be judged, where anybody is known."""
    name = verb or name_route(request.method, request.url.path)
    await write_refusal(find_ground(request), find_identity(request), name, Reason.MALFORMED)
