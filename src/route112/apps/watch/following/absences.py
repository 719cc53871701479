"""Stations whose records are not known: told as that, and not as calls that stopped coming."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from route112.adapters.watch_store import Absence
from route112.watch.detectors import Deviation
from route112.watch.series import Series

TOLD_US = 10_000_000
"""A folder that is away for a moment is being moved, or its server starts."""
GONE_US = 86_400_000_000
"""After a day what the others see is taken for all there is; that it is away is told on."""
RECORDS = "records"
_US = 1_000_000


@dataclass(slots=True)
class Absences:
    """
    Sources that were followed and cannot be read, or not up to now.

    Args:
        edges: names of stations that are edges; all others are sites.
        stations: names of all stations; none: they are not known.
    """

    edges: Collection[str] = ()
    stations: Collection[str] = ()
    now_us: int = 0
    _stations: dict[str, str] = field(default_factory=dict)
    _since_us: dict[str, int] = field(default_factory=dict)
    _uncounted: set[str] = field(default_factory=set)

    def note_station(self, source: str, station: str) -> None:
        """Say whose records a source has, as they name it themselves."""
        if station:
            self._stations[source] = station

    def find_station(self, source: str) -> str:
        """Return whose folder a source is, by the topology; empty where it is none of its."""
        path = Path(source)
        is_known = path.name == RECORDS and path.parent.name in self.stations
        return path.parent.name if is_known else ""

    def note_counted(self, source: str, *, counts: bool) -> None:
        """Say whether any record counts of those that a source had; told of a station's folder."""
        if counts:
            self._uncounted.discard(source)
        elif self.find_station(source):
            self._uncounted.add(source)

    def restore(self, absences: Iterable[Absence], now_us: int) -> None:
        """Go on where another one stopped."""
        self.now_us = now_us
        for each in absences:
            self._since_us[each.source] = each.since_us
            self.note_station(each.source, each.station)

    def list_kept(self) -> list[Absence]:
        """List who is away, for whoever goes on."""
        return [
            Absence(source, self._name(source), since_us)
            for source, since_us in sorted(self._since_us.items())
        ]

    def look(self, missing: Iterable[str], now_us: int) -> None:
        """Say which sources cannot be read up to now."""
        self.now_us = now_us
        self._since_us = {
            source: min(now_us, self._since_us.get(source, now_us))
            for source in {*missing, *self._uncounted}
        }

    def list_blind(self) -> tuple[str, ...]:
        """List the stations of which nothing can be known, and that are watched all the same."""
        return tuple(sorted({name for name, away_us in self._list_away() if away_us < GONE_US}))

    def list_deviations(self) -> tuple[Deviation, ...]:
        """List whose records are not known, for whoever has to bring them back."""
        uncounted = {self._name(source) for source in self._uncounted}
        return tuple(
            Deviation(
                name="records",
                said="its records"
                f" {'do not count' if station in uncounted else 'cannot be read up to now'}:"
                " what only it saw is not known, and no silence of that is told for a day",
                series=Series((("edge" if station in self.edges else "site", station),)),
                seen=away_us / _US,
            )
            for station, away_us in self._list_away()
            if away_us >= TOLD_US
        )

    def _list_away(self) -> list[tuple[str, int]]:
        away = ((self._name(name), self.now_us - us) for name, us in self._since_us.items())
        return sorted(away)

    def _name(self, source: str) -> str:
        """
        Return whose records a source has.

        A station's folder is its own, whatever is written there: who may write into it could make
        another one seem away.
        """
        path = Path(source)
        if path.name == RECORDS and (not self.stations or path.parent.name in self.stations):
            return path.parent.name
        return self._stations.get(source, path.parent.name if path.name == RECORDS else path.name)
