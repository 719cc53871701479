"""
Divergence: sites, and translations of one snapshot, that should say the same and do not.

- *degraded*: decisions of a site go where the plan does not say more often than those of its
  siblings, for the same operators: its Python is down, its snapshot has expired. One that goes by
  an answering point that is measured as down, or paused, counts only where that one answers
  others (`states.standing`);
- *served*: calls of a site end without an answer more often than those of its siblings to the same
  answering points, whatever the reason. Who has most calls of answering points that answer nobody
  is not told for these;
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
from route112.watch.detectors.suspects import ALONE_SHARE, WORKED_MIN, WORKED_SHARE, Suspect
from route112.watch.detectors.trials import Factors, Pair, Trial
from route112.watch.findings import FindingKind
from route112.watch.states.standing import Standing
from route112.watch.values import SeenCall

PLANNED, SERVED, SAME = "goes where the plan says", "is served", "ranks the same first"
TESTS_PER_CALL = 5.0
"""Of a site: degraded and served, for two shares each; of a station: ranked first."""
THRESHOLD = find_threshold(CALLS_PER_WEEK * TESTS_PER_CALL)
"""18.0: see `budget`."""
STATIONS = ("site", "edge")
TRUNK_ABSENCE = "trunk-down"
ABSENCES = frozenset({"psap-down", "psap-paused", TRUNK_ABSENCE})
"""Reasons of a degraded decision that are somebody else's than the site's."""
RAISED = (0.25, 0.9)
WORKS = {
    PLANNED: Work("degraded decisions", usual=0.05, raised=RAISED, accused=STATIONS, party="site"),
    SERVED: Work("calls not answered", usual=0.05, raised=RAISED, accused=STATIONS, party="site"),
    SAME: Work("another target ranked first", usual=0.05, raised=(0.5,), accused=STATIONS),
}
MOVED_TOLD_MAX = 3
"""Answering points that are named whom a decision put last."""
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
        self._standing = Standing()

    def list_trials(self, call: SeenCall) -> Iterator[Trial]:
        """List what a call says of the station that decided it."""
        if call.is_test or call.corrects or call.outcome == "refused" or not call.generation:
            return
        station = ("site", call.site) if call.site else ("edge", call.edge)
        if not station[1]:
            return
        number = self._number_of(call.number)
        self._standing.note(call, number, station)
        if call.site:
            yield from self._compare_planned(call, number)
            if call.outcome != "cancelled" and call.party != "origin":
                unserved = not call.got_through
                factors = station, ("psap", call.psap)
                yield Trial(SERVED, factors, unserved, call.party if unserved else "")
        if call.psap and not call.degraded:
            yield from self._compare_first(call, number, station)

    def is_excused(self, work: str, factors: Factors, suspect: Suspect) -> bool:
        """Tell whether those whom a station does not serve call PSAPs that answer nobody."""
        if work != SERVED:
            return False
        away = sum(
            trials
            for psap, trials in suspect.list_missed("psap")
            if not self._standing.is_contradicted((psap[1], ""), factors[0])
        )
        good = suspect.trials - suspect.failed
        works = good >= WORKED_MIN and good >= WORKED_SHARE * (suspect.trials - away)
        return away >= ALONE_SHARE * suspect.failed and works

    def _compare_planned(self, call: SeenCall, number: str) -> Iterator[Trial]:
        station, degraded = ("site", call.site), bool(call.degraded)
        if degraded and self._is_elsewhere(call, number, station):
            return
        whom = f" of {', '.join(call.moved[:MOVED_TOLD_MAX])}" if call.moved else ""
        detail = f"degraded: {call.degraded}{whom}" if degraded else ""
        factors = ("operator", call.operator), station
        yield Trial(PLANNED, factors, degraded, "site" if degraded else "", detail)

    def _is_elsewhere(self, call: SeenCall, number: str, station: Pair) -> bool:
        """Tell whether what is wrong with a decision is whom it was for, as far as others know."""
        reasons = set(call.degraded.split("+"))
        keys = [(name, number) for name in call.moved]
        if not keys or not reasons <= ABSENCES:
            return False
        if any(self._standing.is_contradicted(key, station) for key in keys):
            return False
        # Whom a trunk leads to is not known: others have to say the same of it.
        known = reasons <= ABSENCES - {TRUNK_ABSENCE}
        return known or all(self._standing.is_shared(key, station) for key in keys)

    def _compare_first(self, call: SeenCall, number: str, station: Pair) -> Iterator[Trial]:
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
