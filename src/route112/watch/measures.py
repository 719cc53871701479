"""
What came since the last look, for each series: calls, places, callers, and callers who failed.

An arrival counts at once, when the attempt is on record; what became of it counts when it is
known. A call counts in all its series. A trunk and an answering point are judged by each *try*,
since a call whose first gateway is dead succeeds by its second, and nobody would see the first. A
target that a station misses twice in one call was missed by the first trunk; the second is judged
by those whom it could have reached.

Series are numbered in the order in which they are met. Their count is bounded: what callers and
operators send can make new names for ever.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from route112.watch.cusum import Floats
from route112.watch.drought import PLACE_US
from route112.watch.recent import RecentBySeries
from route112.watch.series import Series, list_series
from route112.watch.success import CALLER_US
from route112.watch.values import SeenCall, SeenTry
from route112.watch.witnesses import Witnesses

SERIES_MAX = 20_000
"""Series that are counted; those met later are counted in the wider ones only."""
TRY_DIMENSIONS = frozenset({"trunk", "psap"})
"""Dimensions whose series count tries, not calls."""
KINDS_MAX = 50_000
"""Kinds of calls whose series are remembered; beyond it they are found anew."""
NO_CALLER = ("", "anonymous")
"""Callers who cannot be told apart: each attempt is one."""


@dataclass(slots=True)
class Look:
    """One look: a value for each series, in the order of `Measures.series`."""

    attempts: Floats
    places: Floats
    callers: Floats
    failed: Floats
    """Callers among them who did not get through."""
    unseen: Floats | None = None
    """Part of each series that nobody can read of now; None: all is seen."""


@dataclass(slots=True)
class _Counts:
    attempts: dict[int, int] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    callers: dict[int, int] = field(default_factory=dict)
    failed: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where calls of one kind are counted, or tries."""

    indexes: tuple[int, ...]
    uncounted: int
    """Series for which there was no room."""


class Measures:
    """
    Counts calls in their series.

    Args:
        number_of: short number that was meant, from what was dialled; empty where unknown.
        departement_of: departement of a commune; empty where unknown.
    """

    def __init__(
        self, *, number_of: Callable[[str], str], departement_of: Callable[[str], str]
    ) -> None:
        self._number_of = number_of
        self._departement_of = departement_of
        self.series: list[Series] = []
        self._indexes: dict[Series, int] = {}
        self._kinds: dict[tuple[str, ...], _Places] = {}
        self._counts = _Counts()
        self._places = RecentBySeries(PLACE_US)
        self._callers = RecentBySeries(CALLER_US)
        self.witnesses = Witnesses()
        self.uncounted = 0
        """Times that a series was met for which there was no room."""

    def add_arrival(self, call: SeenCall) -> None:
        """Count an attempt that has begun; test calls are counted nowhere."""
        if call.is_test:
            return
        number = self._number_of(call.number)
        indexes = self._find_call(call, number)
        _add(self._counts.attempts, indexes)
        new = self._places.list_new((call.commune, number), indexes, call.began_us)
        _add(self._counts.places, new)
        self.witnesses.add((call.edge, call.site, *call.passed), indexes)

    def add_end(self, call: SeenCall) -> None:
        """Count what became of an attempt; corrections and refused strangers are not counted."""
        if call.is_test or call.corrects or call.party == "origin":
            return
        number = self._number_of(call.number)
        is_failed = not call.got_through and (call.outcome == "unknown" or bool(call.party))
        self._count_caller(self._find_call(call, number), call, number, is_failed=is_failed)
        missed: set[tuple[str, str]] = set()
        for each in call.tries:
            failed = each.outcome == "failed" and each.cause != "full" and bool(each.party)
            failed = failed and each.party not in ("origin", "site")
            whom = each.station, each.psap
            if failed and whom in missed:
                continue  # whom one trunk misses another misses, too: that says nothing of it
            if failed:
                missed.add(whom)
            indexes = self._find_try(each, number)
            self._count_caller(indexes, call, number, is_failed=failed)
            self.witnesses.add((each.station,), indexes)

    def know(self, series: Iterable[Series]) -> None:
        """Number these series, before any is met."""
        for each in series:
            self._find(each)

    def look(self) -> Look:
        """Return what came since the last look, and begin anew."""
        counts, self._counts = self._counts, _Counts()
        return Look(
            attempts=self._spread(counts.attempts),
            places=self._spread(counts.places),
            callers=self._spread(counts.callers),
            failed=self._spread(counts.failed),
            unseen=self.witnesses.list_unseen(len(self.series)),
        )

    def forget(self, now_us: int) -> None:
        """Drop what is remembered and cannot count any more."""
        self._places.forget(now_us)
        self._callers.forget(now_us)

    def _find_call(self, call: SeenCall, number: str) -> tuple[int, ...]:
        """Return the series that count calls of this kind, not tries."""
        departement = self._departement_of(call.commune)
        kind = (
            number, call.operator, call.technology, departement, call.edge, call.site
        )  # fmt: skip
        known = self._kinds.get(kind)
        if known is None:
            whole = list_series(call, number=number, departement=departement)
            known = self._keep(kind, (s for s in whole if TRY_DIMENSIONS.isdisjoint(s.cut)))
        self.uncounted += known.uncounted
        return known.indexes

    def _find_try(self, each: SeenTry, number: str) -> tuple[int, ...]:
        """Return the series that count such a try, of the network and of the answering point."""
        kind = (each.hop, each.station, each.psap, number)
        known = self._kinds.get(kind)
        if known is None:
            pairs = (
                (("trunk", each.hop),),
                (("site", each.station), ("trunk", each.hop)),
                (("psap", each.psap),),
                (("number", number), ("psap", each.psap)),
            )
            known = self._keep(kind, map(Series, pairs))
        self.uncounted += known.uncounted
        return known.indexes

    def _keep(self, kind: tuple[str, ...], series: Iterable[Series]) -> _Places:
        found = [self._find(each) for each in series]
        indexes = tuple(index for index in found if index is not None)
        if len(self._kinds) >= KINDS_MAX:
            self._kinds.clear()
        known = self._kinds[kind] = _Places(indexes, len(found) - len(indexes))
        return known

    def _count_caller(
        self, indexes: tuple[int, ...], call: SeenCall, number: str, *, is_failed: bool
    ) -> None:
        # Whoever fails and then gets through counts in both: he failed, and he was served.
        who = call.call if call.caller in NO_CALLER else call.caller
        new = self._callers.list_new((who, number, is_failed), indexes, call.began_us)
        _add(self._counts.callers, new)
        if is_failed:
            _add(self._counts.failed, new)

    def _find(self, series: Series) -> int | None:
        index = self._indexes.get(series)
        if index is None and len(self.series) < SERIES_MAX:
            index = self._indexes[series] = len(self.series)
            self.series.append(series)
        return index

    def _spread(self, counts: dict[int, int]) -> Floats:
        row = np.zeros(len(self.series))
        for index, count in counts.items():
            row[index] = count
        return row


def _add(counts: dict[int, int], indexes: Iterable[int]) -> None:
    for index in indexes:
        counts[index] = counts.get(index, 0) + 1
