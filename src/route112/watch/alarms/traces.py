"""
Single calls of the last hour, as many as it takes to tell two causes apart.

Counts say how each element fares; whether two of them fail by the same calls, or each by calls of
its own, only calls can say. A call says something of the first site, trunk and answering point
that it came to, and of its trouble only where that was theirs: to the second ones come calls that
are in trouble already, which would make whoever stands in look worse than those who failed. Of
each minute `KEPT_MAX` that met trouble are kept and as many that
did not, drawn evenly by the place that each has among all: whoever calls chooses nothing of that,
and whoever goes through them once more draws the same. Nothing of a caller is in them.
"""

import hashlib
import heapq
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from route112.watch.alarms.ground import Attribute
from route112.watch.series import UNKNOWN, VALUE_CHARS_MAX, Series
from route112.watch.values import SeenCall
from route112.wire.record_calls import PARTIES

MINUTE_US = 60_000_000
KEPT_MINUTES = 61
"""Minutes that are remembered."""
KEPT_MAX = 100
"""Calls of one minute that met trouble, and calls that did not."""
VALUES_MAX = 10_000
"""Values that are written once; calls with others write their own."""
LAG_US = 5_000_000
"""Calls are looked at some seconds after they ended: trouble began so much earlier in them."""
SETTLE_US = 10_000_000
"""Calls that began later than this may not have ended yet."""
BEFORE_MINUTES = 30
"""Minutes before the trouble that say how many calls use to come, and at least that many of them
`BEFORE_MIN`."""
BEFORE_MIN = 5
BAD_USUAL, BAD_RAISED = 0.04, 0.08
"""Shares of calls that meet trouble on an ordinary day, failed tries too, and on no such day."""
DRAW_BYTES = 8
SILENT_SHARE = 0.5
"""Of the calls that were due, what comes at most where calls stopped coming."""
CLUMPED = 2.0
"""Calls come in clumps: what is missing of them counts less."""

PARTY = "party"
"""Among what a call met: who failed it."""
LATER = "later "
"""Before the dimension of what a call met, and says nothing of: it stood in, or did its work."""
WAITED = frozenset({"full", "held"})
"""Causes of tries that nobody made: there was no room, or it was not the time for them."""

Trace = tuple[int, tuple[Attribute, ...]]
"""When a call ended, and all elements that it met."""
Region = int
"""Which calls of an `Index`, one bit each."""


@dataclass(slots=True)
class _Sample:
    """An even sample of some calls of a minute."""

    seen: int = 0
    kept: list[tuple[int, Trace]] = field(default_factory=list)
    """A heap, by the draw of each; the one that goes next is first."""

    def add(self, draw: int, trace: Trace) -> None:
        self.seen += 1
        if len(self.kept) < KEPT_MAX:
            heapq.heappush(self.kept, (draw, trace))
        else:
            heapq.heappushpop(self.kept, (draw, trace))


@dataclass(slots=True)
class _Minute:
    bad: _Sample = field(default_factory=_Sample)
    good: _Sample = field(default_factory=_Sample)


class Traces:
    """Keeps the sample."""

    def __init__(self) -> None:
        self._minutes: dict[int, _Minute] = {}
        self._values: dict[Attribute, Attribute] = {}
        self._count = 0
        """Calls that were taken."""

    def add(self, call: SeenCall, *, number: str, departement: str, is_bad: bool) -> None:
        """Take a call that is over."""
        minute = self._minutes.setdefault(call.ended_us // MINUTE_US, _Minute())
        sample = minute.bad if is_bad else minute.good
        values = tuple(self._list_values(call, number, departement))
        self._count += 1
        sample.add(_draw(self._count), (call.ended_us, values))

    def forget(self, now_us: int) -> None:
        """Drop what is older than an hour."""
        oldest = now_us // MINUTE_US - KEPT_MINUTES + 1
        for minute in [each for each in self._minutes if each < oldest]:
            del self._minutes[minute]
            self._values.clear()

    def index(self, now_us: int) -> "Index":
        """Return what is known now, to be asked about regions."""
        return Index(self._minutes, now_us)

    def _list_values(self, call: SeenCall, number: str, departement: str) -> Iterator[Attribute]:
        told = {
            ("number", number),
            ("operator", call.operator),
            ("technology", call.technology),
            ("departement", departement),
            ("edge", call.edge),
            (PARTY, call.party),
            *_list_first(call),
        }
        met = {
            ("psap", call.psap),
            *(("site", site) for site in (*call.passed, call.site)),
            *(("trunk", each.hop) for each in call.tries),
            *(("psap", each.psap) for each in call.tries),
        }
        for name, value in (*told, *((LATER + name, value) for name, value in met - told)):
            pair = (name, value[:VALUE_CHARS_MAX] or UNKNOWN)
            if len(self._values) < VALUES_MAX:
                pair = self._values.setdefault(pair, pair)
            yield pair


def _draw(number: int) -> int:
    """Return a number that looks like chance, the same one for each place."""
    digest = hashlib.blake2b(number.to_bytes(DRAW_BYTES), digest_size=DRAW_BYTES).digest()
    return int.from_bytes(digest)


def _list_first(call: SeenCall) -> Iterator[Attribute]:
    """Yield what a call came to first, but for what did its work when the call met trouble."""
    tries = [each for each in call.tries if each.cause not in WAITED]
    lost = [each for each in tries if each.outcome == "failed"]
    is_over = call.outcome in ("failed", "unknown")
    site = (*call.passed, call.site)[0]
    psap = call.psap or (tries[0].psap if tries else "")
    is_well = not (is_over or lost or site != call.site)
    if is_well or is_over or site != call.site or any(each.station == site for each in lost):
        yield "site", site
    if is_well or is_over or any(each.psap == psap for each in lost):
        yield "psap", psap
    if tries and (is_well or is_over or tries[0].outcome == "failed"):
        yield "trunk", tries[0].hop


class Index:
    """The sample at one instant. A region is a set of its calls, to be cut by `&` and `~`."""

    def __init__(self, minutes: dict[int, _Minute], now_us: int) -> None:
        self._minutes, self._now_us = minutes, now_us
        calls = [
            (at_us, is_bad, values)
            for minute in minutes.values()
            for is_bad, sample in ((True, minute.bad), (False, minute.good))
            for _, (at_us, values) in sample.kept
        ]
        calls.sort(key=lambda call: call[0])
        self._times = [at_us for at_us, _, _ in calls]
        self._bad = self._make([place for place, call in enumerate(calls) if call[1]])
        self.everything: Region = (1 << len(calls)) - 1
        self._places: dict[Attribute, list[int]] = defaultdict(list)
        for place, (_, _, values) in enumerate(calls):
            for pair in values:
                self._places[pair].append(place)
        self._regions: dict[Attribute, Region] = {}
        self._weights: dict[tuple[int, bool, int | None], float] = {}

    def find(self, series: Series) -> Region:
        """Return the calls of a series."""
        region = self.everything
        for pair in series.pairs:
            region &= self.find_pair(pair)
        return region

    def find_met(self, series: Series) -> Region:
        """Return the calls of a series, with those that say nothing of it."""
        region = self.everything
        for name, value in series.pairs:
            region &= self.find_pair((name, value)) | self.find_pair((LATER + name, value))
        return region

    def find_pair(self, pair: Attribute) -> Region:
        """Return the calls that say something of one element."""
        known = self._regions.get(pair)
        if known is None:
            known = self._regions[pair] = self._make(self._places.get(pair, []))
        return known

    def count_lost(self, region: Region, since_us: int) -> tuple[float, float]:
        """Return how many calls of a region met trouble since then, and how many did not come."""
        bad, good, due = self._count(region, since_us)
        return bad, due - bad - good if bad + good <= SILENT_SHARE * due else 0.0

    def count_parties(self, region: Region, since_us: int) -> dict[str, int]:
        """Return how many calls of a region since then name each party that failed them."""
        late = region & self._since(since_us - LAG_US) & self._bad
        found = {party: (late & self.find_pair((PARTY, party))).bit_count() for party in PARTIES}
        return {party: count for party, count in found.items() if count}

    def weigh(self, region: Region, since_us: int) -> float:
        """
        Return how much likelier a fault of a region makes what its calls met, in nats; 0: none.

        The fault is that as many of them meet trouble, or that as few come, as it was seen.
        """
        bad, good, due = self._count(region, since_us)
        came, weight = bad + good, 0.0
        share = bad / came if came else 0.0
        if share >= BAD_RAISED:
            weight += bad * math.log(share / BAD_USUAL)
            weight += good * math.log((1.0 - share) / (1.0 - BAD_USUAL)) if good else 0.0
        if came <= SILENT_SHARE * due:
            weight += ((came * math.log(came / due) if came else 0.0) + due - came) / CLUMPED
        return weight

    def _count(self, region: Region, since_us: int) -> tuple[float, float, float]:
        """Return how many calls met trouble, how many did not, and how many were due."""
        since_us -= LAG_US
        late = region & self._since(since_us)
        first = since_us // MINUTE_US
        bad = (late & self._bad).bit_count() * self._find_weight(first, bad=True)
        good = (late & ~self._bad).bit_count() * self._find_weight(first, bad=False)
        return bad, good, self._expect(region, since_us)

    def _expect(self, region: Region, since_us: int) -> float:
        """Return how many calls of a region were due since then; 0 where that is not known."""
        last = since_us // MINUTE_US
        first = max(last - BEFORE_MINUTES, min(self._minutes, default=last))
        if last - first < BEFORE_MIN:
            return 0.0
        before = region & self._since(first * MINUTE_US) & ~self._since(last * MINUTE_US)
        weights = [self._find_weight(first, bad=bad, until=last) for bad in (True, False)]
        calls = (before & self._bad).bit_count() * weights[0]
        calls += (before & ~self._bad).bit_count() * weights[1]
        elapsed_us = max(0, self._now_us - SETTLE_US - since_us)
        return calls * elapsed_us / ((last - first) * MINUTE_US)

    def _find_weight(self, first: int, *, bad: bool, until: int | None = None) -> float:
        """Return how many calls one that was kept stands for, from a minute on."""
        key = (first, bad, until)
        if key not in self._weights:
            samples = [
                each.bad if bad else each.good
                for minute, each in self._minutes.items()
                if minute >= first and (until is None or minute < until)
            ]
            kept = sum(len(each.kept) for each in samples)
            self._weights[key] = sum(each.seen for each in samples) / max(1, kept)
        return self._weights[key]

    def _since(self, since_us: int) -> Region:
        return self.everything & ~((1 << bisect_left(self._times, since_us)) - 1)

    def _make(self, places: list[int]) -> Region:
        if not places:
            return 0
        bits = np.zeros(places[-1] + 1, dtype=np.uint8)
        bits[places] = 1
        return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
