"""
Slow: calls ring, or are answered, later than others do, or than they use to.

A delay is late when it is longer than nine of ten of its kind were in the last half day, and twice
as long as half of them: for ringing its kind is whether the way goes through a gateway, for
answers the short number. Elements are compared by the share of theirs that is late, with siblings
in the same minutes and with their own habit (`comparing`): an answering point that always answers
late is no news. Numbers are compared with their habit alone, since all of them may become slow
together. Only calls that went straight say anything: one target, one site.
"""

from collections.abc import Callable, Iterator

from route112.watch.detectors.budget import CALLS_PER_WEEK, find_threshold
from route112.watch.detectors.comparing import Comparison, Work
from route112.watch.detectors.delays import Delays
from route112.watch.detectors.trials import Pair, Trial
from route112.watch.findings import FindingKind
from route112.watch.series import UNKNOWN
from route112.watch.values import SeenCall

RING, ANSWER = "rings soon", "answers soon"
RING_ALL, ANSWER_ALL = "rings soon, by number", "answers soon, by number"
TESTS_PER_CALL = 12.0
"""Of ringing: edge, site, trunk, target, three paths and the number; of the answer: trunk, target
and the number; and one to spare."""
THRESHOLD = find_threshold(CALLS_PER_WEEK * TESTS_PER_CALL)
"""18.9: see `budget`."""
NUMBER = ("number",)
WORKS = {
    RING: Work("rang late", usual=0.12, raised=(0.6,), by_habit=True),
    ANSWER: Work("answered late", usual=0.2, raised=(0.7,), by_habit=True),
    RING_ALL: Work(
        "rang late", usual=0.2, raised=(0.6,), accused=NUMBER, by_siblings=False, by_habit=True
    ),
    ANSWER_ALL: Work(
        "answered late", usual=0.2, raised=(0.6,), accused=NUMBER, by_siblings=False, by_habit=True
    ),
}
KINDS_MAX = 200
"""Kinds of delays; those of a number met later are not measured."""


class SlowWatch(Comparison):
    """
    Elements that take longer than others. A `Detector`.

    Args:
        number_of: short number that was meant, from what was dialled; empty where unknown.
        threshold: evidence that an alarm takes; another one only to see what it would cost.
    """

    def __init__(self, *, number_of: Callable[[str], str], threshold: float = THRESHOLD) -> None:
        super().__init__(FindingKind.SLOW, WORKS, threshold=threshold)
        self._number_of = number_of
        self._delays: dict[tuple[str, str], Delays] = {}

    def list_trials(self, call: SeenCall) -> Iterator[Trial]:
        """List the delays of a call that went straight."""
        if call.is_test or call.corrects or len(call.tries) != 1 or len(call.passed) > 1:
            return
        (each,) = call.tries
        if call.ring_ms is None or call.is_direct:
            return
        ends: tuple[Pair, ...] = ("trunk", each.hop), ("psap", each.psap)
        stations = ("edge", call.edge), ("site", call.site)
        way = *(station for station in stations if station[1]), *ends
        number = self._number_of(call.number) or UNKNOWN
        party = "joint" if each.via == "rtc" else "carrier"
        yield from self._judge_delay(RING, each.via, call.ring_ms, (way, number, party))
        if call.answer_ms is not None and each.outcome == "answered":
            waited_ms = call.answer_ms - call.ring_ms
            yield from self._judge_delay(ANSWER, number, waited_ms, (ends, number, "psap"))

    def _judge_delay(
        self, work: str, kind: str, delay_ms: int, whose: tuple[tuple[Pair, ...], str, str]
    ) -> Iterator[Trial]:
        delays = self._delays.get((work, kind))
        if delays is None:
            if len(self._delays) >= KINDS_MAX:
                return
            delays = self._delays[work, kind] = Delays()
        delays.add(delay_ms, now_us=self.now_us)
        limit_ms = delays.limit_ms
        if limit_ms is None:
            return
        factors, number, party = whose
        late = delay_ms > limit_ms
        detail = f"{delay_ms:,} ms, late from {limit_ms:,.0f} ms on" if late else ""
        yield Trial(work, factors, late, party if late else "", detail)
        by_number = RING_ALL if work == RING else ANSWER_ALL
        yield Trial(by_number, (("number", number),), late, "", detail)
