"""
The watch over rates: what is usual, what comes, and the sums of evidence of each series.

Once a second it is given what came. It keeps the hours for the baseline, asks both tests, and says
which series began to be wrong and which are well again. Hours in which a series is wrong teach
nothing. All state is a few arrays with a value for each series.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from route112.watch import drought, success
from route112.watch.baseline import Array, Baseline
from route112.watch.cusum import Bank, Floats
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.measures import Look
from route112.watch.series import UNKNOWN, Series
from route112.watch.witnesses import UNSEEN_MAX

HOUR_S = 3_600.0
_US = 1_000_000
PARENT_DIMENSION = "number"
"""A series has the hours of the series of its number; one without a number the country's."""
PARENT_CUTS = ((), (PARENT_DIMENSION,))
ELEMENTS = frozenset({"edge", "site", "trunk", "psap"})
"""What calls are taken away from where it fails, and what may be there for such a case alone."""
UNUSED_US = 3_600 * _US
"""An element that has met no caller for so long fails nobody."""
GONE_US = 7 * 24 * 3_600 * _US
"""An element, or an operator, that nothing at all has come from for so long is there no more."""


class RateWatch:
    """
    Droughts and failures of many series.

    Args:
        hour_of: hour of the week, 0 to 167, at a time in microseconds since 1970; local time of
            the country, holidays moved to Sunday.
        usual_week: shape of a week that is assumed until one has been seen; empty: none.
        ahead_of: hours that the clock of a departement is ahead of the country's at such a time.
    """

    def __init__(
        self,
        *,
        hour_of: Callable[[int], int],
        ahead_of: Callable[[str, int], int] | None = None,
        usual_week: Sequence[float] = (),
    ) -> None:
        self._hour_of = hour_of
        self._ahead_of = ahead_of
        self.series: list[Series] = []
        self._indexes: dict[Series, int] = {}
        self.baseline = Baseline(())
        self.baseline.assume(usual_week)
        self._drought = Bank(0, threshold=drought.THRESHOLD)
        self._success = Bank(0, threshold=success.THRESHOLD_WIDE)
        self._raised: Floats = np.zeros(0)
        self._scale: Floats = np.zeros(0)
        self._parents = np.zeros(0, dtype=np.int64)
        self._hour: int | None = None
        self._began_us = 0
        """When this hour began; a clock that is set back at the end of summer shows one twice."""
        self._is_whole = False
        """This hour has been watched from its beginning."""
        self._hourly: Floats = np.zeros(0)
        self._tainted: Floats = np.zeros(0)
        self._callers: Floats = np.zeros(0)
        self._failed: Floats = np.zeros(0)
        self._places_since: Floats = np.zeros(0)
        self._callers_since: Floats = np.zeros(0)
        self._failed_since: Floats = np.zeros(0)
        self._seen_lately: Floats = np.zeros(0)
        self._due_lately: Floats = np.zeros(0)
        self._expected: Floats = np.zeros(0)
        self._used_us = np.zeros(0, dtype=np.int64)
        """When a caller came last; 0: since no look of this watch."""
        self._is_element = np.zeros(0, dtype=np.bool_)
        self._may_go = np.zeros(0, dtype=np.bool_)
        """Elements and operators come and go; a number or a departement stays."""
        self._is_nobody = np.zeros(0, dtype=np.bool_)
        """Of calls that met no site, say: that these stay away is no drought."""

    def look(self, look: Look, series: Sequence[Series], *, now_us: int, seconds: float) -> Change:
        """
        Add what came in the last seconds.

        Args:
            series: those that the look's values belong to; a longer list than the last time, or
                the same one.
        """
        if self._grow(series) and self._hour is not None:
            self._shift(now_us)
            self._expected = self.baseline.expect(self._hour)
        self._turn_hour(now_us, since_us=now_us - round(seconds * _US))
        due = self._expected * (seconds / HOUR_S)
        if look.unseen is not None:
            due = due * (1.0 - look.unseen)
            self._tainted[look.unseen > UNSEEN_MAX] = 1.0
        kept = max(0.0, 1.0 - seconds / drought.MODULATION_SECONDS)
        self._seen_lately = kept * self._seen_lately + look.places
        self._due_lately = kept * self._due_lately + due
        shares = drought.modulate(self._seen_lately, self._due_lately)[self._parents]
        shares[self._is_parent()] = 1.0
        lowered = drought.lower_expected(due, self.baseline.history, shares)
        lowered[self._is_nobody] = 0.0
        dry = self._drought.add(drought.drought_steps(lowered, look.places), now_us=now_us)
        usual = success.allow_swing(self._failed / np.maximum(self._callers, 1.0))
        steps = success.success_steps(look.callers, look.failed, usual, self._raised)
        failing = self._success.add(steps * self._scale, now_us=now_us)
        unused, gone = self._close_unused(look, now_us), self._close_gone(now_us)
        self._count_since(look)
        self._hourly += look.places
        self._tainted[self._drought.is_open | self._success.is_open] = 1.0
        calm = ~self._success.is_open
        self._callers += look.callers * calm
        self._failed += look.failed * calm
        return Change(
            begun=(
                *(self._tell_drought(index, now_us) for index in dry[0]),
                *(self._tell_success(index, now_us) for index in failing[0]),
            ),
            over=(
                *((FindingKind.DROUGHT, self.series[index]) for index in (*dry[1], *gone)),
                *((FindingKind.SUCCESS, self.series[index]) for index in (*failing[1], *unused)),
            ),
        )

    def expected_per_s(self, series: Series) -> float | None:
        """Return how many places this series uses to bring now; None where nobody knows it."""
        index = self._indexes.get(series)
        return None if index is None else float(self._expected[index]) / HOUR_S

    def floor_s(self, series: Series) -> float:
        """Return how long a whole silence of this series takes to show, at its present rate."""
        index = self._indexes[series]
        return drought.drought_floor_s(
            float(self._expected[index]) / HOUR_S, float(self.baseline.history[index])
        )

    def export(self) -> dict[str, Array]:
        """Return what was learned of the series, in their order: what outlives a restart."""
        return {**self.baseline.export(), "callers": self._callers, "failed": self._failed}

    def restore(self, series: Sequence[Series], learned: Mapping[str, Array]) -> None:
        """Go on with what was learned of these series; for a watch that has not looked yet."""
        self._grow(series)
        self.baseline.restore(learned)
        self._callers = np.array(learned["callers"], dtype=np.float64)
        self._failed = np.array(learned["failed"], dtype=np.float64)

    def _grow(self, series: Sequence[Series]) -> bool:
        known = len(self.series)
        new = series[known:]
        if not new:
            return False
        for each in new:
            self._indexes[each] = len(self.series)
            self.series.append(each)
        count = len(self.series)
        # A wider series that comes late is a parent of some that were there before.
        whose = self.series if any(each.cut in PARENT_CUTS for each in new) else new
        parents = np.array([self._find_parent(each) for each in whose], dtype=np.int64)
        self._parents = np.concatenate([self._parents[: count - len(whose)], parents])
        self.baseline.grow(self._parents)
        raised = np.array([success.find_raised(each.cut) for each in new])
        self._raised = np.concatenate([self._raised, raised])
        # One bank has one threshold: steps of series with a higher one are made smaller.
        thresholds = np.array([success.find_threshold(each.cut) for each in new])
        self._scale = np.concatenate([self._scale, success.THRESHOLD_WIDE / thresholds])
        elements = np.array([not ELEMENTS.isdisjoint(each.cut) for each in new])
        self._is_element = np.concatenate([self._is_element, elements])
        operators = np.array(["operator" in each.cut for each in new])
        self._may_go = np.concatenate([self._may_go, elements | operators])
        nobody = np.array([any(value == UNKNOWN for _, value in each.pairs) for each in new])
        self._is_nobody = np.concatenate([self._is_nobody, nobody])
        self._used_us = np.concatenate([self._used_us, np.zeros(len(new), dtype=np.int64)])
        for bank in (self._drought, self._success):
            bank.grow(count)
        for name in (
            "_hourly",
            "_tainted",
            "_callers",
            "_failed",
            "_places_since",
            "_callers_since",
            "_failed_since",
            "_seen_lately",
            "_due_lately",
            "_expected",
        ):
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.zeros(count - len(old))]))
        return True

    def _shift(self, now_us: int) -> None:
        if self._ahead_of is not None:
            places = [each.get("departement") for each in self.series]
            ahead = {place: self._ahead_of(place, now_us) for place in set(places) if place}
            self.baseline.shift(
                np.array([ahead.get(place, 0) for place in places], dtype=np.int64)
            )

    def _find_parent(self, series: Series) -> int:
        """The series of its number, else the country, else itself."""
        number = series.get(PARENT_DIMENSION)
        wider = Series(((PARENT_DIMENSION, number),)) if number else Series()
        return self._indexes.get(wider, self._indexes[series])

    def _is_parent(self) -> Floats:
        return np.asarray(self._parents == np.arange(len(self._parents)))

    def _turn_hour(self, now_us: int, *, since_us: int) -> None:
        hour = self._hour_of(now_us)
        is_again = self._is_whole and now_us - self._began_us >= HOUR_S * _US
        if hour == self._hour and not is_again:
            return
        if self._hour is not None and self._is_whole:
            self.baseline.learn(
                np.array([self._hour]), self._hourly[None, :], counted=1.0 - self._tainted[None, :]
            )
        self._is_whole = self._hour is not None or self._hour_of(since_us) != hour
        self._hour, self._began_us = hour, now_us
        self._shift(now_us)
        self._hourly = np.zeros(len(self.series))
        self._tainted = np.zeros(len(self.series))
        self._expected = self.baseline.expect(hour)

    def _close_unused(self, look: Look, now_us: int) -> list[int]:
        """
        Return series of elements that nobody comes to any more: only callers could clear them.

        A second way, or the answering point behind one, is tried in an outage alone. What is asked
        for itself, a number or a departement, stays wrong until somebody is served.
        """
        self._used_us[(look.callers > 0.0) | (self._used_us == 0)] = now_us
        if look.unseen is not None:
            self._used_us[look.unseen > 0.0] = now_us
        is_unused = self._is_element & (now_us - self._used_us >= UNUSED_US)
        return self._success.close(is_unused, now_us=now_us)

    def _close_gone(self, now_us: int) -> list[int]:
        """
        Return series of which nobody waits for a call any more: they were retired.

        Their hours taught nothing while they were silent, so that they would be missed for ever.
        """
        is_gone = self._may_go & (now_us - self._used_us >= GONE_US)
        gone = self._drought.close(is_gone, now_us=now_us)
        if gone:
            self.baseline.forget(gone)
            self._expected[gone] = 0.0
        return gone

    def _count_since(self, look: Look) -> None:
        """Count what came since the evidence of each series began."""
        is_quiet = self._drought.sums == 0.0
        self._places_since = np.where(is_quiet, 0.0, self._places_since + look.places)
        is_well = self._success.sums == 0.0
        self._callers_since = np.where(is_well, 0.0, self._callers_since + look.callers)
        self._failed_since = np.where(is_well, 0.0, self._failed_since + look.failed)

    def _tell_drought(self, index: int, now_us: int) -> Finding:
        since_us = int(self._drought.since_us[index])
        expected = float(self._expected[index]) * (now_us - since_us) / _US / HOUR_S
        return Finding(
            kind=FindingKind.DROUGHT,
            series=self.series[index],
            since_us=since_us,
            at_us=now_us,
            expected=expected,
            seen=float(self._places_since[index]),
            strength=float(self._drought.sums[index]),
            floor_s=self.floor_s(self.series[index]),
        )

    def _tell_success(self, index: int, now_us: int) -> Finding:
        callers, failed = self._callers_since[index], self._failed_since[index]
        # Of the time before; what is held against the series now is no usual.
        before = max(0.0, float(self._callers[index] - callers))
        usual = max(0.0, float(self._failed[index] - failed)) / max(before, 1.0)
        known = f"usually {usual:.1%}" if before else "nothing is known of what is usual"
        rate = float(self._expected[index]) / HOUR_S
        return Finding(
            kind=FindingKind.SUCCESS,
            series=self.series[index],
            since_us=int(self._success.since_us[index]),
            at_us=now_us,
            expected=usual,
            seen=float(failed / max(callers, 1.0)),
            evidence=(f"{failed:.0f} of {callers:.0f} callers failed, {known}",),
            strength=float(self._success.sums[index]),
            floor_s=success.success_floor_s(
                rate,
                float(success.allow_swing(usual)),
                raised=float(self._raised[index]),
                threshold=success.THRESHOLD_WIDE / float(self._scale[index]),
            ),
        )
