"""Some seconds of calls in six sites, judged, and what a person wants to know of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from route112.simulation.checker import Judgement, Verdict

HEAD = (
    f"{'fault':<36}{'calls':>6}{'per s':>7}{'lost':>6}{'misrouted':>11}{'delayed':>9}{'at most':>9}"
    f"{'mean s':>8}{'longest':>9}{'ghosts':>8}{'late':>7}"
)


@dataclass(frozen=True, kw_only=True)
class Played:
    """Some seconds of calls, judged."""

    name: str
    seconds: float
    rate: float
    judgement: Judgement
    late_s: float
    """How late callers or answering points were at worst."""
    usual_ms: float
    targets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Call-ID to the numbers that were to ring, best first."""
    placed_s: Mapping[str, float] = field(default_factory=dict)
    """Second of the play at which each call was placed, by Call-ID."""

    @property
    def delays_s(self) -> list[float]:
        """How much later than usual the delayed calls rang, ascending."""
        return sorted(
            (verdict.first_ring_ms - self.usual_ms) / 1e3
            for verdict in self.judgement.verdicts
            if verdict.verdict is Verdict.DELAYED
        )

    @property
    def wrong(self) -> list[str]:
        """What a person wants to know of calls that were lost or misrouted."""
        return [
            f"{verdict.call_id}: {verdict.verdict.value}: {verdict.reason}"
            for verdict in self.judgement.verdicts
            if verdict.verdict in (Verdict.LOST, Verdict.MISROUTED)
        ]

    def list_delayed_of(self, *operators: str) -> list[str]:
        """List the delayed calls of some operators."""
        return [
            verdict.call_id
            for verdict in self.judgement.verdicts
            if verdict.verdict is Verdict.DELAYED
            and verdict.call_id.rpartition("@")[2] in operators
        ]

    def list_wrong_of(self, operator: str) -> list[str]:
        """List what went wrong with one operator's calls."""
        return [line for line in self.wrong if f"@{operator}:" in line]

    def count_meant_for(self, numbers: Collection[str]) -> int:
        """Return how many calls were to ring at one of these numbers first."""
        return sum(targets[0] in numbers for targets in self.targets.values())

    def describe(self, most: float | None = None) -> str:
        """Return one row of the table; `most`: how many delayed calls were allowed."""
        judged, delays = self.judgement, self.delays_s
        mean = f"{fmean(delays):.2f}" if delays else "-"
        longest = f"{delays[-1]:.2f}" if delays else "-"
        bound = "-" if most is None else f"{most:.0f}"
        return (
            f"{self.name:<36}{judged.placed:>6}{self.rate:>7.0f}{judged.lost:>6}"
            f"{judged.misrouted:>11}{judged.delayed:>9}{bound:>9}{mean:>8}{longest:>9}"
            f"{judged.ghosts:>8}{self.late_s:>7.2f}"
        )
