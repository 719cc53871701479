"""Real calls through a site: placed by SIPp, joined by Call-ID with what the PSAPs wrote down."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.sipp_psaps import (
    SCENARIOS,
    Place,
    bind_all,
    find_free_port,
    find_program,
)

from route112.adapters.processes import Children

CALLER_HOST = "127.0.2.1"
"""An address of the first operator, whose dialect the calls are in."""
CALLER_PORTS = range(5080, 5100)
CALLS_PER_SECOND = 10
CALL_SECONDS_MAX = 30
"""From the last INVITE to the end of the caller, whatever the site does."""

_RANG = re.compile(r"^rang (?P<call_id>\S+) (?P<number>\S+)$")
_CALLER = re.compile(r"^(?P<event>called|answered) (?P<call_id>\S+) (?P<key>\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCall:
    """A call to place, and where the expected table says that it rings."""

    key: int
    """From 1, in the order of placing."""
    dialled: str
    commune: str
    name: str
    """Of the commune."""
    operator: str
    technology: str
    psap: str
    number: str
    """E.164."""


@dataclass(frozen=True, slots=True)
class Ring:
    """An INVITE that reached a PSAP, as the PSAP wrote it down."""

    number: str
    """User part of the request URI."""
    hop: str
    """`HOST-PORT-TRANSPORT` of the PSAP's side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What callers and PSAPs saw of one call."""

    call: DemoCall
    call_id: str
    """Empty when the caller never placed it."""
    rings: tuple[Ring, ...]
    answered: bool

    @property
    def right(self) -> bool:
        """Tell whether it rang at the expected number, only there, and was answered."""
        return self.answered and [ring.number for ring in self.rings] == [self.call.number]


def place_calls(
    children: Children, calls: Sequence[DemoCall], *, site: Place, folder: Path
) -> tuple[Outcome, ...]:
    """Place all calls through `site`, wait for their ends, and join both sides' logs."""
    injection = folder / "calls.csv"
    injection.write_text(render_injection(calls), encoding="latin-1")
    seconds_max = len(calls) // CALLS_PER_SECOND + CALL_SECONDS_MAX
    argv = [find_program("sipp"), str(site), "-sf", str(SCENARIOS / "caller.xml")]
    argv += ["-i", CALLER_HOST, "-p", str(find_free_port(CALLER_HOST, CALLER_PORTS))]
    argv += [
        *bind_all(CALLER_HOST),
        "-inf",
        str(injection),
        "-r",
        str(CALLS_PER_SECOND),
        "-nostdin",
        "-skip_rlimit",
    ]
    argv += ["-m", str(len(calls)), "-l", str(len(calls)), "-cid_str", "%u-%p@route112.demo"]
    argv += ["-timeout", f"{seconds_max}s", "-timeout_error"]
    argv += ["-trace_logs", "-log_file", str(folder / "caller.log")]
    argv += ["-trace_err", "-error_file", str(folder / "caller.errors")]
    caller = children.start("the callers", argv, log=folder / "caller.out")
    children.wait_until(
        lambda: caller.popen.poll() is not None,
        timeout_s=seconds_max + 5,
        what="the callers are done",
    )
    return join_logs(calls, folder)


def render_injection(calls: Sequence[DemoCall]) -> str:
    """Render SIPp's injection file, one line a call; its fields are those of `caller.xml`."""
    lines = (
        f"{call.key};{call.dialled};{call.commune};{call.operator};{call.technology};"
        for call in calls
    )
    return "\n".join(("SEQUENTIAL", *lines, ""))


def join_logs(calls: Sequence[DemoCall], folder: Path) -> tuple[Outcome, ...]:
    """Join the callers' log with the PSAPs' logs by Call-ID."""
    call_ids: dict[int, str] = {}
    answered: set[int] = set()
    for match in _find_lines(_CALLER, folder / "caller.log"):
        call_ids[int(match["key"])] = match["call_id"]
        if match["event"] == "answered":
            answered.add(int(match["key"]))
    rings: dict[str, list[Ring]] = {}
    for log in sorted(folder.glob("psap-*.log")):
        for match in _find_lines(_RANG, log):
            ring = Ring(match["number"], log.stem.removeprefix("psap-"))
            rings.setdefault(match["call_id"], []).append(ring)
    return tuple(
        Outcome(
            call=call,
            call_id=call_ids.get(call.key, ""),
            rings=tuple(rings.get(call_ids.get(call.key, ""), ())),
            answered=call.key in answered,
        )
        for call in calls
    )


def _find_lines(pattern: re.Pattern[str], log: Path) -> Iterator[re.Match[str]]:
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := pattern.match(line):
            yield match
