"""
Rebuild the French tables of the package: communes, merged communes, departements.

Usage: make_communes.py COMMUNES.csv DECOUPAGE OUT

COMMUNES.csv has the columns `insee,name,departement,type,population,lon,lat,area_km2`; DECOUPAGE
is the `data` folder of the npm package @etalab/decoupage-administratif (6.0.0 was used); OUT is
src/route112/countries/fr. The same input gives the same bytes.
"""

import csv
import gzip
import io
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

NEAR_KM = 12.0
"""Two communes whose points are closer than this make their departements neighbours."""
KM_PER_DEGREE = 111.2
"""Kilometres in a degree of latitude."""
CITIES = {"751": "75056", "6938": "69123", "132": "13055"}
"""Beginning of an arrondissement's code to the code of its city."""
OVERSEAS_NEIGHBOURS = {
    "971": "972|978|977|973",
    "972": "971|973",
    "973": "972|971",
    "974": "976",
    "975": "35|29",
    "976": "974",
    "977": "978|971",
    "978": "977|971",
    "984": "974",
    "986": "988|987",
    "987": "988",
    "988": "987",
    "989": "987",
}
"""Who helps across the sea: route112's own choice, since nobody is near."""


def find_parent(code: str, kind: str) -> str:
    """Return the city of a municipal arrondissement; empty for a commune."""
    if kind != "arrondissement-municipal":
        return ""
    return next(city for start, city in CITIES.items() if code.startswith(start))


def list_merged(entries: Sequence[dict[str, object]], current: set[str]) -> dict[str, str]:
    """
    Map former codes to today's.

    A delegated or associated commune belongs to its `chefLieu` today; that wins over
    `anciensCodes`, which also remembers mergers that were undone.
    """
    merged = {}
    for entry in entries:
        for former in entry.get("anciensCodes", ()):  # type: ignore[attr-defined]
            if former not in current:
                merged[former] = str(entry["code"])
    for entry in entries:
        code = str(entry["code"])
        if entry["type"] in ("commune-deleguee", "commune-associee") and code not in current:
            merged[code] = str(entry["chefLieu"])
    assert set(merged.values()) <= current, "a former commune leads to a code that is not current"
    return dict(sorted(merged.items()))


Point = tuple[float, float, str]


def count_near_pairs(rows: Iterable[dict[str, str]]) -> dict[str, Counter[str]]:
    """Count, per departement, pairs of communes of it and of each other one within NEAR_KM."""
    cells: dict[tuple[int, int], list[Point]] = defaultdict(list)
    size = NEAR_KM / KM_PER_DEGREE
    for row in rows:
        if row["lon"] and row["parent"] == "":
            lon, lat = float(row["lon"]), float(row["lat"])
            cells[int(lat // size), int(lon // (size * 2))].append((lon, lat, row["departement"]))
    pairs: dict[str, Counter[str]] = defaultdict(Counter)
    for cell, points in cells.items():
        around = list(points_around(cells, cell))
        for lon, lat, departement in points:
            scale = math.cos(math.radians(lat))
            for other_lon, other_lat, other in around:
                if other == departement:
                    continue
                distance = math.hypot((other_lon - lon) * scale, other_lat - lat) * KM_PER_DEGREE
                if distance <= NEAR_KM:
                    pairs[departement][other] += 1
    return pairs


def points_around(
    cells: dict[tuple[int, int], list[Point]], cell: tuple[int, int]
) -> Iterator[Point]:
    """List the points of a cell and of the eight around it."""
    for row in (cell[0] - 1, cell[0], cell[0] + 1):
        for column in (cell[1] - 1, cell[1], cell[1] + 1):
            yield from cells.get((row, column), ())


def render_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Render rows as UTF-8 CSV with Unix line ends."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def main(arguments: Sequence[str]) -> int:
    """Write the three tables and print their sizes."""
    if len(arguments) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    source, decoupage, out = (Path(argument) for argument in arguments)
    with source.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["parent"] = find_parent(row["insee"], row["type"])
    entries = json.loads((decoupage / "communes.json").read_text(encoding="utf-8"))
    merged = list_merged(entries, {row["insee"] for row in rows})
    known = json.loads((decoupage / "departements.json").read_text(encoding="utf-8"))
    pairs = count_near_pairs(rows)
    departements = []
    for entry in sorted(known, key=lambda entry: str(entry["code"])):
        code = entry["code"]
        ranked = sorted(pairs[code], key=lambda other: (-pairs[code][other], other))
        near = OVERSEAS_NEIGHBOURS.get(code) or "|".join(ranked)
        assert near, f"{code} has no neighbour"
        departements.append((code, entry["nom"], entry["region"], entry["chefLieu"], near))
    columns = list(rows[0])
    communes = render_csv(columns, (list(row.values()) for row in rows))
    out.joinpath("communes.csv.gz").write_bytes(gzip.compress(communes, 9, mtime=0))
    old_new = render_csv(("old", "new"), merged.items())
    out.joinpath("merged.csv.gz").write_bytes(gzip.compress(old_new, 9, mtime=0))
    out.joinpath("departements.csv").write_bytes(
        render_csv(("code", "name", "region", "prefecture", "neighbours"), departements)
    )
    print(f"{len(rows):,} communes, {len(merged):,} merged, {len(departements)} departements")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
