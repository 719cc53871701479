"""
Whether what a station was given to run can run there at all, and whether it is well.

Both by what `up` and the station itself say, within seconds: who waits until a step is over would
keep a site out of service for nothing, and who counts callers alone needs callers to fail.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from route112.apps.country_run.state import Entry, read_state
from route112.apps.country_run.survey import Sample, survey
from route112.apps.duty.software import read_software
from route112.apps.station.standing import read_standing

ENDS_MAX = 3
"""So often something ends soon after it was started: once may be chance."""
MUTE_S = 60
"""Within so long a station has said which version it is, and answers."""
ASK_SECONDS = 1.0
"""Between two questions to the station itself."""
ILL_SECONDS = 5.0
"""A station that has just taken something new may be late for so long."""
ILL = {
    "degraded": "it answers OPTIONS with {status}: Python decides no call there",
    "silent": "it does not answer OPTIONS",
    "down": "it does not run",
}


@dataclass(frozen=True, slots=True)
class _Begun:
    """How things stood when a step was looked at first."""

    key: object
    ends: int
    at_s: float
    """Of this machine's monotonic clock."""


class Lives:
    """
    Follows the station at work.

    Args:
        run_dir: of a country that `up` runs; run directories of all stations are below it.
    """

    def __init__(
        self,
        run_dir: Path,
        *,
        ask: Callable[[Entry], Sample] | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run_dir, self._ask = run_dir, ask or ask_station
        self._monotonic_s = monotonic_s
        self._begun: _Begun | None = None
        self._ill: tuple[object, float, str] | None = None
        """Step, since when, and how: of a station that is not well."""
        self._due_s = 0.0
        self._answered: object = None
        """The step in which it has answered."""

    def find_fallen(self, station: str, version: str, key: object) -> str:
        """
        Say why a version cannot run at a station; empty: it may still, or runs.

        Args:
            key: of the step; what ended before it says nothing.
        """
        entry = self._find_entry(station)
        software = read_software(self._run_dir / station)
        if entry is None or software is None or software.version != version:
            return ""
        ends = entry.restarts + entry.kamailio_restarts
        if self._begun is None or self._begun.key != key:
            self._begun = _Begun(key, ends, self._monotonic_s())
        if ends - self._begun.ends >= ENDS_MAX:
            why = entry.last_end or "its Kamailio ends"
            return f"{why}, {ends - self._begun.ends} times since it was started"
        # Not since its start: what runs in this instant may be the version of before.
        lives_s = self._monotonic_s() - self._begun.at_s
        if entry.leader is None or lives_s < MUTE_S:
            return ""
        if read_standing(self._run_dir / station).version != version:
            return f"it has not said its version for {lives_s:.0f} s"
        is_mute = self._ask(entry).is_down
        return f"it has not answered for {lives_s:.0f} s" if is_mute else ""

    def find_ill(self, station: str, key: object) -> str:
        """Say what is wrong with a station that should be well; empty: nothing, or not long."""
        now_s = self._monotonic_s()
        if now_s >= self._due_s:
            self._due_s = now_s + ASK_SECONDS
            state, status = self._look(station)
            if text := ILL.get(state, ""):
                since_s = self._ill[1] if self._ill and self._ill[0] == key else now_s
                self._ill = key, since_s, text.format(status=status)
            else:
                self._ill = None
        if self._ill is None or self._ill[0] != key or now_s - self._ill[1] < ILL_SECONDS:
            return ""
        return self._ill[2]

    def _look(self, station: str) -> tuple[str, int | None]:
        """Return the state of a station, as of a sample, and the status of its answer."""
        entry = self._find_entry(station)
        sample = None if entry is None else self._ask(entry)
        return ("", None) if sample is None else (sample.state, sample.status)

    def has_answered(self, station: str, key: object) -> bool:
        """
        Tell whether a station has answered calls' questions in this step, or cannot be asked.

        Its Kamailio says its version a second or more before its workers read the first message.
        """
        if self._answered == key:
            return True
        now_s = self._monotonic_s()
        if now_s < self._due_s:
            return False
        self._due_s = now_s + ASK_SECONDS
        entry = self._find_entry(station)
        if entry is None or not self._ask(entry).is_down:
            self._answered = key
        return self._answered == key

    def _find_entry(self, station: str) -> Entry | None:
        state = read_state(self._run_dir)
        members = () if state is None else state.members
        return next((entry for entry in members if entry.id == station), None)


def ask_station(entry: Entry) -> Sample:
    """Ask one station how it is; takes up to a second."""
    [sample] = asyncio.run(survey((entry,), now_s=time.monotonic()))
    return sample
