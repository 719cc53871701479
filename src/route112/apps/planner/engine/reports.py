"""What each station said last, by the planner's own monotonic clock."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from route112.change import State, StationFact, Step
from route112.change.publishing import is_strange
from route112.replication import (
    NOTHING,
    Oddity,
    Report,
    Wanted,
    check_report,
)


@dataclass(frozen=True, slots=True)
class _Heard:
    report: Report
    at_s: float
    oddities: tuple[Oddity, ...]

    def tell(self, now_s: float) -> StationFact:
        age_s = now_s - self.at_s
        return StationFact(report=self.report, age_s=age_s, oddities=self.oddities)


class Reports:
    """
    Remembers the last report of each station; may be used by several threads.

    Args:
        asks_at_gate: whether a station at the gate of a change is asked how it is.
    """

    def __init__(self, monotonic_s: Callable[[], float], *, asks_at_gate: bool = False) -> None:
        self._monotonic_s, self._asks_at_gate = monotonic_s, asks_at_gate
        self._began_s = monotonic_s()
        self._heard: dict[str, _Heard] = {}
        self._lock = threading.Lock()

    @property
    def listening_s(self) -> float:
        """How long there has been somebody to be reported to."""
        return self._monotonic_s() - self._began_s

    def take(self, report: Report, state: State) -> Wanted:
        """Remember a report; return what its station shall have."""
        if report.station not in state.stations:
            return NOTHING
        given = {
            number: generation.content_hash
            for number, generation in state.generations.items()
            if generation.content_hash
        }
        with self._lock:
            before = self._heard.get(report.station)
            said = None if before is None else before.report
            odd = check_report(
                report, said, given, last_number=state.last_number, forgotten=state.forgotten
            )
            self._heard[report.station] = _Heard(report, self._monotonic_s(), odd)
        return self.find_wanted(report.station, state)

    def find_wanted(self, station: str, state: State) -> Wanted:
        """
        Return what a station shall have; `NOTHING` where there is nothing for it.

        One that is held gets nothing, and one that will be held by the next turn neither: what it
        has may be later, and no gate stands before what it is answered.
        """
        wanted = self._find_wanted(station, state)
        return replace(wanted, at_gate=self._asks_at_gate and is_at_gate(state, station))

    def _find_wanted(self, station: str, state: State) -> Wanted:
        with self._lock:
            heard = self._heard.get(station)
        if station in state.held or (
            heard is not None and is_strange(state, heard.tell(heard.at_s))
        ):
            return NOTHING
        generation = state.generations.get(state.wanted.get(station, 0))
        if generation is None or not generation.content_hash:
            return NOTHING
        return Wanted(generation.number, generation.content_hash, generation.size)

    def list_facts(self) -> Mapping[str, StationFact]:
        """Return what is known of each station, and how old that is."""
        now_s = self._monotonic_s()
        with self._lock:
            heard = dict(self._heard)
        return {station: each.tell(now_s) for station, each in heard.items()}

    def find_fact(self, station: str) -> StationFact | None:
        """Return what a station said last; None: nothing."""
        with self._lock:
            heard = self._heard.get(station)
        return None if heard is None else heard.tell(self._monotonic_s())


def is_at_gate(state: State, station: str) -> bool:
    """Tell whether a change is at its gate at a station."""
    change = state.change
    return change is not None and change.step is Step.GATE and change.station == station
