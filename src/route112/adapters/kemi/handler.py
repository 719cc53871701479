"""The handler object of app_python3: one method for each question, and nothing ever raised."""

import os
import re
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from route112.adapters.kemi.advice import NO_STATES, Advice
from route112.adapters.kemi.feed import Feed
from route112.adapters.kemi.heartbeat import GAP_NS, Heartbeat
from route112.adapters.kemi.lines import Answers, Mark, Origin, render_records, render_test_call
from route112.adapters.kemi.probes import HEADER, Probes, read_probes
from route112.adapters.kemi.soundings import Soundings, parse_places
from route112.model import Call, RouteDecision, UtcTime
from route112.routing import decide, render_decision
from route112.routing.dialect import ReadCall, read_call
from route112.wire.documents.state_file import FILE as STATES_FILE

DECIDE_SECONDS_MAX = 0.05
"""An answer later than this is no answer: the native route serves."""
CALL_ID_CHARS_MAX = 256
"""Characters of a Call-ID that stand in a record, as in `kamailio/site.cfg`."""
HEALTH_KEPT_NS = 100_000_000
"""An answer to `health` is given again within this time: a flood of OPTIONS costs little."""

EXERCISE = "ROUTE112_EXERCISE"

ANSWERED = 1
THAWED = 2
NATIVE = -1
STALE = -2
UNKNOWN = -3
TEST_CALL = -4
FORBIDDEN = -5
PROBE = 3
"""A test call over the path that it names: one attempt was pushed."""

_STDERR = 2
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Names of headers that a variable of Kamailio can have."""


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


def write_stderr(lines: bytes) -> None:
    """Append to the raw file of records; a full disk is no reason to refuse a call."""
    try:
        os.write(_STDERR, lines)
    except OSError:
        return


def open_site(ksr: Ksr, environ: Mapping[str, str]) -> "Site":
    """
    Open what ROUTE112_CURRENT leads to, and sound ROUTE112_SOCKETS.

    ROUTE112_SITE and ROUTE112_RECORD_KEY mark record lines.

    ROUTE112_PROBES and ROUTE112_LOOPS say who may place test calls; see `kemi.probes`.

    Where ROUTE112_EXERCISE is 1 the hook of `kemi.exercise` is loaded, and only there.

    Raises: KeyError, OSError, ValueError, SnapshotError; the bootstrap then leaves every call to
    the native route.
    """
    current = Path(environ["ROUTE112_CURRENT"])
    feed = Feed(current)
    mark = Mark(environ.get("ROUTE112_SITE", "site"), environ.get("ROUTE112_RECORD_KEY", ""))
    places = parse_places(environ.get("ROUTE112_SOCKETS", ""))
    soundings = Soundings(places, key=mark.key)
    advice = Advice(current.parent / STATES_FILE)
    probes = read_probes(environ)
    if environ.get(EXERCISE) == "1":
        from route112.adapters.kemi.exercise import ExerciseSite

        ksr.warn(f"EXERCISE: decisions fail by order [{mark.site}]\n")
        folder = current.parent
        site: Site = ExerciseSite(
            ksr,
            feed,
            mark=mark,
            soundings=soundings,
            advice=advice,
            probes=probes,
            folder=folder,
        )
    else:
        site = Site(ksr, feed, mark=mark, soundings=soundings, advice=advice, probes=probes)
    site.probe()  # in the parent, so that the workers share what it worked out
    ksr.info(f"{mark.site} serves g{feed.snapshot.generation}\n")
    return site


class Site:
    """Answers Kamailio's questions; the package's text lists them."""

    def __init__(  # noqa: PLR0913  one parameter for each part
        self,
        ksr: Ksr,
        feed: Feed,
        *,
        mark: Mark,
        heartbeat: Heartbeat | None = None,
        soundings: Soundings | None = None,
        advice: Advice | None = None,
        probes: Probes | None = None,
        write: Callable[[bytes], None] = write_stderr,
        now: Callable[[], UtcTime] = lambda: UtcTime(time.time_ns() // 1_000),
    ) -> None:
        self._ksr = ksr
        self._feed = feed
        self._mark = mark
        self._heartbeat = heartbeat or Heartbeat()
        self._soundings = soundings or Soundings((), key=mark.key)
        self._advice = advice
        self._probes = probes or Probes()
        self._write = write
        self._now = now
        self._answers = Answers()
        self._well_until_ns = 0

    def child_init(self, _rank: int) -> int:
        """Prepare one process after the fork."""
        signal.signal(signal.SIGALRM, _raise_timeout)
        return 0

    def beat(self, _message: object) -> int:
        """Say that the site lives; THAWED, once in each process, when it had stood still."""
        thawed = self._heartbeat.beat()
        self._soundings.send()
        if not thawed:
            return ANSWERED
        self._ksr.warn(f"the site stood still; what it reads now is stale [{self._name}]\n")
        return THAWED

    def fresh(self, _message: object) -> int:
        """Tell whether the site has been running without a gap."""
        return STALE if self._heartbeat.is_stale() else ANSWERED

    def source(self, _message: object) -> int:
        """Name the operator of an address that the configuration does not know, as `$avp(op)`."""
        return self._guard("source", self._find_source)

    def decide(self, _message: object) -> int:
        """Push the attempts for the INVITE at hand."""
        began_ns = time.monotonic_ns()
        if self._heartbeat.is_stale():
            return STALE
        said = self._guard("decide", self._decide)
        # This very process may have been stopped with the message in its hands.
        return STALE if time.monotonic_ns() - began_ns > GAP_NS else said

    def health(self, _message: object) -> int:
        """Decide a call as if it were real, since a shallow answer hides a grey failure."""
        if self._heartbeat.is_stale():
            return STALE
        if time.monotonic_ns() < self._well_until_ns:
            return ANSWERED
        said = self._guard("health", self.probe)
        if said == ANSWERED:
            self._well_until_ns = time.monotonic_ns() + HEALTH_KEPT_NS
        return said

    def probe(self) -> None:
        """Decide a call that nobody makes; AssertionError when it would ring nowhere."""
        self._refresh()
        assert not self._feed.is_behind(), "cannot follow the snapshot in force"
        snapshot = self._feed.snapshot
        number = snapshot.short_numbers[snapshot.default_number].number
        call = Call(dialled=number, commune=snapshot.commune(0).code)
        assert self._answers.find(decide(call, snapshot, NO_STATES, now=self._now())).attempts

    @property
    def _name(self) -> str:
        return self._mark.site

    def _guard(self, name: str, question: Callable[[], int | None]) -> int:
        try:
            signal.setitimer(signal.ITIMER_REAL, DECIDE_SECONDS_MAX, DECIDE_SECONDS_MAX)
            try:
                return question() or ANSWERED
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except Exception as error:  # noqa: BLE001  the native route is the rescue
            self._ksr.err(f"{name}: {error!r} [{self._name}]\n")
            return NATIVE

    def _refresh(self) -> None:
        if trouble := self._feed.refresh():
            self._ksr.err(f"{trouble} [{self._name}]\n")

    def _find_source(self) -> int:
        self._refresh()
        read = self._read_call(self._get("$si") or "")
        if read is None:
            return UNKNOWN
        self._ksr.pv.sets("$avp(op)", read.operator.id)
        return ANSWERED

    def _decide(self) -> int:
        self._refresh()
        began_ns = time.perf_counter_ns()
        host = self._get("$si") or ""
        read = self._read_call(host)
        if read is None:
            return UNKNOWN
        if read.is_test:
            return self._decide_test(read, host)
        now = self._now()
        decision = self._choose(read.call, now)
        answer = self._answers.find(decision)
        elapsed_ms = (time.perf_counter_ns() - began_ns) / 1e6
        records = render_records(
            self._mark, self._read_origin(host), read, answer, now=now, elapsed_ms=elapsed_ms
        )
        # The answer stands: cut short from here on, it would be decided and recorded twice.
        signal.setitimer(signal.ITIMER_REAL, 0)
        for attempt in reversed(answer.attempts):
            self._ksr.pv.sets("$avp(attempt)", attempt)
        self._write(records)
        if decision.degraded is not None:
            line = render_decision(read.call, decision, site=self._name, elapsed_ms=elapsed_ms)
            self._ksr.warn(line + "\n")
        return ANSWERED

    def _choose(self, call: Call, now: UtcTime) -> RouteDecision:
        """Decide with what is measured, unless this call is to try whether it still holds."""
        plain = decide(call, self._feed.snapshot, NO_STATES, now=now)
        if self._advice is None:
            return plain
        if trouble := self._advice.refresh():
            self._ksr.warn(f"{trouble} [{self._name}]\n")
        states = self._advice.find_states(now)
        if states is NO_STATES:
            return plain
        advised = decide(call, self._feed.snapshot, states, now=now)
        if advised is plain or self._advice.take_trial(plain.targets[0], now):
            return plain
        return advised

    def _decide_test(self, read: ReadCall, host: str) -> int:
        """Push the one attempt that a test call names, where its sender may name one."""
        path = self._find_header(HEADER)
        if path is None:
            return TEST_CALL
        if host not in self._probes.sources:
            return FORBIDDEN
        found = self._probes.find_attempt(self._feed.snapshot, path, site=self._name)
        if found is None:
            return TEST_CALL
        hop, attempt = found
        number = attempt.partition("|")[0]
        records = render_test_call(
            self._mark, self._read_origin(host), read, hop, number=number, now=self._now()
        )
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._ksr.pv.sets("$avp(attempt)", attempt)
        self._write(records)
        return PROBE

    def _read_call(self, host: str) -> ReadCall | None:
        """Read the call in its operator's dialect; what cannot be read is left empty."""
        return read_call(
            self._feed.snapshot,
            source=host,
            request_uri=self._read_uri(),
            find_header=self._find_header,
        )

    def _read_uri(self) -> str:
        """Return the request URI as it came, also one that Kamailio cannot read."""
        name = "$avp(dialled)"
        try:
            return str(self._ksr.pv.get(name) or "")
        except UnicodeDecodeError:
            return self._read_octets(name) or ""

    def _find_header(self, name: str) -> str | None:
        try:
            value = self._ksr.hdr.get(name)
        except UnicodeDecodeError:
            plain = _PLAIN_NAME.fullmatch(name)
            return self._read_octets(f"$hdr({name})") if plain else None
        return None if value is None else str(value)

    def _read_octets(self, name: str) -> str | None:
        """Read a variable that is not UTF-8, a question mark for each byte that is not ASCII."""
        digits = self._ksr.pv.get(f"$({name[1:]}{{s.encode.hexa}})")
        if digits is None:
            return None
        return bytes.fromhex(str(digits)).decode("ascii", "replace").replace("\ufffd", "?")

    def _read_origin(self, host: str) -> Origin:
        call_id = (self._get("$ci") or "")[:CALL_ID_CHARS_MAX]
        return Origin(
            call_id=call_id,
            call_hex="" if call_id else self._get("$(ci{s.substr,0,256}{s.encode.hexa})") or "",
            source=f"{f'[{host}]' if ':' in host else host}:{self._get('$sp')}",
            transport=self._get("$proto") or "",
        )

    def _get(self, name: str) -> str | None:
        try:
            value = self._ksr.pv.get(name)
        except UnicodeDecodeError:
            self._ksr.warn(f"{name} is not UTF-8, taken as absent [{self._name}]\n")
            return None
        return None if value is None else str(value)


def _raise_timeout(_signal: int, _frame: FrameType | None) -> None:
    raise DecideTimeoutError(f"no answer within {DECIDE_SECONDS_MAX * 1e3:.0f} ms")
