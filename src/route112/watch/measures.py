"""
What came since the last look, for each series: calls, places, callers, and callers who failed.

An arrival counts at once, when the attempt is on record; what became of it counts when it is
known. A call counts in all its series. A trunk and an answering point are judged by each *try*,
since a call whose first gateway is dead succeeds by its second, and nobody would see the first.

Series are numbered in the order in which they are met. Their count is bounded: what callers and
operators send can make new names for ever.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from route112.watch.cusum import Floats
from route112.watch.drought import PLACE_US
from route112.watch.recent import Recent
from route112.watch.series import Series, list_series
from route112.watch.success import CALLER_US
from route112.watch.values import SeenCall

SERIES_MAX = 20_000
"""Series that are counted; those met later are counted in the wider ones only."""
TRY_DIMENSIONS = frozenset({"trunk", "psap"})
"""Dimensions whose series count tries, not calls."""
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


@dataclass(slots=True)
class _Counts:
    attempts: dict[int, int] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    callers: dict[int, int] = field(default_factory=dict)
    failed: dict[int, int] = field(default_factory=dict)


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
        self._counts = _Counts()
        self._places = Recent(PLACE_US)
        self._callers = Recent(CALLER_US)
        self.uncounted = 0
        """Times that a series was met for which there was no room."""

    def add_arrival(self, call: SeenCall) -> None:
        """Count an attempt that has begun; test calls are counted nowhere."""
        if call.is_test:
            return
        number = self._number_of(call.number)
        for series in self._list(call, number):
            if TRY_DIMENSIONS.isdisjoint(series.cut) and (index := self._find(series)) is not None:
                _add(self._counts.attempts, index)
                if self._places.is_new((index, call.commune, number), call.began_us):
                    _add(self._counts.places, index)

    def add_end(self, call: SeenCall) -> None:
        """Count what became of an attempt; corrections and refused strangers are not counted."""
        if call.is_test or call.corrects or call.party == "origin":
            return
        number = self._number_of(call.number)
        is_failed = not call.got_through and (call.outcome == "unknown" or bool(call.party))
        for series in self._list(call, number):
            if TRY_DIMENSIONS.isdisjoint(series.cut):
                self._count_caller(series, call, number, is_failed=is_failed)
        for series, failed in self._list_tries(call, number):
            self._count_caller(series, call, number, is_failed=failed)

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
        )

    def forget(self, now_us: int) -> None:
        """Drop what is remembered and cannot count any more."""
        self._places.forget(now_us)
        self._callers.forget(now_us)

    def _list(self, call: SeenCall, number: str) -> Iterator[Series]:
        return list_series(call, number=number, departement=self._departement_of(call.commune))

    def _list_tries(self, call: SeenCall, number: str) -> Iterator[tuple[Series, bool]]:
        """Yield the series of each try, and whether the try failed by the network or the PSAP."""
        for each in call.tries:
            failed = each.outcome == "failed" and each.cause != "full" and bool(each.party)
            failed = failed and each.party not in ("origin", "site")
            yield Series((("trunk", each.hop),)), failed
            yield Series((("site", each.station), ("trunk", each.hop))), failed
            yield Series((("psap", each.psap),)), failed
            yield Series((("number", number), ("psap", each.psap))), failed

    def _count_caller(
        self, series: Series, call: SeenCall, number: str, *, is_failed: bool
    ) -> None:
        index = self._find(series)
        if index is None:
            return
        # Whoever fails and then gets through counts in both: he failed, and he was served.
        who = call.call if call.caller in NO_CALLER else call.caller
        if self._callers.is_new((index, who, number, is_failed), call.began_us):
            _add(self._counts.callers, index)
            if is_failed:
                _add(self._counts.failed, index)

    def _find(self, series: Series) -> int | None:
        index = self._indexes.get(series)
        if index is None:
            if len(self.series) >= SERIES_MAX:
                self.uncounted += 1
                return None
            index = self._indexes[series] = len(self.series)
            self.series.append(series)
        return index

    def _spread(self, counts: dict[int, int]) -> Floats:
        row = np.zeros(len(self.series))
        for index, count in counts.items():
            row[index] = count
        return row


def _add(counts: dict[int, int], index: int) -> None:
    counts[index] = counts.get(index, 0) + 1
