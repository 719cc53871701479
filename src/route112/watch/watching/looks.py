"""One look after another: who is given which calls, at which second, and what is open since."""

import heapq
from collections.abc import Callable, Iterable, Sequence

from route112.watch.findings import Change, Detector, Finding, FindingKind
from route112.watch.measures import Measures
from route112.watch.rates import RateWatch
from route112.watch.series import Series
from route112.watch.values import SeenCall
from route112.watch.watching.board import Board

LOOK_US = 1_000_000
"""Watch time between two looks."""
BEHIND_US = 120 * LOOK_US
"""Who is further behind than this looks once in `COARSE_US` until that is caught up."""
COARSE_US = 30 * LOOK_US
HELD_OVER_US = 3_600 * LOOK_US
"""A finding of code that ran before is over when nothing has said it again for so long."""
LATE_US = 30 * LOOK_US
"""What is so much older than the last look, and came late, does not count as of now."""
PACE = 2
"""So many seconds of what a station wrote, and could not be read in time, count in one second: it
came evenly, as far as anybody knows, and read all at once it would be taken for a flood."""
LATE_CALLS_MAX = 100_000
"""Attempts that wait for that at once; beyond them those of whoever has most do not wait."""
FORGET_LOOKS = 60
"""Looks between two times that what cannot count any more is dropped."""

Key = tuple[FindingKind, Series]
"""What a finding is known by while it is open."""


class RateDetector:
    """Rates of all series: `Measures` counts, `RateWatch` judges, `Board` shows."""

    def __init__(
        self,
        *,
        hour_of: Callable[[int], int],
        number_of: Callable[[str], str],
        departement_of: Callable[[str], str],
        ahead_of: Callable[[str, int], int] | None = None,
        usual_week: Sequence[float] = (),
    ) -> None:
        self.measures = Measures(number_of=number_of, departement_of=departement_of)
        self.rates = RateWatch(hour_of=hour_of, ahead_of=ahead_of, usual_week=usual_week)
        self.board = Board(number_of=number_of)
        self._last_us: int | None = None
        self._looks = 0

    def add_arrival(self, call: SeenCall) -> None:
        """Count an attempt that has begun."""
        self.measures.add_arrival(call)
        self.board.add_arrival(call)

    def add_end(self, call: SeenCall) -> None:
        """Count what became of an attempt."""
        self.measures.add_end(call)
        self.board.add_end(call)

    def tick(self, now_us: int) -> Change:
        """Judge what came since the last time."""
        since_us = now_us - LOOK_US if self._last_us is None else self._last_us
        self._last_us = now_us
        self._looks += 1
        if self._looks % FORGET_LOOKS == 0:
            self.measures.forget(now_us)
        look = self.measures.look()
        self.board.tell_time(now_us)
        for index in map(int, look.callers.nonzero()[0]):
            count, failed = int(look.callers[index]), int(look.failed[index])
            self.board.add_callers(self.measures.series[index], count, failed)
        seconds = (now_us - since_us) / 1e6
        return self.rates.look(look, self.measures.series, now_us=now_us, seconds=seconds)


class Watching:
    """
    All detectors, fed in the order of time.

    Args:
        detectors: besides that of rates; each is asked at every look, also where nothing came.
        held_over: findings that are open, of whoever looked before and whose sums are not known.
    """

    def __init__(
        self,
        rates: RateDetector,
        detectors: Sequence[Detector] = (),
        *,
        held_over: Sequence[Finding] = (),
    ) -> None:
        self.rates = rates
        self._detectors: tuple[Detector, ...] = (rates, *detectors)
        self._due: list[tuple[int, int, bool, SeenCall]] = []
        self._late: dict[str, list[tuple[int, int, bool, SeenCall]]] = {}
        """Attempts that were read when their second had been looked at, by who told of them: by
        one clock, whether it is right or wrong."""
        self._reached_us: dict[str, int] = {}
        """By the same, up to when those of them have been looked at."""
        self._number = 0
        self._looked_us: int | None = None
        self._first_us = 0
        """What is from before that was never looked at, and comes in one piece."""
        self._held: dict[Key, set[int]] = {}
        self._open: dict[Key, Finding] = {(each.kind, each.series): each for each in held_over}
        self._held_over_until_us: int | None = None

    def add_arrival(self, call: SeenCall, at_us: int) -> None:
        """
        Take an attempt that has begun, to be looked at from `at_us` on.

        One whose records came late, and whose time is over, is shown and counts in no rate: what
        was away for minutes would seem to come all at once.
        """
        if self._is_late(call, at_us):
            self.rates.board.add_arrival(call)
        else:
            self._add(call, at_us, is_end=False)

    def add_end(self, call: SeenCall, at_us: int) -> None:
        """
        Take what became of an attempt, to be looked at from `at_us` on.

        One that came late is shown and no more, as its arrival was.
        """
        if self._is_late(call, at_us):
            self.rates.board.add_end(call)
        else:
            self._add(call, at_us, is_end=True)

    def _is_late(self, call: SeenCall, at_us: int) -> bool:
        """Tell whether it was read when the time that it belongs to was over."""
        is_over = self._looked_us is not None and at_us < self._looked_us - LATE_US
        return call.came_late and is_over

    def tick(self, now_us: int, *, blind: Iterable[str] = ()) -> Change:
        """
        Look at each whole second up to `now_us`; return what changed.

        Time that goes back is waited for. A finding that began and was over meanwhile is in both.

        Args:
            blind: stations whose records cannot be read.
        """
        self.rates.measures.witnesses.note_blind(blind)
        until_us = now_us - now_us % LOOK_US
        if self._looked_us is None:
            self._looked_us = self._first_us = until_us - LOOK_US
            self._held_over_until_us = self._looked_us + HELD_OVER_US
        begun: list[Finding] = []
        over: list[Key] = []
        while self._looked_us < until_us:
            behind_us = until_us - self._looked_us
            step_us = COARSE_US if behind_us > BEHIND_US else LOOK_US
            self._looked_us += step_us - self._looked_us % step_us
            self._feed(self._looked_us, step_us)
            for place, detector in enumerate(self._detectors):
                self._note(place, detector.tick(self._looked_us), begun, over)
            self._let_go(over)
        return Change(begun=tuple(begun), over=tuple(over))

    @property
    def detectors(self) -> tuple[Detector, ...]:
        """All that are asked, that of rates first."""
        return self._detectors

    @property
    def looked_us(self) -> int | None:
        """The last second that was looked at; None: none was."""
        return self._looked_us

    @property
    def open(self) -> tuple[Finding, ...]:
        """Findings that have begun and are not over, in the order in which they began."""
        return tuple(self._open.values())

    def _add(self, call: SeenCall, at_us: int, *, is_end: bool) -> None:
        self._number += 1
        heapq.heappush(self._due, (at_us, self._number, is_end, call))

    def _let_go(self, over: list[Key]) -> None:
        """End what was open before and nobody has said again."""
        until_us, looked_us = self._held_over_until_us, self._looked_us
        if until_us is None or looked_us is None or looked_us < until_us:
            return
        self._held_over_until_us = None
        for key in [key for key in self._open if key not in self._held]:
            del self._open[key]
            over.append(key)

    def _feed(self, until_us: int, step_us: int) -> None:
        """Give what is due, and of what is late as much as may count in one step."""
        while self._due and self._due[0][0] <= until_us:
            due = heapq.heappop(self._due)
            at_us, _, is_end, call = due
            if not is_end and self._first_us < at_us <= until_us - step_us:
                heapq.heappush(self._late.setdefault(call.edge or call.site, []), due)
            else:
                self._give(call, is_end=is_end)
        for of, late in sorted(self._late.items(), key=lambda each: each[1][0][0]):
            # Who stood still together is read on together, or the first ones of all come at once.
            before = (us for us in self._reached_us.values() if us <= late[0][0])
            self._reached_us.setdefault(of, max(before, default=late[0][0]))
        for of in list(self._late):
            at_us = self._late[of][0][0]
            # Nobody waits for longer than they are late, so one of long ago keeps none waiting.
            since_us = max(self._reached_us[of], at_us - PACE * (until_us - at_us))
            self._reached_us[of] = since_us + PACE * step_us
            while of in self._late and self._late[of][0][0] < self._reached_us[of]:
                self._give_late(of)
        for _ in range(sum(map(len, self._late.values())) - LATE_CALLS_MAX):
            self._give_late(max(self._late, key=lambda of: len(self._late[of])))

    def _give_late(self, of: str) -> None:
        """Give the oldest one that waits of those that a station told of."""
        late = self._late[of]
        self._give(heapq.heappop(late)[-1], is_end=False)
        if not late:
            del self._late[of], self._reached_us[of]

    def _give(self, call: SeenCall, *, is_end: bool) -> None:
        for detector in self._detectors:
            if is_end:
                detector.add_end(call)
            else:
                detector.add_arrival(call)

    def _note(self, place: int, change: Change, begun: list[Finding], over: list[Key]) -> None:
        """Two detectors that say the same say it once, and it is over for both."""
        for finding in change.begun:
            key = finding.kind, finding.series
            self._held.setdefault(key, set()).add(place)
            if key not in self._open:
                self._open[key] = finding
                begun.append(finding)
        for key in change.over:
            holders = self._held.get(key, set())
            holders.discard(place)
            if key in self._open and not holders:
                del self._open[key], self._held[key]
                over.append(key)
