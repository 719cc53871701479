"""Stations whose records cannot be read: told as that, and not as calls that stopped coming."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from route112.watch.detectors import Deviation
from route112.watch.series import Series

TOLD_US = 10_000_000
"""A folder that is away for a moment is being moved, or its server starts."""
GONE_US = 86_400_000_000
"""Who is away for a day is no station that is watched: what the others see is all there is."""
RECORDS = "records"
_US = 1_000_000


@dataclass(slots=True)
class Absences:
    """
    Sources that were followed and cannot be read.

    Args:
        edges: names of stations that are edges; all others are sites.
    """

    edges: Collection[str] = ()
    now_us: int = 0
    _stations: dict[str, str] = field(default_factory=dict)
    _since_us: dict[str, int] = field(default_factory=dict)

    def note_station(self, source: str, station: str) -> None:
        """Say whose records a source has, as they name it themselves."""
        if station:
            self._stations[source] = station

    def look(self, missing: Iterable[str], now_us: int) -> None:
        """Say which sources cannot be read now."""
        self.now_us = now_us
        self._since_us = {
            source: min(now_us, self._since_us.get(source, now_us)) for source in missing
        }

    def list_blind(self) -> tuple[str, ...]:
        """List the stations of which nothing can be known."""
        return tuple(sorted({station for station, _ in self._list_away(0)}))

    def list_deviations(self) -> tuple[Deviation, ...]:
        """List whose records are not known, for whoever has to bring them back."""
        return tuple(
            Deviation(
                name="records",
                said=f"its records cannot be read since {away_us / _US / 60:.0f} min: what only it"
                " saw is not known, and no silence of that is told",
                series=Series((("edge" if station in self.edges else "site", station),)),
                seen=away_us / _US,
            )
            for station, away_us in self._list_away(TOLD_US)
        )

    def _list_away(self, least_us: int) -> list[tuple[str, int]]:
        away = ((self._name(name), self.now_us - us) for name, us in self._since_us.items())
        return sorted((name, away_us) for name, away_us in away if least_us <= away_us < GONE_US)

    def _name(self, source: str) -> str:
        path = Path(source)
        named = path.parent.name if path.name == RECORDS else path.name
        return self._stations.get(source, named)
