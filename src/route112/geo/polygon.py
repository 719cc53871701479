"""
Points in polygons, exactly: the boundary belongs to the polygon, and rounding decides nothing.

Coordinates are floats, and floats are fractions. The side of a point relative to an edge is
computed in floats first; only where rounding could have turned the sign is it computed again
with fractions.
"""

from fractions import Fraction
from itertools import pairwise
from typing import Sequence

Point = tuple[float, float]

_ERROR_RATIO = 8e-16
"""
Bound of the rounding error of the float determinant, relative to the sum of its products.

Four subtractions, two products and one sum, each off by at most 2**-53 of its result, make
less than 5 such steps in all: 5 * 1.2e-16 < 8e-16.
"""

_UNDERFLOW = 1e-290
"""Below it products lose digits for want of exponents."""


def contains(rings: Sequence[Sequence[Point]], lon: float, lat: float) -> bool:
    """
    Tell whether a point lies in a polygon or on its boundary.

    Args: `rings`: closed rings of (longitude, latitude) in degrees, outer first, then holes; a
    point inside an odd number of rings is inside. The boundary of a hole belongs to the polygon.
    Raises: nothing. Cost: linear in the number of points.
    """
    is_inside = False
    for ring in rings:
        for start, end in pairwise(ring):
            if (start[1] > lat) == (end[1] > lat):
                # Level with the point or beside it: it cannot cross the ray, only touch.
                if start[1] == end[1] == lat and _is_between(start[0], lon, end[0]):
                    return True
                if (lon, lat) in (start, end):
                    return True
                continue
            side = find_side(start, end, lon, lat)
            if side == 0:
                return True
            if (side > 0) == (end[1] > start[1]):
                is_inside = not is_inside
    return is_inside


def _is_between(one: float, middle: float, other: float) -> bool:
    return min(one, other) <= middle <= max(one, other)


def find_side(start: Point, end: Point, lon: float, lat: float) -> int:
    """Return 1 where the point lies left of the edge, -1 right of it, 0 exactly on its line."""
    left = (end[0] - start[0]) * (lat - start[1])
    right = (lon - start[0]) * (end[1] - start[1])
    determinant = left - right
    if abs(determinant) > _ERROR_RATIO * (abs(left) + abs(right)) + _UNDERFLOW:
        return 1 if determinant > 0 else -1
    x0, y0 = Fraction(start[0]), Fraction(start[1])
    exact = (Fraction(end[0]) - x0) * (Fraction(lat) - y0)
    exact -= (Fraction(lon) - x0) * (Fraction(end[1]) - y0)
    return (exact > 0) - (exact < 0)
