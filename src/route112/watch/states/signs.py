"""
What one call says of the elements and services that it met.

A try that was answered or rang says that its hop and its PSAP are there; one that nobody answered
says that they are not, and only where the station that tried heard somebody else about then: else
it is its own way out that is gone, and targets are not to blame. A site that an edge left for the
next is in trouble, whatever it was.

Whoever placed a test call says more than the stations that it went over: whether the edge took it,
whether the site did, and whether audio came back. That, too, counts only where something else of
the same kind went well about then. Which next hop was silent is said by its site alone, so that
nothing counts twice.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from route112.model.states import StateKind, StateSource
from route112.watch.probing.verdict import Failing
from route112.watch.values import WELL, SeenCall, SeenTry

HEARD_US = 10_000_000
"""A station that heard somebody within this time has a way out."""
TESTED_US = 30_000_000
"""A prober, or an edge in test calls, that got through to anybody within this time can do so."""
STATIONS_MAX = 1_024
FULL_CAUSES = ("full", "held")
FULL_CODES = (486, 503, 600)


Thing = tuple[StateKind, str]


class Verdict(enum.Enum):
    """What one sign says of a thing."""

    GOOD = enum.auto()
    SILENT = enum.auto()
    """Asked and asked again, it said nothing."""
    LEFT = enum.auto()
    """Whoever asked it went elsewhere: it was silent, or it refused."""
    FULL = enum.auto()
    """It is there, and takes no call."""
    MUTE = enum.auto()
    """It answers, and nothing is heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing, once seen."""

    kind: StateKind
    id: str
    verdict: Verdict
    source: StateSource
    at_us: int
    """When the call began, or the question was sent: watch time, microseconds since 1970."""
    is_audio: bool = False
    """It says whether audio came back, and nothing else."""
    hops: tuple[str, ...] = ()
    """Of a PSAP that was silent: the next hops by which it was tried."""


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


Judged = list[tuple[SeenTry, Verdict]]


class SignReader:
    """Reads calls; knows which stations have a way out."""

    def __init__(self) -> None:
        self._heard_us: dict[str, int] = {}
        """When the latest call began in which a station heard somebody."""
        self._tested_us: dict[str, int] = {}
        """The same of test calls, by what they show to work."""

    def read_arrival(self, call: SeenCall) -> Iterator[Sign]:
        """Yield what is good already: bad signs wait for the end, when each is known once."""
        yield from (sign for sign in self._read(call) if sign.verdict is Verdict.GOOD)

    def read_end(self, call: SeenCall) -> Iterator[Sign]:
        """Yield all that a call shows; a correction shows nothing new."""
        if call.probe:
            yield from self._read_probe(call)
        elif not call.corrects:
            yield from self._read(call)

    def _read(self, call: SeenCall) -> Iterator[Sign]:
        judged = [
            (each, verdict) for each in call.tries if (verdict := judge_try(each)) is not None
        ]
        for each, verdict in judged:
            if verdict is not Verdict.SILENT:
                _note(self._heard_us, each.station, call.began_us)
        judged = [
            (each, verdict)
            for each, verdict in judged
            if verdict is not Verdict.SILENT or not self._is_deaf(each, call)
        ]
        source = StateSource.TESTS if call.is_test else StateSource.CALLS
        for (kind, name), verdict in (_judge_targets(judged) | _judge_sites(call, judged)).items():
            silent = (each.hop for each, said in judged if said is Verdict.SILENT)
            is_silent_psap = kind is StateKind.SERVICE and verdict is Verdict.SILENT
            yield Sign(
                kind=kind, id=name, verdict=verdict, source=source, at_us=call.began_us,
                hops=tuple(dict.fromkeys(silent)) if is_silent_psap else (),
            )  # fmt: skip

    def _is_deaf(self, each: SeenTry, call: SeenCall) -> bool:
        return _is_past(self._heard_us, each.station, call.began_us, HEARD_US)

    def _read_probe(self, call: SeenCall) -> Iterator[Sign]:
        """Yield what a prober says of an edge, of a site, and of the audio over a next hop."""
        said, at_us, hop = call.probe, call.began_us, call.tries[0].hop

        def show(name: str, verdict: Verdict, *, is_audio: bool = False) -> Sign:
            return Sign(
                kind=StateKind.ELEMENT, id=name, verdict=verdict, source=StateSource.TESTS,
                at_us=at_us, is_audio=is_audio,
            )  # fmt: skip

        if said == Failing.EDGE:
            if not _is_past(self._tested_us, Failing.EDGE, at_us, TESTED_US):
                yield show(call.edge, Verdict.SILENT)
            return
        _note(self._tested_us, Failing.EDGE, at_us)
        yield show(call.edge, Verdict.GOOD)
        if said == Failing.SITE and not _is_past(self._tested_us, call.edge, at_us, TESTED_US):
            yield show(call.site, Verdict.LEFT)
        if said not in (WELL, Failing.AUDIO):
            return  # a site whose way out is cut takes test calls, too
        _note(self._tested_us, call.edge, at_us)
        yield show(call.site, Verdict.GOOD)
        if said == WELL:
            _note(self._tested_us, Failing.AUDIO, at_us)
            yield show(hop, Verdict.GOOD)
            yield show(hop, Verdict.GOOD, is_audio=True)
        elif not _is_past(self._tested_us, Failing.AUDIO, at_us, TESTED_US):
            yield show(hop, Verdict.MUTE, is_audio=True)


def _note(known: dict[str, int], name: str, at_us: int) -> None:
    if name not in known and len(known) >= STATIONS_MAX:
        known.clear()
    known[name] = max(at_us, known.get(name, at_us))


def _is_past(known: dict[str, int], name: str, at_us: int, within_us: int) -> bool:
    """Tell whether something did not work about then, for all that is known."""
    known_us = known.get(name)
    return known_us is None or abs(at_us - known_us) > within_us


def _judge_targets(judged: Judged) -> dict[Thing, Verdict]:
    """Hops and PSAPs; who was good once is not silent."""
    best: dict[Thing, Verdict] = {}
    for each, verdict in judged:
        for thing in ((StateKind.ELEMENT, each.hop), (StateKind.SERVICE, each.psap)):
            if thing[1] and best.get(thing) is not Verdict.GOOD:
                best[thing] = verdict
    return best


def _judge_sites(call: SeenCall, judged: Judged) -> dict[Thing, Verdict]:
    """Sites that reached somebody, and those that the edge left for the next or for itself."""
    found: dict[Thing, Verdict] = {}
    for place, site in enumerate(call.passed):
        if any(each.station == site and verdict is Verdict.GOOD for each, verdict in judged):
            found[StateKind.ELEMENT, site] = Verdict.GOOD
        elif call.is_direct or place < len(call.passed) - 1:
            found[StateKind.ELEMENT, site] = Verdict.LEFT
    return found
