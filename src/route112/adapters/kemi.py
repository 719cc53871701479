"""
What Kamailio asks Python: where does this call go, and are you well.

`kamailio/bootstrap.py` calls `open_site` once, in the parent before it forks, so that every
worker shares the pages of one mapped snapshot. Each worker then asks `decide` per INVITE and
`health` per OPTIONS. Both answer 1, or -1 when the native route has to serve: an answer that is
late, an exception and a missing snapshot all look the same to Kamailio.

Answers travel as attempts: one text `number|host:port|transport|answer_ms|ring_ms|psap` per
line and next hop, pushed on `$avp(attempt)` in reverse, so that the newest is the first to try.

"""

import mmap
import re
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Mapping, Protocol

from route112.model import Call, Hop, RouteDecision, States, UtcTime
from route112.routing import decide, render_decision
from route112.snapshot.reader import Snapshot

DECIDE_SECONDS_MAX = 0.05
"""An answer later than this is no answer: the native route serves."""
TARGETS_TRIED_MAX = 3
"""Targets of a decision that one pass tries."""
HOPS_TRIED_MAX = 2
"""Next hops tried for one target."""
ANSWER_MS = {"ip": 2_000, "rtc": 6_000}
"""From a hop's 100 to its ringing; a gateway rings only after the far end's ACM."""
TOKEN_LENGTH_MAX = 64
"""Longest number, code or name that is read from a message."""

ANSWERED = 1
NATIVE = -1

_TOKEN = re.compile(rf"[A-Za-z0-9_.:+*#-]{{1,{TOKEN_LENGTH_MAX}}}")
_NO_STATES = States()


class Ksr(Protocol):
    """The part of Kamailio's KSR module that is used here."""

    pv: Any
    hdr: Any

    def info(self, text: str, /) -> object:
        """Log at level INFO."""

    def warn(self, text: str, /) -> object:
        """Log at level WARN."""

    def err(self, text: str, /) -> object:
        """Log at level ERR."""


class DecideTimeoutError(Exception):
    """The time for an answer is over."""


def open_site(ksr: Ksr, environ: Mapping[str, str]) -> "Site":
    """
    Map the snapshot that ROUTE112_SNAPSHOT names; ROUTE112_SITE is the name in log lines.

    Raises: KeyError, OSError, SnapshotError; the bootstrap then leaves every call to the
    native route.
    """
    with Path(environ["ROUTE112_SNAPSHOT"]).open("rb") as file:
        buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    site = Site(ksr, Snapshot(buffer), name=environ.get("ROUTE112_SITE", "site"))
    site.probe()  # in the parent, so that the workers share what it worked out
    ksr.info(f"{site.name} serves g{site.snapshot.generation}\n")
    return site


class Site:
    """The handler object of app_python3; its methods are Kamailio's `python_exec` names."""

    def __init__(
        self,
        ksr: Ksr,
        snapshot: Snapshot,
        *,
        name: str,
        now: Callable[[], UtcTime] = lambda: UtcTime(time.time_ns() // 1_000),
    ) -> None:
        self.name = name
        self.snapshot = snapshot
        self._ksr = ksr
        self._now = now

    def child_init(self, _rank: int) -> int:
        """Prepare one worker after the fork."""
        signal.signal(signal.SIGALRM, _raise_timeout)
        return 0

    def decide(self, _message: object) -> int:
        """Push the attempts for the INVITE at hand; ANSWERED or NATIVE, never an exception."""
        return self._guard("decide", self._decide)

    def health(self, _message: object) -> int:
        """Decide a call as if it were real, since a shallow answer hides a grey failure."""
        return self._guard("health", self.probe)

    def _guard(self, name: str, question: Callable[[], None]) -> int:
        try:
            signal.setitimer(signal.ITIMER_REAL, DECIDE_SECONDS_MAX)
            try:
                question()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except Exception as error:  # noqa: BLE001  the native route is the rescue
            self._ksr.err(f"{name}: {error!r} [{self.name}]\n")
            return NATIVE
        return ANSWERED

    def _decide(self) -> None:
        began_ns = time.perf_counter_ns()
        call = self._read_call()
        decision = decide(call, self.snapshot, _NO_STATES, now=self._now())
        attempts = list_attempts(decision)
        elapsed_ms = (time.perf_counter_ns() - began_ns) / 1e6
        line = render_decision(call, decision, site=self.name, elapsed_ms=elapsed_ms)
        for attempt in reversed(attempts):
            self._ksr.pv.sets("$avp(attempt)", attempt)
        log = self._ksr.info if decision.degraded is None else self._ksr.warn
        log(line + "\n")

    def probe(self) -> None:
        """Decide a call that nobody makes; AssertionError when it would ring nowhere."""
        snapshot = self.snapshot
        number = snapshot.short_numbers[snapshot.default_number].number
        probe = Call(dialled=number, commune=snapshot.commune(0).code)
        assert list_attempts(decide(probe, snapshot, _NO_STATES, now=self._now()))

    def _read_call(self) -> Call:
        """Read number and commune; what cannot be read is left empty, never refused."""
        uri = self._read(self._ksr.pv.get, "$ru")
        user = self._read(self._ksr.pv.get, "$rU").partition(";")[0]
        return Call(
            dialled=_clean(uri if uri[:4].lower() == "urn:" else user),
            commune=_clean(
                self._read(self._ksr.hdr.get, "X-Commune")
                or self._read(self._ksr.pv.get, "$(ru{uri.param,commune})")
            ),
            operator=_clean(self._read(self._ksr.hdr.get, "X-Operator")),
            technology=_clean(self._read(self._ksr.hdr.get, "X-Technology")),
        )

    def _read(self, get: Callable[[str], object], name: str) -> str:
        try:
            value = get(name)
        except UnicodeDecodeError:
            self._ksr.warn(f"{name} is not UTF-8, taken as absent [{self.name}]\n")
            return ""
        return "" if value is None else str(value)


def list_attempts(decision: RouteDecision) -> tuple[str, ...]:
    """List what to try in order: the first hops of the first targets."""
    return tuple(
        render_attempt(target.number, hop, ring_time_s=target.ring_time_s, psap=target.psap)
        for target in decision.targets[:TARGETS_TRIED_MAX]
        for hop in target.hops[:HOPS_TRIED_MAX]
    )


def render_attempt(number: str, hop: Hop, *, ring_time_s: int, psap: str) -> str:
    """Render one attempt as `kamailio/site.cfg` reads it."""
    answer_ms = ANSWER_MS[hop.technology]
    return f"{number}|{hop.address}|{hop.transport}|{answer_ms}|{ring_time_s * 1_000}|{psap}"


def _clean(text: str) -> str:
    return text.strip() if _TOKEN.fullmatch(text.strip()) else ""


def _raise_timeout(_signal: int, _frame: FrameType | None) -> None:
    raise DecideTimeoutError(f"no answer within {DECIDE_SECONDS_MAX * 1e3:.0f} ms")
