"""
What a played scenario came to: attempts by verdict, over time and by every kind.

An attempt is one INVITE of a caller; a unique caller may have made several. The two are counted
apart and never added up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from route112.simulation.checker import Verdict

BINS_MAX = 2_000
"""Points of a line over time."""
KINDS = ("number", "operator", "departement")
"""What attempts are told apart by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt with its verdict."""

    at_s: float
    """Scenario seconds."""
    verdict: Verdict
    caller: str
    number: str
    operator: str
    departement: str
    first_ring_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Attempts of one kind; delayed ones are right too."""

    attempts: int = 0
    right: int = 0
    delayed: int = 0
    misrouted: int = 0
    lost: int = 0

    @property
    def lost_share(self) -> float:
        """Lost of all attempts, 0 to 1."""
        return self.lost / self.attempts if self.attempts else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """All figures of one play."""

    total: Counts
    unique_callers: int
    unique_callers_lost: int
    """Callers none of whose attempts was right."""
    bin_s: float
    over_time: tuple[Counts, ...]
    """One for each bin, from the scenario's beginning."""
    by: Mapping[str, Mapping[str, Counts]]
    """Kind, then its value, to counts; most attempts first."""


def count_attempts(attempts: Iterable[Attempt], *, length_s: float, bin_s: float) -> Tally:
    """
    Count attempts; those after the end are counted in the last bin.

    Raises: ValueError when there would be more than BINS_MAX bins.
    """
    bins = max(1, int(-(-length_s // bin_s)))
    if bins > BINS_MAX:
        raise ValueError(f"{bins:,} bins of {bin_s:g} s, at most {BINS_MAX:,} are counted")
    total: Counter[Verdict] = Counter()
    over_time: list[Counter[Verdict]] = [Counter() for _ in range(bins)]
    by: dict[str, dict[str, Counter[Verdict]]] = {kind: {} for kind in KINDS}
    through: dict[str, bool] = {}
    for attempt in attempts:
        total[attempt.verdict] += 1
        over_time[min(bins - 1, max(0, int(attempt.at_s // bin_s)))][attempt.verdict] += 1
        for kind in KINDS:
            counter = by[kind].setdefault(getattr(attempt, kind), Counter())
            counter[attempt.verdict] += 1
        good = attempt.verdict in (Verdict.RIGHT, Verdict.DELAYED)
        through[attempt.caller] = through.get(attempt.caller, False) or good
    return Tally(
        total=_sum(total),
        unique_callers=len(through),
        unique_callers_lost=sum(not good for good in through.values()),
        bin_s=bin_s,
        over_time=tuple(_sum(counter) for counter in over_time),
        by={kind: _order(counters) for kind, counters in by.items()},
    )


def _sum(verdicts: Counter[Verdict]) -> Counts:
    return Counts(
        attempts=verdicts.total(),
        right=verdicts[Verdict.RIGHT] + verdicts[Verdict.DELAYED],
        delayed=verdicts[Verdict.DELAYED],
        misrouted=verdicts[Verdict.MISROUTED],
        lost=verdicts[Verdict.LOST],
    )


def _order(counters: Mapping[str, Counter[Verdict]]) -> dict[str, Counts]:
    ordered = sorted(counters.items(), key=lambda item: (-item[1].total(), item[0]))
    return {value: _sum(counter) for value, counter in ordered}
