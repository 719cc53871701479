"""
What is shown of calls: how those of the last minutes fared, in the series that people ask for.

These are figures for people and for other programs that draw them. Nothing is judged by them.
Series are few and their names bounded: a number that no short number looks like is `other`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from route112.watch.callbacks import is_anonymous
from route112.watch.series import OTHER, UNKNOWN, VALUE_CHARS_MAX, Series
from route112.watch.values import SeenCall, SeenTry

CUTS: tuple[tuple[str, ...], ...] = (
    (),
    ("number",),
    ("operator", "technology"),
    ("edge",),
    ("site",),
    ("number", "operator", "technology"),
    ("edge", "site"),
)
"""Dimensions of the series of calls that are shown."""
TRY_CUTS: tuple[tuple[str, ...], ...] = (("trunk",), ("psap",), ("site", "trunk"))
"""The same of tries."""
SERIES_MAX = 2_000
"""Series that are shown; calls of those met later are in the wider ones."""
MINUTE_US = 60_000_000
MINUTES = 5
"""Of the figures that are of late."""
NUMBER_DIGITS_MAX = 6
_CALL_DIMENSIONS = ("number", "operator", "technology", "edge", "site")


@dataclass(slots=True)
class Tally:
    """Attempts, or tries where the series is of a trunk or an answering point."""

    attempts: int = 0
    ended: int = 0
    answered: int = 0
    anonymous: int = 0
    """Attempts without a number: their callers cannot be told apart."""
    callers: int = 0
    failed: int = 0
    """Callers among them who did not get through."""
    rang: int = 0
    ring_ms: int = 0
    """Sum over those that rang."""
    answer_ms: int = 0
    """Sum over those that were answered."""
    parties: dict[str, int] = field(default_factory=dict)
    """Failed attempts by who failed."""

    def add(self, other: "Tally") -> None:
        """Add what another one has counted."""
        for name in ("attempts", "ended", "answered", "anonymous", "callers", "failed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.rang += other.rang
        self.ring_ms += other.ring_ms
        self.answer_ms += other.answer_ms
        for party, count in other.parties.items():
            self.parties[party] = self.parties.get(party, 0) + count


@dataclass(slots=True)
class Line:
    """One series on the board."""

    series: Series
    total: Tally = field(default_factory=Tally)
    """Since watch knows it, but for the minutes in `late`."""
    late: deque[tuple[int, Tally]] = field(default_factory=deque)
    """The last minutes in which something came."""

    def at(self, minute: int) -> Tally:
        """Return the tally of a minute; what comes late counts in the newest one."""
        if not self.late or self.late[-1][0] < minute:
            self.late.append((minute, Tally()))
            while self.late[0][0] <= minute - MINUTES:
                self.total.add(self.late.popleft()[1])
        return self.late[-1][1]

    def sum_late(self, minute: int) -> Tally:
        """Return what came in the last `MINUTES`."""
        tally = Tally()
        for of, each in self.late:
            if of > minute - MINUTES:
                tally.add(each)
        return tally

    def sum_all(self) -> Tally:
        """Return all that came."""
        tally = Tally()
        tally.add(self.total)
        for _, each in self.late:
            tally.add(each)
        return tally


class Board:
    """Counts what is shown."""

    def __init__(self, *, number_of: Callable[[str], str]) -> None:
        self._number_of = number_of
        self._lines: dict[Series, Line] = {}
        self._found: dict[tuple[str, ...], tuple[Line, ...]] = {}
        self._minute = 0
        self.tests = Tally()
        """Test calls: they are counted nowhere else."""
        self.uncounted = 0
        """Times that a series was met for which there was no room."""

    def tell_time(self, now_us: int) -> None:
        """Say which minute it is."""
        self._minute = max(self._minute, now_us // MINUTE_US)

    @property
    def minute(self) -> int:
        """The minute that it is, since 1970."""
        return self._minute

    def add_arrival(self, call: SeenCall) -> None:
        """Count an attempt that has begun."""
        if not self._minute:
            self.tell_time(call.began_us)
        if call.is_test:
            self.tests.attempts += 1
            return
        unnamed = is_anonymous(call.caller)
        for line in self._find_call(call):
            tally = line.at(self._minute)
            tally.attempts += 1
            tally.anonymous += unnamed

    def add_end(self, call: SeenCall) -> None:
        """Count what became of an attempt."""
        if call.is_test:
            self.tests.ended += 1
            self.tests.answered += call.got_through
            return
        if call.corrects:
            return
        for line in self._find_call(call):
            _count(line.at(self._minute), call)
        for each in call.tries:
            for line in self._find_try(each):
                tally = line.at(self._minute)
                tally.attempts += 1
                tally.ended += 1
                tally.answered += each.outcome == "answered"
                if each.party:
                    tally.parties[each.party] = tally.parties.get(each.party, 0) + 1

    def add_callers(self, series: Series, callers: int, failed: int) -> None:
        """Count callers who are new in a series, and those of them who failed."""
        line = self._lines.get(series)
        if line is not None:
            tally = line.at(self._minute)
            tally.callers += callers
            tally.failed += failed

    def list_lines(self) -> Iterator[Line]:
        """Yield all series, in the order in which they were met."""
        yield from self._lines.values()

    def _find_call(self, call: SeenCall) -> tuple[Line, ...]:
        values = (
            self._number_of(call.number),
            call.operator,
            call.technology,
            call.edge,
            call.site,
        )
        return self._find(CUTS, dict(zip(_CALL_DIMENSIONS, values, strict=True)))

    def _find_try(self, each: SeenTry) -> tuple[Line, ...]:
        return self._find(TRY_CUTS, {"site": each.station, "trunk": each.hop, "psap": each.psap})

    def _find(self, cuts: tuple[tuple[str, ...], ...], values: dict[str, str]) -> tuple[Line, ...]:
        key = (*values, *values.values())
        known = self._found.get(key)
        if known is None:
            if not is_short_number(values.get("number", "")):
                values["number"] = OTHER
            named = {name: value[:VALUE_CHARS_MAX] or UNKNOWN for name, value in values.items()}
            series = [Series(tuple((name, named[name]) for name in cut)) for cut in cuts]
            known = tuple(line for each in series if (line := self._make(each)) is not None)
            self.uncounted += len(series) - len(known)
            if len(self._found) < SERIES_MAX * len(CUTS):
                self._found[key] = known
        return known

    def _make(self, series: Series) -> Line | None:
        if series not in self._lines:
            if len(self._lines) >= SERIES_MAX:
                return None
            self._lines[series] = Line(series)
        return self._lines[series]


def is_short_number(number: str) -> bool:
    """Tell whether this may be a short number: nothing that names a person is shown."""
    return number.isascii() and number.isdecimal() and len(number) <= NUMBER_DIGITS_MAX


def _count(tally: Tally, call: SeenCall) -> None:
    tally.ended += 1
    if call.ring_ms is not None:
        tally.rang += 1
        tally.ring_ms += call.ring_ms
    if call.got_through:
        tally.answered += 1
        tally.answer_ms += call.answer_ms or 0
    elif call.party:
        tally.parties[call.party] = tally.parties.get(call.party, 0) + 1
