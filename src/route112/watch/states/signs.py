"""
What one call says of the elements and services that it met.

A try that was answered or rang says that its hop and its PSAP are there; one that nobody answered
says that they are not, and only where the station that tried heard somebody else about then: else
it is its own way out that is gone, and targets are not to blame. A site that an edge left for the
next is in trouble, whatever it was.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from route112.model.states import StateKind, StateSource
from route112.watch.values import SeenCall, SeenTry

HEARD_US = 10_000_000
"""A station that heard somebody within this time has a way out."""
STATIONS_MAX = 1_024
FULL_CAUSES = ("full", "held")
FULL_CODES = (486, 503, 600)


class Verdict(enum.Enum):
    """What one sign says of a thing."""

    GOOD = enum.auto()
    SILENT = enum.auto()
    """Asked and asked again, it said nothing."""
    LEFT = enum.auto()
    """Whoever asked it went elsewhere: it was silent, or it refused."""
    FULL = enum.auto()
    """It is there, and takes no call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing, once seen."""

    kind: StateKind
    id: str
    verdict: Verdict
    source: StateSource
    at_us: int
    """When the call began, or the question was sent: watch time, microseconds since 1970."""


def judge_try(each: SeenTry) -> Verdict | None:
    """Say what one try shows; None: nothing."""
    if each.outcome in ("answered", "rang"):
        return Verdict.GOOD
    if each.outcome != "failed":
        return None
    if each.cause in FULL_CAUSES or each.code in FULL_CODES:
        return Verdict.FULL
    if each.cause in ("timeout", "transport"):
        return Verdict.GOOD if each.party == "psap" else Verdict.SILENT  # it rang, nobody came
    return None


class SignReader:
    """Reads calls; knows which stations have a way out."""

    def __init__(self) -> None:
        self._heard_us: dict[str, int] = {}
        """When the latest call began in which a station heard somebody."""

    def read_arrival(self, call: SeenCall) -> Iterator[Sign]:
        """Yield what is good already: bad signs wait for the end, when each is known once."""
        yield from (sign for sign in self._read(call) if sign.verdict is Verdict.GOOD)

    def read_end(self, call: SeenCall) -> Iterator[Sign]:
        """Yield all that a call shows; a correction, and a prober's own word, show nothing new."""
        if not call.corrects and not call.probe:
            yield from self._read(call)

    def _read(self, call: SeenCall) -> Iterator[Sign]:
        judged = [(each, judge_try(each)) for each in call.tries]
        for each, verdict in judged:
            if verdict in (Verdict.GOOD, Verdict.FULL):
                self._hear(each.station, call.began_us)
        source = StateSource.TESTS if call.is_test else StateSource.CALLS
        best: dict[tuple[StateKind, str], Verdict] = {}
        for each, verdict in judged:
            if verdict is None or (verdict is Verdict.SILENT and self._is_deaf(each, call)):
                continue
            for thing in ((StateKind.ELEMENT, each.hop), (StateKind.SERVICE, each.psap)):
                if best.get(thing) is not Verdict.GOOD:
                    best[thing] = verdict
        for site, verdict in _judge_sites(call, judged):
            best[StateKind.ELEMENT, site] = verdict
        for (kind, name), verdict in best.items():
            if name:
                yield Sign(kind=kind, id=name, verdict=verdict, source=source, at_us=call.began_us)

    def _is_deaf(self, each: SeenTry, call: SeenCall) -> bool:
        heard_us = self._heard_us.get(each.station)
        return heard_us is None or abs(call.began_us - heard_us) > HEARD_US

    def _hear(self, station: str, at_us: int) -> None:
        if station not in self._heard_us and len(self._heard_us) >= STATIONS_MAX:
            self._heard_us.clear()
        self._heard_us[station] = max(at_us, self._heard_us.get(station, at_us))


def _judge_sites(
    call: SeenCall, judged: list[tuple[SeenTry, Verdict | None]]
) -> Iterator[tuple[str, Verdict]]:
    """Sites that reached somebody, and those that the edge left for the next or for itself."""
    for place, site in enumerate(call.passed):
        if any(each.station == site and verdict is Verdict.GOOD for each, verdict in judged):
            yield site, Verdict.GOOD
        elif call.is_direct or place < len(call.passed) - 1:
            yield site, Verdict.LEFT
