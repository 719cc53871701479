"""The real part of the demo: communes, departements, their zones and their clocks."""

import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from route112.model import Commune, Departement

ZONES_BY_REGION = {
    "11": "paris",
    "32": "nord",
    "24": "ouest",
    "28": "ouest",
    "52": "ouest",
    "53": "ouest",
    "75": "sud-ouest",
    "76": "sud",
    "93": "sud",
    "94": "sud",
    "84": "sud-est",
    "27": "est",
    "44": "est",
    "01": "antilles",
    "02": "antilles",
    "977": "antilles",
    "978": "antilles",
    "03": "guyane",
    "04": "ocean-indien",
    "06": "ocean-indien",
    "984": "ocean-indien",
    "975": "atlantique-nord",
    "986": "pacifique",
    "987": "pacifique",
    "988": "pacifique",
    "989": "pacifique",
}
"""Code of a region or collectivity to its zone: the seven metropolitan zones of defence, and
overseas the basins that can help each other."""

TIMEZONE = "Europe/Paris"
TIMEZONES_OVERSEAS = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "984": "Indian/Kerguelen",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
    "989": "Etc/GMT+8",
}
"""IANA names; Clipperton has none of its own and keeps UTC-8."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the demo stands."""

    communes: tuple[Commune, ...]
    """Ascending by code; 35,014."""
    former: Mapping[str, tuple[str, ...]]
    """Code of today to the codes of communes that were merged into it, ascending."""
    departements: tuple[Departement, ...]
    """Ascending by code; 109."""
    prefectures: Mapping[str, str]
    """Code of a departement to the code of the commune of its prefecture."""
    _by_departement: Mapping[str, tuple[Commune, ...]]

    def list_communes(self, departement: str) -> tuple[Commune, ...]:
        """List the communes of a departement, ascending by code."""
        return self._by_departement[departement]

    def find_centre(self, departement: str) -> tuple[float, float] | None:
        """Return the mean (longitude, latitude) of its communes; None where none is known."""
        points = [
            (commune.lon_deg, commune.lat_deg)
            for commune in self.list_communes(departement)
            if commune.lon_deg is not None and commune.lat_deg is not None
        ]
        if not points:
            return None
        lons, lats = zip(*points, strict=True)
        return sum(lons) / len(points), sum(lats) / len(points)


def find_home(commune: Commune) -> str:
    """Return the code of the city of an arrondissement, else the commune's own."""
    return commune.parent or commune.code


@cache
def load_ground() -> Ground:
    """Read the packaged tables."""
    folder = files("route112.countries.fr")
    communes = tuple(
        _read_commune(row)
        for row in _read_rows(gzip.decompress((folder / "communes.csv.gz").read_bytes()))
    )
    former = defaultdict(list)
    for row in _read_rows(gzip.decompress((folder / "merged.csv.gz").read_bytes())):
        former[row["new"]].append(row["old"])
    rows = _read_rows((folder / "departements.csv").read_bytes())
    grouped = defaultdict(list)
    for commune in communes:
        grouped[commune.departement].append(commune)
    return Ground(
        communes=communes,
        former={new: tuple(sorted(old)) for new, old in former.items()},
        departements=tuple(_read_departement(row) for row in rows),
        prefectures={row["code"]: row["prefecture"] for row in rows},
        _by_departement={code: tuple(group) for code, group in grouped.items()},
    )


def _read_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _read_commune(row: dict[str, str]) -> Commune:
    counted_elsewhere = row["parent"] != ""
    return Commune(
        code=row["insee"],
        name=row["name"],
        departement=row["departement"],
        population=0 if counted_elsewhere else int(row["population"] or 0),
        lon_deg=float(row["lon"]) if row["lon"] else None,
        lat_deg=float(row["lat"]) if row["lat"] else None,
        parent=row["parent"],
    )


def _read_departement(row: dict[str, str]) -> Departement:
    return Departement(
        code=row["code"],
        name=row["name"],
        zone=ZONES_BY_REGION[row["region"]],
        timezone=TIMEZONES_OVERSEAS.get(row["code"], TIMEZONE),
        neighbours=tuple(row["neighbours"].split("|")),
    )
