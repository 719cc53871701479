"""Starts SIPp, within bounds, and reads what it logged as lines of callers and PSAPs."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from route112.simulation.behaviours import Behaviour
from route112.simulation.logs import CallerLine, PsapLine
from route112.simulation.sipp.scenarios import render_caller, render_psap

CALLS_MAX = 2_000_000
SECONDS_MAX = 86_400
"""No SIPp outlives a day."""
SPARE_SECONDS = 10
"""For ends that come late."""
SYSTEM_PATH = "/usr/sbin:/usr/bin:/bin"
ANSWERED = 200

_TRANSPORTS = {"udp": "u1", "tcp": "t1"}
_FIELD = re.compile(r"[^;\r\n\[\]<>\"]{0,64}")
_LINE = re.compile(
    r"(?P<event>[a-z0-9-]+) (?P<call_id>\S+) (?P<key>\S+) \S+\s+\S+\s+(?P<s>\d+)\.(?P<us>\d{6})"
)
_ANSWERER = re.compile(r"answered-by (?P<call_id>\S+) (?P<number>\S+)")


class Starter(Protocol):
    """Who starts children and ends them; `adapters.processes.Children` is one."""

    def start(
        self, name: str, argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None
    ) -> object:
        """Start `argv` with its output in `log`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SippCall:
    """One call of a load."""

    dialled: str
    commune: str = ""
    operator: str = ""
    technology: str = ""
    caller: str = "+999000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class SippLoad:
    """Calls that one SIPp places in order."""

    calls: Sequence[SippCall]
    host: str
    """Where to."""
    port: int
    local_host: str
    local_port: int
    transport: str = "udp"
    calls_per_s: float = 50.0
    hold_ms: int = 200
    timeout_ms: int = 32_000
    name: str = "callers"
    """Of its files, and of its Call-IDs."""

    @property
    def seconds_max(self) -> int:
        """When SIPp ends whatever happens."""
        call_s = (self.hold_ms + self.timeout_ms) / 1e3
        return round(len(self.calls) / self.calls_per_s + call_s) + SPARE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class SippPsap:
    """One SIPp that answers at one address."""

    host: str
    port: int
    transport: str = "udp"
    behaviour: Behaviour = Behaviour.ANSWER
    answer_after_ms: int = 100
    seconds_max: int = 3_600

    @property
    def name(self) -> str:
        """Return what its files are called."""
        return f"psap-{self.host.replace(':', '_')}-{self.port}-{self.transport}"


def start_callers(children: Starter, load: SippLoad, folder: Path) -> object:
    """Start a load; it ends by itself. Returns what `children` returned."""
    argv = write_callers(load, folder)
    return children.start(load.name, argv, log=folder / f"{load.name}.out")


def start_psaps(children: Starter, psaps: Sequence[SippPsap], folder: Path) -> None:
    """Start a SIPp for each answering point."""
    for psap in psaps:
        argv = write_psap(psap, folder)
        children.start(psap.name, argv, log=folder / f"{psap.name}.out")


def write_callers(load: SippLoad, folder: Path) -> list[str]:
    """Write scenario and injection file of a load, return the command line."""
    assert len(load.calls) <= CALLS_MAX, f"more than {CALLS_MAX} calls"
    scenario = folder / f"{load.name}.xml"
    scenario.write_text(
        render_caller(hold_ms=load.hold_ms, timeout_ms=load.timeout_ms), encoding="ascii"
    )
    injection = folder / f"{load.name}.csv"
    injection.write_text(render_injection(load.calls), encoding="ascii")
    argv = [find_sipp(), _place(load.host, load.port), "-sf", str(scenario)]
    argv += ["-i", load.local_host, "-p", str(load.local_port), "-t", _TRANSPORTS[load.transport]]
    argv += ["-inf", str(injection), "-m", str(len(load.calls)), "-l", str(len(load.calls))]
    argv += ["-r", str(max(1, round(load.calls_per_s))), "-cid_str", f"%u-%p-{load.name}@%s"]
    argv += ["-timeout", f"{min(load.seconds_max, SECONDS_MAX)}s", "-recv_timeout", "64000"]
    return argv + _logging(folder, load.name)


def write_psap(psap: SippPsap, folder: Path) -> list[str]:
    """Write the scenario of an answering point, return the command line."""
    scenario = folder / f"{psap.name}.xml"
    scenario.write_text(
        render_psap(psap.behaviour, answer_after_ms=psap.answer_after_ms), encoding="ascii"
    )
    argv = [find_sipp(), "-sf", str(scenario), "-i", psap.host, "-p", str(psap.port)]
    argv += ["-t", _TRANSPORTS[psap.transport], "-timeout"]
    argv.append(f"{min(psap.seconds_max, SECONDS_MAX)}s")
    return argv + _logging(folder, psap.name)


def render_injection(calls: Sequence[SippCall]) -> str:
    """Render the injection file; raises ValueError for a field that would not be one."""
    lines = ["SEQUENTIAL"]
    for key, call in enumerate(calls):
        fields = (
            str(key),
            call.dialled,
            call.commune,
            call.operator,
            call.technology,
            call.caller,
        )
        for text in fields:
            if not _FIELD.fullmatch(text):
                raise ValueError(f"{text!r} cannot stand in an injection file")
        lines.append(";".join(fields) + ";")
    return "\n".join(lines) + "\n"


def read_callers(load: SippLoad, folder: Path) -> tuple[CallerLine, ...]:
    """Read what a load logged; a call that was never placed has no line."""
    log = folder / f"{load.name}.log"
    seen: dict[str, dict[str, int]] = {}
    keys: dict[str, int] = {}
    for event, call_id, key, at_us in _read(log):
        seen.setdefault(call_id, {}).setdefault(event, at_us)
        keys[call_id] = int(key)
    answerers = {match["call_id"]: match["number"] for match in _match(_ANSWERER, log)}
    return tuple(
        _make_caller(call_id, load.calls[keys[call_id]], events, answerers.get(call_id, ""))
        for call_id, events in seen.items()
        if "placed" in events
    )


def read_psaps(psaps: Sequence[SippPsap], folder: Path) -> tuple[PsapLine, ...]:
    """Read what answering points logged."""
    return tuple(line for psap in psaps for line in _read_psap(psap, folder))


def find_sipp() -> str:
    """Return the path of SIPp; raises FileNotFoundError when it is not installed."""
    path = shutil.which("sipp", path=SYSTEM_PATH)
    if path is None:
        raise FileNotFoundError("sipp is not installed (Debian: sip-tester)")
    return path


def _read_psap(psap: SippPsap, folder: Path) -> Iterator[PsapLine]:
    rings: dict[tuple[str, str], dict[str, int]] = {}
    for event, call_id, number, at_us in _read(folder / f"{psap.name}.log"):
        rings.setdefault((call_id, number), {}).setdefault(event, at_us)
    for (call_id, number), events in rings.items():
        if "rang" in events:
            yield PsapLine(
                call_id=call_id,
                number=number,
                listen=f"{psap.transport}:{psap.host}:{psap.port}",
                rang_us=events["rang"],
                answered_us=events.get("final-200"),
                status=_final_status(events),
                behaviour=psap.behaviour.value,
            )


def _make_caller(
    call_id: str, call: SippCall, events: Mapping[str, int], answerer: str
) -> CallerLine:
    responses = [at for event, at in events.items() if event not in ("placed", "gave-up", "ended")]
    return CallerLine(
        call_id=call_id,
        dialled=call.dialled,
        commune=call.commune,
        operator=call.operator,
        placed_us=events["placed"],
        first_response_us=min(responses, default=None),
        ringing_us=events.get("ringing"),
        answered_us=events.get("final-200"),
        answered_by=answerer,
        ended_us=events.get("ended"),
        status=_final_status(events),
        reason="gave up" if "gave-up" in events else "",
        caller=call.caller,
    )


def _final_status(events: Mapping[str, int]) -> int:
    finals = [event for event in events if event.startswith("final-")]
    return int(finals[0].removeprefix("final-")) if finals else 0


def _read(log: Path) -> Iterator[tuple[str, str, str, int]]:
    for match in _match(_LINE, log):
        at_us = int(match["s"]) * 1_000_000 + int(match["us"])
        yield match["event"], match["call_id"], match["key"], at_us


def _match(pattern: re.Pattern[str], log: Path) -> Iterator[re.Match[str]]:
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := pattern.fullmatch(line.strip()):
            yield match


def _logging(folder: Path, name: str) -> list[str]:
    argv = ["-nostdin", "-skip_rlimit", "-trace_logs", "-log_file", str(folder / f"{name}.log")]
    return [*argv, "-trace_err", "-error_file", str(folder / f"{name}.errors")]


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
