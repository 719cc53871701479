"""
Stale: what has to be renewed and was not.

- *records*: an edge passed calls to a site, callers were answered, and the site's own records say
  nothing of them: they do not arrive, and everything that is known of this site is old. Compared
  with other sites, as in `comparing`;
- *generation*: a station decides by an older snapshot than most others, for a quarter of an hour.
  A change goes to one site first and may stay there alone; that is no fault of the others;
- *dates*: what ends soon, or has ended: the validity of a snapshot, an order, a certificate, a
  key. The dates are given, and so is what stations refuse for ever: another content under a
  generation that they have;
- *deviations*: what is otherwise than it should be as long as it is given: a clock, a contact that
  nobody has confirmed.

All but the first are no tests but facts; they cannot be false by chance.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from route112.watch.detectors.budget import CALLS_PER_WEEK, find_threshold
from route112.watch.detectors.comparing import Comparison, Work
from route112.watch.detectors.trials import Pair, Trial
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series
from route112.watch.values import SeenCall

ARRIVE = "records arrive"
THRESHOLD = find_threshold(CALLS_PER_WEEK)
"""16.4: see `budget`; a call is one test."""
WORKS = {ARRIVE: Work("no record of calls that it served", usual=0.02, raised=(0.9,))}
BEHIND_US = 900_000_000
"""How long a station may decide by an older snapshot than most."""
ACTIVE_US = 3_600_000_000
"""A station that decided nothing for so long is not compared."""
STATIONS_MAX = 1_000
"""Stations whose generation is known; those met later are not compared."""
LOOK_US = 5_000_000
"""How often generations and dates are looked at."""
CERTAIN = 30.0
"""Strength of what is a fact: above all thresholds of tests."""
_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Something that ends."""

    what: str
    """In words, with what names it."""
    series: Series
    """What it concerns."""
    expires_us: int
    """First instant at which it no longer holds, microseconds since 1970."""
    warn_us: int
    """How long before that somebody has to know."""
    is_meant: bool = False
    """It was made to end: nobody is told any more once it has."""
    said: str = ""
    """What is wrong since it ended, in words; empty: that it ended."""
    party: str = ""
    """Whose calls fail once it has ended; empty: none do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Something that is not as it should be, as long as it is told."""

    name: str
    """What it is known by while its figures change."""
    said: str
    """In words, with its figures."""
    series: Series
    """What it concerns."""
    expected: float = 0.0
    seen: float = 0.0
    party: str = ""
    """As of a finding."""


Lapse = Expiry | Deviation
"""What has to be renewed, or mended."""


def list_nothing() -> tuple[Lapse, ...]:
    """Return no dates: none are known."""
    return ()


class ShippingWatch(Comparison):
    """Sites whose records do not arrive. A `Detector`."""

    def __init__(self) -> None:
        super().__init__(FindingKind.STALE, WORKS, threshold=THRESHOLD)

    def list_trials(self, call: SeenCall) -> Iterator[Trial]:
        """Say whether a site that a call was passed to wrote anything about it."""
        is_silent = call.is_test or call.corrects or call.is_direct
        if is_silent or not call.passed or not call.got_through:
            return
        site = call.passed[-1]
        missing = not call.psap and all(each.station != site for each in call.tries)
        yield Trial(ARRIVE, (("site", site),), missing, "site" if missing else "")


@dataclass(slots=True)
class _Station:
    generation: int
    began_us: int
    """Of the call that told it."""
    seen_us: int
    behind_us: int | None = None
    """Since when most others have a newer one; None: they have not."""


@dataclass(frozen=True, slots=True)
class _Fact:
    name: str
    """The same as long as people need not hear of it again."""
    since_us: int
    expected: float
    seen: float
    evidence: str
    party: str = ""


class StaleWatch:
    """
    Old generations, dates that come near, and deviations. A `Detector`.

    What is said of a series is over for a second where more, or less, is wrong with it by now: so
    a contact that lapses beside another one is said.

    Args:
        list_expiries: dates and deviations as they are known now; asked at each look.
    """

    def __init__(self, *, list_expiries: Callable[[], Iterable[Lapse]] = list_nothing) -> None:
        self._list_expiries = list_expiries
        self._stations: dict[Pair, _Station] = {}
        self._said: dict[Series, frozenset[str]] = {}
        self._since_us: dict[tuple[Series, str], int] = {}
        """Of deviations: when they were met first."""
        self._now_us = 0
        self._looked_us = 0

    def add_arrival(self, call: SeenCall) -> None:
        """Nothing: what decided it is told at its end."""

    def add_end(self, call: SeenCall) -> None:
        """Remember by which generation a station decides; test calls say so, too."""
        station = ("site", call.site) if call.site else ("edge", call.edge)
        if not call.generation or not station[1] or call.corrects:
            return
        known = self._stations.get(station)
        if known is None:
            if len(self._stations) < STATIONS_MAX:
                self._stations[station] = _Station(call.generation, call.began_us, self._now_us)
        elif call.began_us >= known.began_us:
            known.generation, known.began_us = call.generation, call.began_us
            known.seen_us = self._now_us

    def tick(self, now_us: int) -> Change:
        """Say what is old, and what is not any more."""
        self._now_us = max(self._now_us, now_us)
        if self._now_us - self._looked_us < LOOK_US:
            return Change()
        self._looked_us = self._now_us
        facts: dict[Series, list[_Fact]] = {}
        for series, fact in (*self._list_behind(), *self._list_lapses()):
            facts.setdefault(series, []).append(fact)
        names = {
            series: frozenset(fact.name for fact in listed) for series, listed in facts.items()
        }
        over = sorted(series for series, said in self._said.items() if said != names.get(series))
        begun = [series for series in facts if series not in self._said]
        if any(series in facts for series in over):
            self._looked_us = 0
        self._said = {series: names[series] for series in facts if series not in over}
        return Change(
            begun=tuple(self._tell(each, facts[each]) for each in begun),
            over=tuple((FindingKind.STALE, each) for each in over),
        )

    def _list_behind(self) -> Iterator[tuple[Series, _Fact]]:
        active = {
            name: each
            for name, each in self._stations.items()
            if self._now_us - each.seen_us <= ACTIVE_US
        }
        generations = [each.generation for each in active.values()]
        for name, each in active.items():
            newer = sum(generation > each.generation for generation in generations)
            if 2 * newer <= len(generations) - 1:
                each.behind_us = None
                continue
            if each.behind_us is None:
                each.behind_us = self._now_us
            if self._now_us - each.behind_us >= BEHIND_US:
                newest = max(generations)
                said = f"decides by generation {each.generation}, most others by up to {newest}"
                figures = float(newest), float(each.generation)
                yield (
                    Series((name,)),
                    _Fact("generation", each.behind_us, *figures, said, name[0]),
                )

    def _list_lapses(self) -> Iterator[tuple[Series, _Fact]]:
        known, self._since_us = self._since_us, {}
        for each in self._list_expiries():
            if isinstance(each, Expiry):
                if fact := self._judge_date(each):
                    yield each.series, fact
                continue
            key = each.series, each.name
            since_us = self._since_us[key] = known.get(key, self._now_us)
            figures = each.expected, each.seen
            yield each.series, _Fact(each.name, since_us, *figures, each.said, each.party)

    def _judge_date(self, each: Expiry) -> _Fact | None:
        begins_us = each.expires_us - each.warn_us
        has_ended = self._now_us >= each.expires_us
        if self._now_us < begins_us or (has_ended and each.is_meant):
            return None
        left_s = (each.expires_us - self._now_us) / _US
        name = f"{each.what} ended" if has_ended else f"{each.what} ends"
        days = abs(left_s) / 86_400.0
        said = f"{name} {days:.1f} days ago" if has_ended else f"{name} in {days:.1f} days"
        party = each.party if has_ended else ""
        return _Fact(name, begins_us, each.warn_us / _US, left_s, each.said or said, party)

    def _tell(self, series: Series, facts: list[_Fact]) -> Finding:
        first = min(facts, key=lambda each: each.since_us)
        return Finding(
            kind=FindingKind.STALE,
            series=series,
            since_us=first.since_us,
            at_us=self._now_us,
            expected=first.expected,
            seen=first.seen,
            strength=CERTAIN,
            floor_s=(BEHIND_US if first.name == "generation" else LOOK_US) / _US,
            party=next((each.party for each in facts if each.party), ""),
            evidence=tuple(each.evidence for each in facts),
        )
