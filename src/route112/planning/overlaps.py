"""When and where two rows of one key hold together."""

import shapely

from route112.model import Area, Hours
from route112.planning.resolve import Variant

OVERLAP_DEG2_MIN = 1e-9
"""Polygons that share less, in square degrees (some 10 m2), only touch."""


def find_overlap(first: Variant, second: Variant) -> str | None:
    """
    Say when and where two variants of a route both hold, or None where that is no fault.

    The variant without any condition is the rest and overlaps nothing. Nor does a narrower
    variant that stands first: hours and area before hours alone.
    """
    narrow = [sum(part is not None for part in (v.hours, v.area)) for v in (first, second)]
    if narrow[1] == 0 or narrow[0] > narrow[1]:
        return None
    if not _hours_meet(first.hours, second.hours) or not _areas_meet(first.area, second.area):
        return None
    if first.hours and second.hours:
        start = next(
            max(one[0], other[0])
            for one in first.hours.spans
            for other in second.hours.spans
            if max(one[0], other[0]) < min(one[1], other[1])
        )
        day = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        at = f"on {day[start // 1440]} at {start % 1440 // 60:02}:{start % 60:02}"
        return at if first.area is None else f"{at} in one place"
    return "in one place"


def _hours_meet(first: Hours | None, second: Hours | None) -> bool:
    if first is None or second is None:
        return True
    return any(
        max(one[0], other[0]) < min(one[1], other[1])
        for one in first.spans
        for other in second.spans
    )


def _areas_meet(first: Area | None, second: Area | None) -> bool:
    """Streets are compared with streets, polygons with polygons; a caller has one or the other."""
    if first is None or second is None:
        return True
    if first.streets and second.streets:
        return not set(first.streets).isdisjoint(second.streets)
    if first.rings and second.rings:
        shared = shapely.intersection(_polygon(first), _polygon(second))
        return bool(shapely.area(shared) > OVERLAP_DEG2_MIN)
    return False


def _polygon(area: Area) -> shapely.Geometry:
    outer, *holes = area.rings
    return shapely.make_valid(shapely.Polygon(outer, holes))
