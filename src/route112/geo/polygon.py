"""Tell whether a point lies in a polygon."""

from collections.abc import Sequence
from itertools import pairwise

Ring = Sequence[tuple[float, float]]
"""Closed ring of (longitude, latitude) in degrees, WGS 84."""


def contains(rings: Sequence[Ring], lon_deg: float, lat_deg: float) -> bool:
    """
    Tell whether a point lies inside a polygon: in its outer ring and in none of its holes.

    Edges are straight in longitude and latitude. A point on an edge belongs to one side of it:
    of two polygons that share the edge in opposite directions, exactly one holds the point.
    A polygon across the 180th meridian must be cut in two first.
    """
    inside = False
    for ring in rings:
        for (lon_1, lat_1), (lon_2, lat_2) in pairwise(ring):
            if (lat_1 > lat_deg) is (lat_2 > lat_deg):
                continue
            if lon_deg < lon_1 + (lat_deg - lat_1) / (lat_2 - lat_1) * (lon_2 - lon_1):
                inside = not inside
    return inside
