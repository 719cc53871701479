"""
Parts of a commune as people write them: a polygon in WKT, or a list of streets.

`POLYGON((lon lat, lon lat, ...))` has longitude first, in degrees of WGS 84, the outer ring
first and then holes. `rues: A; B` names streets.

Source: OGC 06-103r4 section 7.2 is the grammar of WKT; only POLYGON is taken.
"""

import re
from itertools import pairwise

from route112.model import Area
from route112.wire.pdaau_table.synonyms import STREETS, WHOLE_AREAS
from route112.wire.text import fold

RINGS_MAX = 20
"""Most rings of a polygon."""
STREETS_MAX = 200
"""Most streets of an area."""
_POINTS_MIN = 4
_NUMBER = r"[-+]?[0-9]{1,3}(?:\.[0-9]{1,15})?"
_POINT = re.compile(rf"\s*({_NUMBER})\s+({_NUMBER})\s*")
_POLYGON = re.compile(r"\s*POLYGON\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)
_RING = re.compile(r"\s*\(([^()]*)\)\s*")

Ring = tuple[tuple[float, float], ...]


class AreaError(ValueError):
    """A text that does not say an area; the message is for its author."""


def parse_area(text: str) -> Area | None:
    """
    Read a part of a commune; None means all of it.

    Raises: AreaError with a sentence that says what is not understood.
    """
    bare = text.strip()
    if not bare or fold(bare) in WHOLE_AREAS:
        return None
    head, colon, rest = bare.partition(":")
    if colon and fold(head) in STREETS:
        return Area(text=bare, streets=_read_streets(rest))
    if match := _POLYGON.fullmatch(bare):
        return Area(text=bare, rings=_read_rings(match[1]))
    raise AreaError("the area is neither POLYGON((longitude latitude, ...)) nor `rues: A; B`")


def _read_streets(rest: str) -> tuple[str, ...]:
    streets = tuple(dict.fromkeys(fold(street) for street in rest.split(";") if fold(street)))
    if not streets:
        raise AreaError("the area names no street")
    if len(streets) > STREETS_MAX:
        raise AreaError(f"the area names more than {STREETS_MAX} streets")
    return streets


def _read_rings(body: str) -> tuple[Ring, ...]:
    rings: list[Ring] = []
    position = 0
    while True:
        match = _RING.match(body, position)
        if match is None:
            raise AreaError("the brackets of the polygon do not match")
        rings.append(_read_ring(match[1]))
        if len(rings) > RINGS_MAX:
            raise AreaError(f"the polygon has more than {RINGS_MAX} rings")
        position = match.end()
        if position == len(body):
            return tuple(rings)
        if body[position] != ",":
            raise AreaError("the brackets of the polygon do not match")
        position += 1


def _read_ring(body: str) -> Ring:
    points: list[tuple[float, float]] = []
    for part in body.split(","):
        match = _POINT.fullmatch(part)
        if match is None:
            raise AreaError(f"{part.strip()[:40]!r} is not a point `longitude latitude`")
        lon, lat = float(match[1]), float(match[2])
        if abs(lon) > 180 or abs(lat) > 90:  # noqa: PLR2004
            raise AreaError(f"{part.strip()!r} is not on Earth: write longitude, then latitude")
        points.append((lon, lat))
    if len(points) < _POINTS_MIN or points[0] != points[-1]:
        raise AreaError("a ring of the polygon is not closed: repeat its first point at the end")
    if not _double_area(points):
        raise AreaError("a ring of the polygon encloses nothing")
    return tuple(points)


def _double_area(points: list[tuple[float, float]]) -> float:
    # Relative to the first point, so that a small ring far from the origin is not rounded away.
    x0, y0 = points[0]
    return sum(
        (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairwise(points)
    )
