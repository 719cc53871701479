"""
Two contents under one generation: what the stations of a run directory have in force, compared.

A station refuses a second content under the generation that it has, and says so. Two stations that
were given a different one each refuse nothing; only whoever sees both knows.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.staging import read_current
from route112.watch.detectors import Deviation
from route112.watch.series import Series


@dataclass(frozen=True, slots=True)
class Contents:
    """What the stations below a run directory have."""

    run_dir: Path
    edges: Collection[str]
    """Names of stations that are edges; all others are sites."""

    def list_deviations(self) -> tuple[Deviation, ...]:
        """List the stations that have another content than most others under one generation."""
        by_number: dict[int, dict[str, str]] = {}
        for pointer in sorted(self.run_dir.glob("*/current")):
            if (found := read_current(pointer.parent)) is not None:
                number, digits = found
                by_number.setdefault(number, {})[pointer.parent.name] = digits
        return tuple(
            self._tell(station, number, others)
            for number, having in sorted(by_number.items())
            for station, others in _list_odd(having)
        )

    def _tell(self, station: str, number: int, others: list[str]) -> Deviation:
        kind = "edge" if station in self.edges else "site"
        return Deviation(
            name=f"content of generation {number}",
            said=f"has another content under generation {number} than {', '.join(others)}: "
            "two were signed under one number",
            series=Series(((kind, station),)),
        )


def _list_odd(having: dict[str, str]) -> list[tuple[str, list[str]]]:
    """List who has not what most have, with those; of two alike the first counts as most."""
    (usual, _), *_ = Counter(having.values()).most_common(1)
    most = [station for station, digits in having.items() if digits == usual]
    return [(station, most) for station, digits in having.items() if digits != usual]
