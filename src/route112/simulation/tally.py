"""
What a played scenario came to: attempts by verdict, over time and by every kind.

An attempt is one INVITE of a caller; a unique caller may have made several. The two are counted
apart and never added up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

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
    target: str = ""
    """Long number that it should ring first."""
    cut_off: bool = False
    """Whether a fault of the script took the way to `target` away while the call might ring."""
    ghosts: int = 0
    """Rings for nobody."""
    first_ring_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Attempts of one kind; delayed ones are right too."""

    attempts: int = 0
    right: int = 0
    delayed: int = 0
    misrouted: int = 0
    lost: int = 0
    ghosts: int = 0
    """Rings for nobody; a call with one may be right."""

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
    by_over_time: Mapping[str, Mapping[str, tuple[Counts, ...]]]
    """The same, one for each bin."""


def count_attempts(attempts: Iterable[Attempt], *, length_s: float, bin_s: float) -> Tally:
    """
    Count attempts; those after the end are counted in the last bin.

    Raises: ValueError when there would be more than BINS_MAX bins.
    """
    bins = max(1, int(-(-length_s // bin_s)))
    if bins > BINS_MAX:
        raise ValueError(f"{bins:,} bins of {bin_s:g} s, at most {BINS_MAX:,} are counted")
    total = Counting()
    over_time = [Counting() for _ in range(bins)]
    by: dict[str, dict[str, list[Counting]]] = {kind: {} for kind in KINDS}
    through: dict[str, bool] = {}
    for attempt in attempts:
        at = min(bins - 1, max(0, int(attempt.at_s // bin_s)))
        total.add(attempt)
        over_time[at].add(attempt)
        for kind in KINDS:
            value = getattr(attempt, kind)
            if value not in by[kind]:
                by[kind][value] = [Counting() for _ in range(bins)]
            by[kind][value][at].add(attempt)
        good = attempt.verdict in (Verdict.RIGHT, Verdict.DELAYED)
        through[attempt.caller] = through.get(attempt.caller, False) or good
    lines = {
        kind: {value: tuple(map(Counting.sum, bins)) for value, bins in table.items()}
        for kind, table in by.items()
    }
    return Tally(
        total=total.sum(),
        unique_callers=len(through),
        unique_callers_lost=sum(not good for good in through.values()),
        bin_s=bin_s,
        over_time=tuple(map(Counting.sum, over_time)),
        by={kind: _order(table) for kind, table in lines.items()},
        by_over_time=lines,
    )


class Counting:
    """Counts attempts, one after the other."""

    __slots__ = ("ghosts", "verdicts")

    def __init__(self) -> None:
        self.verdicts: Counter[Verdict] = Counter()
        self.ghosts = 0

    def add(self, attempt: Attempt) -> None:
        """Count one more."""
        self.verdicts[attempt.verdict] += 1
        self.ghosts += attempt.ghosts

    def sum(self) -> Counts:
        """Return what has been counted."""
        verdicts = self.verdicts
        return Counts(
            attempts=verdicts.total(),
            right=verdicts[Verdict.RIGHT] + verdicts[Verdict.DELAYED],
            delayed=verdicts[Verdict.DELAYED],
            misrouted=verdicts[Verdict.MISROUTED],
            lost=verdicts[Verdict.LOST],
            ghosts=self.ghosts,
        )


def add_up(counts: Iterable[Counts]) -> Counts:
    """Add figures up, such as those of some neighbouring bins."""
    listed = list(counts)
    return Counts(
        **{each.name: sum(getattr(one, each.name) for one in listed) for each in fields(Counts)}
    )


def _order(table: Mapping[str, Iterable[Counts]]) -> dict[str, Counts]:
    totals = {value: add_up(line) for value, line in table.items()}
    return dict(sorted(totals.items(), key=lambda item: (-item[1].attempts, item[0])))
