"""
Flood: far more attempts than usual, and of which sort.

Three things are counted apart, since each has another cause and another remedy:

- *many*: callers who call for the first time come at more than five times the usual rate of the
  country, or twelve times that of a departement. New Year's night brings four times as many, a
  storm up to seven for hours; a crash on a motorway brings a hundred times. A mass event;
- *again*: more callers than usual call a second time within ten minutes, whatever their number:
  they are failing, and their attempts hide how few they are; where few failed, that is said;
- *few*: attempts of callers who have called three times already, and of those without a name, at
  the same multiples of what is usual. Denial of service, or one telephone gone mad.

What is usual is what came in the two hours before but the last ten minutes; so nothing has to be
known of other weeks. Calls come in clumps: counts vary three times as much as independent ones
would, so that their evidence counts for a third.

Cost: six sums for each attempt; at a tick only the series that something came to, and of their
sums those that are not zero.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from route112.watch.detectors.attempts import OFTEN, Callers, Sort, Top
from route112.watch.detectors.budget import CALLS_PER_WEEK, find_threshold
from route112.watch.detectors.evidence import Evidence
from route112.watch.detectors.usual import KNOWN_US, Usual
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import UNKNOWN, Series, fix
from route112.watch.values import SeenCall

CUTS = (
    (),
    ("number",),
    ("operator",),
    ("operator", "technology"),
    ("departement",),
    ("number", "departement"),
)
"""Series that are looked at: who is called, from where, through whom."""
LOCAL = "departement"
TESTS_PER_CALL = 3.0 * len(CUTS)
THRESHOLD = find_threshold(CALLS_PER_WEEK * TESTS_PER_CALL)
"""19.3: see `budget`."""
CLUMPED = 3.0
"""How many times more counts vary than those of independent calls."""
WIDE_TIMES, LOCAL_TIMES = 5.0, 12.0
"""So many times the usual rate is no flood yet; twice that is what is looked for."""
LOOKED_FOR = 2.0
WIDE_MIN_PER_S, LOCAL_MIN_PER_S = 0.05, 1.0 / 300.0
"""Usual rates below these are taken as these: a flood needs some calls."""
NAMELESS_MIN_PER_S, LOCAL_NAMELESS_MIN_PER_S = 0.1, 1.0 / 60.0
"""The same of attempts of few callers, or of nobody: one caller in a rage is no flood."""
AGAIN_USUAL, AGAIN_RAISED, AGAIN_MAX = 0.2, 0.4, 0.7
"""Share of second attempts among first and second ones: usual, and looked for."""
AGAIN_CLUMPED = 2.0
"""Callers of one event fail together."""
SERIES_MAX = 20_000
"""Series that are looked at; those met later are not."""
KINDS_MAX = 20_000
"""Kinds of calls whose series are remembered; beyond it they are found anew."""
SHARE_TOLD = 0.3
"""A place or a caller that makes this part of all is told."""
OPEN_MAX_US = 86_400_000_000
"""What lasts for longer is becoming usual."""
FORGET_US = 60_000_000
"""How often what is remembered of callers is cleaned."""

MANY, AGAIN, FEW = "many", "again", "few"
MASS, RETRIES, DENIAL = "mass event", "failed callers try again", "denial of service"
REPEATS = "callers call again"
"""How the evidence of a finding begins."""
RETRIES_PER_CALLER, RETRIES_FAILED = 2.0, 0.5
"""So many attempts of a caller, of which such a part fails, are retries, whatever rose first."""
AGAIN_FAILED = 0.25
"""Where a smaller part fails that is not why many call again: if each who failed called again,
second attempts would be no more than `AGAIN_USUAL` of all."""
_FEW_SORTS = (Sort.OFTEN, Sort.NAMELESS)


@dataclass(slots=True)
class _State:
    """What is known of one series."""

    series: Series
    is_local: bool
    usual: dict[str, Usual] = field(default_factory=lambda: {MANY: Usual(), FEW: Usual()})
    """By first attempts, second ones being their bad part; and by attempts of few."""
    sums: dict[str, Evidence] = field(
        default_factory=lambda: {MANY: Evidence(), AGAIN: Evidence(), FEW: Evidence()}
    )
    came: dict[Sort, int] = field(default_factory=dict)
    """Since the last tick."""
    since: dict[Sort, int] = field(default_factory=dict)
    """Since something is held against the series."""
    over: int = 0
    """Attempts that ended since then."""
    failed: int = 0
    """Of these, with a party that failed them."""
    answered: int = 0
    places: Top = field(default_factory=Top)
    callers: Top = field(default_factory=Top)
    at_us: int = 0
    is_touched: bool = False
    """Something came since the last tick."""
    said: str = ""
    """Sum that the finding is about; empty: there is none."""
    said_us: int = 0


class FloodWatch:
    """
    Far more attempts than usual. A `Detector`.

    Args:
        number_of: short number that was meant, from what was dialled; empty where unknown.
        departement_of: departement of a commune; empty where unknown.
    """

    def __init__(
        self, *, number_of: Callable[[str], str], departement_of: Callable[[str], str]
    ) -> None:
        self._number_of = number_of
        self._departement_of = departement_of
        self._states: dict[Series, _State] = {}
        self._kinds: dict[tuple[str, ...], tuple[_State, ...]] = {}
        self._touched: list[_State] = []
        self._open: dict[Series, _State] = {}
        self._callers = Callers()
        self._begun_us = 0
        self._now_us = 0
        self._forgot_us = 0
        self.unwatched = 0
        """Attempts in series for which there was no room."""

    def add_arrival(self, call: SeenCall) -> None:
        """Count an attempt that has begun."""
        if call.is_test:
            return
        number = self._number_of(call.number)
        sort = self._callers.sort(call.caller, number, now_us=self._now_us or call.began_us)
        for state in self._find_states(call, number):
            state.came[sort] = state.came.get(sort, 0) + 1
            state.places.add(call.commune or UNKNOWN)
            state.callers.add(call.caller)
            if not state.is_touched:
                state.is_touched = True
                self._touched.append(state)

    def add_end(self, call: SeenCall) -> None:
        """Count whether an attempt failed."""
        if call.is_test or call.corrects:
            return
        failed = not call.got_through and bool(call.party)
        for state in self._find_states(call, self._number_of(call.number)):
            state.over += 1
            state.failed += failed
            state.answered += call.got_through

    def tick(self, now_us: int) -> Change:
        """Say what began and what is over."""
        self._begun_us = self._begun_us or now_us
        seconds = max(0.0, (now_us - self._now_us) / 1e6) if self._now_us else 1.0
        self._now_us = max(self._now_us, now_us)
        if self._now_us - self._forgot_us >= FORGET_US:
            self._forgot_us = self._now_us
            self._callers.forget(self._now_us)
        begun, over = [], []
        idle = [each for each in self._open.values() if not each.is_touched]
        for state in (*self._touched, *idle):
            state.is_touched = False
            self._judge(state, seconds)
            open_sums = [name for name, each in state.sums.items() if each.is_open]
            if open_sums and not state.said:
                state.said, state.said_us = open_sums[0], self._now_us
                self._open[state.series] = state
                begun.append(self._tell(state))
            elif state.said and not open_sums:
                state.said = ""
                del self._open[state.series]
                over.append((FindingKind.FLOOD, state.series))
        self._touched.clear()
        begun.sort(key=lambda each: each.series)
        return Change(begun=tuple(begun), over=tuple(sorted(over)))

    def _find_states(self, call: SeenCall, number: str) -> tuple[_State, ...]:
        """Return what is known of the series of such a call; found once for each kind of call."""
        departement = self._departement_of(call.commune)
        kind = number, call.operator, call.technology, departement
        known = self._kinds.get(kind)
        if known is None:
            names = ("number", "operator", "technology", LOCAL)
            known = tuple(self._list_states(dict(zip(names, kind, strict=True))))
            if len(self._kinds) >= KINDS_MAX:
                self._kinds.clear()
            self._kinds[kind] = known
        self.unwatched += len(CUTS) - len(known)
        return known

    def _list_states(self, values: Mapping[str, str]) -> Iterator[_State]:
        for cut in CUTS:
            series = fix(cut, values)
            state = self._states.get(series)
            if state is None:
                if len(self._states) >= SERIES_MAX:
                    continue
                state = _State(series, LOCAL in cut, at_us=self._now_us)
                self._states[series] = state
            yield state

    def _judge(self, state: _State, seconds: float) -> None:
        idle_s = max(0.0, (self._now_us - state.at_us) / 1e6 - seconds)
        state.at_us = self._now_us
        came, state.came = state.came, {}
        first, again = came.get(Sort.FIRST, 0), came.get(Sort.AGAIN, 0)
        few = sum(came.get(each, 0) for each in _FEW_SORTS)
        is_usual = not state.said or self._now_us - state.said_us > OPEN_MAX_US
        counted = {MANY: (first, again), FEW: (few, 0)}
        is_known = self._now_us - self._begun_us >= 2 * KNOWN_US
        for name, (seen, bad) in counted.items():
            if is_known and (seen or state.sums[name].value):
                ceiling = self._find_ceiling(state, name)
                drift = (LOOKED_FOR - 1.0) * ceiling / CLUMPED
                self._add(state, name, -drift * idle_s)
                self._add(state, name, seen * math.log(LOOKED_FOR) / CLUMPED - drift * seconds)
            state.usual[name].add(seen, bad, now_us=self._now_us, is_usual=is_usual)
        if again or state.sums[AGAIN].value:
            low = min(max(AGAIN_USUAL, self._find_again(state)), AGAIN_RAISED)
            high = max(AGAIN_RAISED, min(LOOKED_FOR * low, AGAIN_MAX))
            good = math.log((1.0 - high) / (1.0 - low))
            step = again * math.log(high / low) + first * good
            self._add(state, AGAIN, step / AGAIN_CLUMPED)
        if any(each.value for each in state.sums.values()):
            for sort, count in came.items():
                state.since[sort] = state.since.get(sort, 0) + count
        else:
            state.since.clear()
            state.over = state.failed = state.answered = 0
            state.places.clear()
            state.callers.clear()

    def _add(self, state: _State, name: str, step: float) -> None:
        state.sums[name].add(step, now_us=self._now_us, threshold=THRESHOLD, clear_run=math.inf)

    def _find_ceiling(self, state: _State, name: str) -> float:
        """Return the highest rate that is no flood yet, in a second."""
        rate = state.usual[name].rate_per_s(now_us=self._now_us, begun_us=self._begun_us)
        wide = WIDE_MIN_PER_S if name == MANY else NAMELESS_MIN_PER_S
        local = LOCAL_MIN_PER_S if name == MANY else LOCAL_NAMELESS_MIN_PER_S
        if state.is_local:
            return LOCAL_TIMES * max(rate, local)
        return WIDE_TIMES * max(rate, wide)

    def _find_again(self, state: _State) -> float:
        share = state.usual[MANY].share
        return share / (1.0 + share)

    def _tell(self, state: _State) -> Finding:
        evidence = state.sums[state.said]
        lasted_s = max(1.0, (self._now_us - evidence.since_us) / 1e6)
        since = state.since
        attempts = sum(since.values())
        first, again = since.get(Sort.FIRST, 0), since.get(Sort.AGAIN, 0)
        if state.said == AGAIN:
            low = max(AGAIN_USUAL, self._find_again(state))
            expected, seen = low * (first + again), float(again)
            step = 0.5 * math.log(AGAIN_RAISED / AGAIN_USUAL)
            step += 0.5 * math.log((1.0 - AGAIN_RAISED) / (1.0 - AGAIN_USUAL))
            floor_s = THRESHOLD * AGAIN_CLUMPED / step * lasted_s / max(1, first + again)
        else:
            usual = state.usual[state.said]
            rate = usual.rate_per_s(now_us=self._now_us, begun_us=self._begun_us)
            expected = rate * lasted_s
            seen = float(first if state.said == MANY else sum(since.get(s, 0) for s in _FEW_SORTS))
            # Of twice what is looked for.
            ceiling = self._find_ceiling(state, state.said)
            step = 2.0 * LOOKED_FOR * math.log(LOOKED_FOR) - (LOOKED_FOR - 1.0)
            floor_s = THRESHOLD * CLUMPED / (step * ceiling)
        sort = _tell_sort(state, attempts)
        return Finding(
            kind=FindingKind.FLOOD,
            series=state.series,
            since_us=evidence.since_us,
            at_us=self._now_us,
            expected=expected,
            seen=seen,
            strength=evidence.value,
            floor_s=floor_s,
            party="origin" if sort == DENIAL else "",
            evidence=tuple(_list_evidence(state, sort, attempts, lasted_s)),
        )


def _tell_sort(state: _State, attempts: int) -> str:
    """Say which flood it is."""
    callers = max(1, state.since.get(Sort.FIRST, 0))
    nameless = state.since.get(Sort.NAMELESS, 0)
    failed = state.failed / max(state.over, 1)
    retried = (attempts - nameless) >= RETRIES_PER_CALLER * callers
    top = state.callers.list()
    by_one = bool(top) and top[0][1] >= SHARE_TOLD * attempts
    if state.said == AGAIN:
        return RETRIES if failed >= AGAIN_FAILED else REPEATS
    if failed >= RETRIES_FAILED and retried and not by_one:
        return RETRIES
    return MASS if state.said == MANY else DENIAL


def _list_evidence(state: _State, sort: str, attempts: int, lasted_s: float) -> Iterator[str]:
    since = state.since
    yield f"{sort}: {attempts} attempts in {lasted_s / 60.0:.1f} min"
    first, nameless = since.get(Sort.FIRST, 0), since.get(Sort.NAMELESS, 0)
    yield f"{first} callers known by number, {attempts - nameless} attempts of theirs"
    yield f"{nameless} attempts anonymous or without a SIM"
    if state.over:
        failed, answered = 100.0 * state.failed / state.over, 100.0 * state.answered / state.over
        yield f"{failed:.0f} % of attempts since then failed, {answered:.0f} % answered"
    else:
        yield "none of these attempts is over"
    places = [f"{place} ({count})" for place, count in state.places.list()[:3] if
              count >= SHARE_TOLD * state.places.total]  # fmt: skip
    yield "most from commune " + ", ".join(places) if places else "from many communes"
    often = [count for _, count in state.callers.list() if count > OFTEN]
    if often and sum(often) >= SHARE_TOLD * state.callers.total:
        yield f"{sum(often)} attempts by {len(often)} callers"
