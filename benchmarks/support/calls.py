"""Calls of several operators at once, placed by SIPp, each in its operator's dialect."""

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.load import Outcome, Planned
from tests.support.sipp_psaps import find_free_port

from route112.adapters.processes import Child, Children
from route112.simulation.agreement import Key
from route112.simulation.sipp import SippCall, SippLoad, SippPsap, read_callers, read_psaps
from route112.simulation.sipp.runs import write_callers

HOLD_MS = 200
TIMEOUT_MS = 3_000
LATE_S = 2.0
"""A load that is not over so long after its last call is ended."""
LAST_LINES_S = 0.3
"""For answering points to write down what they heard last."""
PORTS = range(6100, 6999)

_COMMUNE = "X-Commune: [field2]"
_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The callers of one operator, and where they send their calls."""

    operator: str
    host: str
    to: tuple[str, int]
    planned: Sequence[Planned]
    header: str = ""
    """What its calls say beside the commune, in the fields of SIPp."""
    cells: Mapping[str, str] = field(default_factory=dict)
    """By commune; field 4 of a call."""
    lines: Mapping[str, str] = field(default_factory=dict)
    """By commune; who calls."""

    def make_call(self, planned: Planned) -> SippCall:
        """Return the call of a key."""
        commune = planned.key.commune
        own = SippCall(dialled=planned.key.number, operator=self.operator, commune=commune)
        return SippCall(
            dialled=own.dialled,
            commune=commune,
            operator=self.operator,
            technology=self.cells.get(commune, ""),
            caller=self.lines.get(commune, own.caller),
        )


@dataclass(frozen=True)
class Ends:
    """Who answers, and where all files of both ends are."""

    children: Children
    folder: Path
    psaps: Sequence[SippPsap]

    def place(self, origins: Sequence[Origin], rate: int, seconds: float) -> Outcome:
        """Place calls at a rate in all, shared evenly, and wait for the last one."""
        each = rate / len(origins)
        loads = [self._start(origin, each, round(each * seconds)) for origin in origins]
        deadline = time.monotonic() + seconds + TIMEOUT_MS / 1e3 + LATE_S
        for _, child in loads:
            while child.popen.poll() is None:
                time.sleep(0.02)
                if time.monotonic() > deadline:
                    child.popen.kill()
        time.sleep(LAST_LINES_S)
        callers = [line for load, _ in loads for line in read_callers(load, self.folder)]
        ours = {line.call_id for line in callers}
        psaps = [line for line in read_psaps(self.psaps, self.folder) if line.call_id in ours]
        planned: dict[Key, Planned] = {}
        for origin in origins:
            planned |= {one.key: one for one in origin.planned}
        return Outcome(sum(len(load.calls) for load, _ in loads), callers, psaps, planned)

    def _start(self, origin: Origin, rate: float, count: int) -> tuple[SippLoad, Child]:
        chosen = itertools.islice(itertools.cycle(origin.planned), count)
        load = SippLoad(
            calls=[origin.make_call(planned) for planned in chosen],
            host=origin.to[0],
            port=origin.to[1],
            local_host=origin.host,
            local_port=find_free_port(origin.host, PORTS),
            calls_per_s=rate,
            hold_ms=HOLD_MS,
            timeout_ms=TIMEOUT_MS,
            name=f"load{next(_numbers)}",
        )
        argv = write_callers(load, self.folder)
        scenario = self.folder / f"{load.name}.xml"
        text = scenario.read_text(encoding="ascii")
        assert text.count(_COMMUNE) == 1, "callers of SIPp tell the commune in another way now"
        more = f"\n      {origin.header}" if origin.header else ""
        scenario.write_text(text.replace(_COMMUNE, _COMMUNE + more), encoding="ascii")
        log = self.folder / f"{load.name}.out"
        return load, self.children.start(load.name, argv, log=log)
