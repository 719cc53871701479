"""
The thresholds of the law: of all attempts for a number, how many were answered.

Attempts, not callers, since the law asks for the answer-seizure ratio of ITU-T E.425: whoever
tries again counts again. Tests and strangers are left out. No test of chance is behind it: what
the file says is an alert.
"""

from collections.abc import Callable, Sequence

from route112.model.thresholds import Threshold, Thresholds
from route112.watch.alarms.traces import MINUTE_US
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series
from route112.watch.values import SeenCall

WINDOW_S_MAX = 86_400
CLEAR_BY = 0.02
"""A ratio has to be so much better than the threshold before the alert is over."""
STRENGTH = 10.0
"""What a threshold counts for beside what was measured, nats."""
_S = 1_000_000


class ThresholdWatch:
    """
    A `Detector` of the thresholds in force.

    Args:
        number_of: short number that was meant, from what was dialled; empty where unknown.
    """

    def __init__(self, thresholds: Thresholds, *, number_of: Callable[[str], str]) -> None:
        self.use(thresholds)
        self._number_of = number_of
        self._minutes: dict[int, dict[str, tuple[int, int]]] = {}
        self._open: dict[str, Series] = {}
        self._ticked_minute = 0

    def use(self, thresholds: Thresholds) -> None:
        """Go on with these: a file may have changed since the state was kept."""
        self._thresholds = thresholds
        self._numbers = {each.number for each in (*thresholds.own, *thresholds.ordered)}

    def add_arrival(self, call: SeenCall) -> None:
        """Take an attempt that has begun; what counts is how it ends."""

    def add_end(self, call: SeenCall) -> None:
        """Count an attempt; tests, corrections and refused strangers are left out."""
        if call.is_test or call.corrects or call.party == "origin":
            return
        number = self._number_of(call.number)
        if number not in self._numbers:
            return
        minute = self._minutes.setdefault(call.ended_us // MINUTE_US, {})
        answered, attempts = minute.get(number, (0, 0))
        minute[number] = (answered + call.got_through, attempts + 1)

    def tick(self, now_us: int) -> Change:
        """Compare once a minute."""
        minute = now_us // MINUTE_US
        if minute == self._ticked_minute:
            return Change()
        self._ticked_minute = minute
        oldest = minute - WINDOW_S_MAX * _S // MINUTE_US
        for each in [each for each in self._minutes if each < oldest]:
            del self._minutes[each]
        begun: list[Finding] = []
        over: list[tuple[FindingKind, Series]] = []
        in_force = self._thresholds.list_in_force(now_us)
        for threshold in in_force:
            self._compare(threshold, now_us, begun, over)
        gone = sorted(self._open.keys() - {each.number for each in in_force})
        over += [(FindingKind.THRESHOLD, self._open.pop(number)) for number in gone]
        return Change(begun=tuple(begun), over=tuple(over))

    def _compare(
        self,
        threshold: Threshold,
        now_us: int,
        begun: list[Finding],
        over: list[tuple[FindingKind, Series]],
    ) -> None:
        first = (now_us - threshold.window_s * _S) // MINUTE_US
        counts = [
            (minute, *counted[threshold.number])
            for minute, counted in sorted(self._minutes.items())
            if minute >= first and threshold.number in counted
        ]
        attempts = sum(count for _, _, count in counts)
        ratio = sum(answered for _, answered, _ in counts) / attempts if attempts else 1.0
        is_enough = attempts >= threshold.attempts_min
        known = self._open.get(threshold.number)
        if known is None and is_enough and ratio < threshold.below:
            self._open[threshold.number] = series = Series((("number", threshold.number),))
            begun.append(self._make(threshold, series, counts, ratio, now_us))
        elif known is not None and (not is_enough or ratio >= threshold.below + CLEAR_BY):
            over.append((FindingKind.THRESHOLD, self._open.pop(threshold.number)))

    def _make(
        self,
        threshold: Threshold,
        series: Series,
        counts: Sequence[tuple[int, int, int]],
        ratio: float,
        now_us: int,
    ) -> Finding:
        bad = [minute for minute, answered, count in counts if answered < threshold.below * count]
        attempts = sum(count for _, _, count in counts)
        set_by = f"order {threshold.order}" if threshold.order else "set by the operator"
        source = f"{self._thresholds.law}, version {self._thresholds.version}, {set_by}"
        fact = (
            f"{ratio:.1%} of {attempts:,} attempts answered within {threshold.window_s:,} s; "
            f"alert below {threshold.below:.1%} ({source})"
        )
        return Finding(
            kind=FindingKind.THRESHOLD,
            series=series,
            since_us=bad[0] * MINUTE_US,
            at_us=now_us,
            expected=threshold.below,
            seen=ratio,
            strength=STRENGTH,
            floor_s=float(threshold.window_s),
            evidence=(fact,),
        )
