"""
Divergence: sites, and translations of one snapshot, that should say the same and do not.

- *degraded*: decisions of a site go where the plan does not say more often than those of its
  siblings, for the same operators: its Python is down, its snapshot has expired;
- *served*: calls of a site end without an answer more often than those of its siblings to the same
  answering points, whatever the reason;
- *ranked first*: under one generation, for the same number, commune, operator and technology, a
  station names another answering point than most others did. Positions and states make calls of
  one commune differ, at all stations alike; so this, too, is compared with siblings. Edges and
  sites use translations that were written apart from each other: that is how a wrong one shows.

Siblings are compared as in `comparing`.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator

from route112.watch.detectors.budget import CALLS_PER_WEEK, find_threshold
from route112.watch.detectors.comparing import Comparison, Work
from route112.watch.detectors.trials import Pair, Trial
from route112.watch.findings import FindingKind
from route112.watch.values import SeenCall

PLANNED, SERVED, SAME = "goes where the plan says", "is served", "ranks the same first"
TESTS_PER_CALL = 5.0
"""Of a site: degraded and served, for two shares each; of a station: ranked first."""
THRESHOLD = find_threshold(CALLS_PER_WEEK * TESTS_PER_CALL)
"""18.0: see `budget`."""
STATIONS = ("site", "edge")
RAISED = (0.25, 0.9)
WORKS = {
    PLANNED: Work("degraded decisions", usual=0.05, raised=RAISED, accused=STATIONS, party="site"),
    SERVED: Work("calls not answered", usual=0.05, raised=RAISED, accused=STATIONS, party="site"),
    SAME: Work("another target ranked first", usual=0.05, raised=(0.5,), accused=STATIONS),
}
KEYS_MAX = 50_000
"""Keys whose targets are remembered; the one that was not met for longest is forgotten."""
STATIONS_MAX = 32
"""Stations that are remembered for each."""
REMEMBERED_US = 600_000_000
"""How long: hours and orders change what is right."""


class DivergenceWatch(Comparison):
    """
    Stations that do not say what others say. A `Detector`.

    Args:
        number_of: short number that was meant, from what was dialled; empty where unknown.
        threshold: evidence that an alarm takes; another one only to see what it would cost.
    """

    def __init__(self, *, number_of: Callable[[str], str], threshold: float = THRESHOLD) -> None:
        super().__init__(FindingKind.DIVERGENCE, WORKS, threshold=threshold)
        self._number_of = number_of
        self._ranked: OrderedDict[tuple[str, ...], dict[Pair, tuple[str, int]]] = OrderedDict()

    def list_trials(self, call: SeenCall) -> Iterator[Trial]:
        """List what a call says of the station that decided it."""
        if call.is_test or call.corrects or call.outcome == "refused" or not call.generation:
            return
        station = ("site", call.site) if call.site else ("edge", call.edge)
        if not station[1]:
            return
        degraded = bool(call.degraded)
        detail = f"degraded: {call.degraded}" if degraded else ""
        if call.site:
            factors = ("operator", call.operator), station
            yield Trial(PLANNED, factors, degraded, "site" if degraded else "", detail)
            if call.outcome != "cancelled" and call.party != "origin":
                unserved = not call.got_through
                factors = station, ("psap", call.psap)
                yield Trial(SERVED, factors, unserved, call.party if unserved else "")
        if call.psap and not degraded:
            yield from self._compare_first(call, station)

    def _compare_first(self, call: SeenCall, station: Pair) -> Iterator[Trial]:
        number = self._number_of(call.number)
        key = str(call.generation), number, call.commune, call.operator, call.technology
        told = self._ranked.setdefault(key, {})
        self._ranked.move_to_end(key)
        if len(self._ranked) > KEYS_MAX:
            self._ranked.popitem(last=False)
        since_us = self.now_us - REMEMBERED_US
        others = [
            psap for each, (psap, at_us) in told.items() if each != station and at_us >= since_us
        ]
        if station in told or len(told) < STATIONS_MAX:
            told[station] = call.psap, self.now_us
        if not others:
            return
        if call.psap in others:
            yield Trial(SAME, (station,), failed=False)
            return
        most = Counter(others).most_common(1)[0][0]
        detail = f"{number} @{call.commune}: {call.psap}, others {most} [g{call.generation}]"
        yield Trial(SAME, (station,), failed=True, detail=detail)
