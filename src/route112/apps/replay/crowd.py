"""Everybody who calls in a scenario, who dials again when nobody answers, and what was written."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.sip import Address
from route112.apps.ends import Callers, CallOrder
from route112.apps.ends.dialect import speak
from route112.apps.ends.whereabouts import NOWHERE, Whereabouts
from route112.apps.replay.clock import ScenarioClock
from route112.model import Operator, Scenario
from route112.simulation.arrivals import Arrival, draw_wait
from route112.simulation.logs import PsapLine, parse_psaps
from route112.wire.sip.sdp import Audio, render_sdp

ANSWERED = 200
PSAPS_LOGS = "psaps*/psaps.jsonl"
CALLERS_LOG = "callers-{}.jsonl"
"""In the folder of a play."""
SILENT_OFFER = render_sdp(Audio("127.0.0.1", 9), direction="inactive")
"""Nobody speaks: what is judged is who rings, and audio would cost more than all signalling."""
HOLD_S = 0.5
"""How long a call lasts once it is answered; real seconds."""
UNDER_WAY_MAX = 4_500
"""Calls at a time; the crowd waits above it, and says so, rather than lose what it measures."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """One attempt, before anybody knows what becomes of it."""

    arrival: Arrival
    tries: int
    """From 1."""

    @property
    def call_id(self) -> str:
        """Name the attempt in every log."""
        return f"{self.arrival.index}.{self.tries}@{self.arrival.operator}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorEnd:
    """Where one operator's callers are, and where they are sent to."""

    operator: Operator
    callers: Callers
    edges: tuple[Address, ...]
    """In turn."""
    whereabouts: Whereabouts = NOWHERE
    """What it says instead of a commune."""


class Crowd:
    """Places the calls of one play; `attempts` says what was dialled."""

    def __init__(
        self,
        scenario: Scenario,
        ends: Mapping[str, OperatorEnd],
        clock: ScenarioClock,
        *,
        patience_s: float,
    ) -> None:
        self.attempts: dict[str, Dialled] = {}
        """By Call-ID."""
        self.late_s = 0.0
        """How much later than the scenario wants the latest call was placed, scenario seconds."""
        self.under_way = 0
        self.through = 0
        self._scenario = scenario
        self._ends = ends
        self._clock = clock
        self._patience_s = patience_s
        self._turns = dict.fromkeys(ends, 0)
        self._room = asyncio.Semaphore(UNDER_WAY_MAX)

    async def run(
        self, arrivals: Iterable[Arrival], *, on_placed: Callable[[int], None] | None = None
    ) -> None:
        """Place every first call at its time; return when the last caller has given up."""
        async with asyncio.TaskGroup() as group:
            for count, arrival in enumerate(arrivals, start=1):
                await self._clock.until(arrival.at_s)
                await self._room.acquire()
                self.late_s = max(self.late_s, self._clock.now_s - arrival.at_s)
                group.create_task(self._call(arrival))
                if on_placed is not None:
                    on_placed(count)

    async def _call(self, arrival: Arrival) -> None:
        """Dial until somebody answers or the caller gives up."""
        try:
            tries = 0
            wait_s: float | None = 0.0
            while wait_s is not None:
                tries += 1
                await self._clock.pause(wait_s)
                if await self._dial(Dialled(arrival, tries)):
                    self.through += 1
                    return
                wait_s = draw_wait(self._scenario, arrival, tries=tries)
        finally:
            self._room.release()

    async def _dial(self, dialled: Dialled) -> bool:
        arrival = dialled.arrival
        end = self._ends[arrival.operator]
        turn = self._turns[arrival.operator] = self._turns[arrival.operator] + 1
        order = CallOrder(
            dialled=arrival.number,
            to=end.edges[turn % len(end.edges)],
            commune=arrival.commune,
            technology=end.operator.technology,
            caller=arrival.caller,
            call_id=dialled.call_id,
            timeout_s=self._patience_s,
            hold_s=HOLD_S,
            body=SILENT_OFFER,
        )
        self.attempts[dialled.call_id] = dialled
        self.under_way += 1
        try:
            result = await end.callers.run(speak(order, end.operator, end.whereabouts))
        finally:
            self.under_way -= 1
        return result.status == ANSWERED


def name_callers_log(folder: Path, operator: str) -> Path:
    """Return where the callers of an operator write."""
    return folder / CALLERS_LOG.format(operator)


def clear_logs(folder: Path) -> None:
    """Remove what an earlier play wrote here: its calls have the same Call-IDs; raises OSError."""
    for pattern in (PSAPS_LOGS, CALLERS_LOG.format("*")):
        for path in folder.glob(pattern):
            path.unlink()


def read_psaps(folder: Path) -> list[PsapLine]:
    """Read what the answering points of a play wrote; raises OSError, LogError."""
    return [
        line for path in sorted(folder.glob(PSAPS_LOGS)) for line in parse_psaps(path.read_bytes())
    ]
