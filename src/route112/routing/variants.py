"""
Choose among the variants of a route: by opening hours, and by the area of a split commune.

The choice is total. Each variant is open or closed at the local minute, and its area holds the
call, does not hold it, or cannot be told because the call has no usable position or street. The
first open variant whose area holds the call wins. Where none does, the nearest thing to it is
taken, and the choice says what was missing.
"""

import enum
from dataclasses import dataclass
from typing import NamedTuple

from route112.geo.polygon import contains
from route112.model import WEEK_MINUTES, Area, Call, Hours, UtcTime, fold_text
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

STREET_CHARS_MAX = 200
"""Characters of a caller's street that are compared."""
LON_DEG_MAX = 180
LAT_DEG_MAX = 90
"""A position beyond them, or one that is not a number, is no position."""
EPOCH_MINUTE_OF_WEEK = 3 * 24 * 60
"""1970-01-01 was a Thursday."""


class Fit(enum.IntEnum):
    """How well an area holds a call; less is better."""

    INSIDE = 0
    UNKNOWN = 1
    OUTSIDE = 2


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant of a route with its conditions looked up."""

    lines: tuple[int, ...]
    """Indexes of the snapshot's lines."""
    rules: tuple[str, ...]
    """Of each line."""
    hours: Hours | None
    area: Area | None


class Choice(NamedTuple):
    """Which variants serve a call, and what could not be told."""

    variants: tuple[int, ...]
    """Indexes of the route's variants, in try order; empty only for a route without any."""
    closed: bool = False
    """No variant is open at this hour."""
    area_unknown: bool = False
    """Another variant may be the right one: the caller's place in the commune is not known."""


def read_variants(snapshot: Snapshot, route: int) -> tuple[Variant, ...]:
    """Look up the variants of a route with their hours and areas."""
    return tuple(
        Variant(
            row.lines,
            row.rules,
            None if row.hours == NONE else snapshot.hours(row.hours),
            None if row.area == NONE else snapshot.area(row.area),
        )
        for row in snapshot.route(route)
    )


def is_plain(variants: tuple[Variant, ...]) -> bool:
    """Tell whether time and place of the call do not matter to this route."""
    return len(variants) <= 1 and all(
        variant.hours is None and variant.area is None for variant in variants
    )


def compute_minute_of_week(now: UtcTime, offset_s: int) -> int:
    """Return the local minute of the week (0 is Monday 00:00) at `offset_s` east of UTC."""
    return ((now // 1_000_000 + offset_s) // 60 + EPOCH_MINUTE_OF_WEEK) % WEEK_MINUTES


def choose_variants(variants: tuple[Variant, ...], call: Call, *, minute_of_week: int) -> Choice:
    """
    Choose the variants that serve a call.

    The first open variant whose area holds the call; where there is none, every variant that
    fits best, in the order of the plan: among the open ones, or among all when none is open.
    """
    doubted = False
    for index, variant in enumerate(variants):
        if variant.hours is None or variant.hours.covers(minute_of_week):
            fit = rate_area(variant.area, call)
            if fit is Fit.INSIDE:
                return Choice((index,), area_unknown=doubted)
            doubted = doubted or fit is Fit.UNKNOWN
    return _choose_nearest(variants, call, minute_of_week) if variants else Choice(())


def _choose_nearest(variants: tuple[Variant, ...], call: Call, minute_of_week: int) -> Choice:
    opened = tuple(
        index
        for index, variant in enumerate(variants)
        if variant.hours is None or variant.hours.covers(minute_of_week)
    )
    pool = opened or tuple(range(len(variants)))
    fits = {index: rate_area(variants[index].area, call) for index in pool}
    best = min(fits.values())
    fitting = tuple(index for index in pool if fits[index] is best)
    doubted = best is not Fit.INSIDE or any(
        fits[index] is Fit.UNKNOWN for index in pool if index < fitting[0]
    )
    return Choice(fitting, closed=not opened, area_unknown=doubted)


def rate_area(area: Area | None, call: Call) -> Fit:
    """Tell whether an area holds a call; no area is everywhere."""
    if area is None:
        return Fit.INSIDE
    position = _find_position(call) if area.rings else None
    street = fold_text(call.street[:STREET_CHARS_MAX]) if area.streets else ""
    if position and contains(area.rings, *position):
        return Fit.INSIDE
    if street in area.streets:
        return Fit.INSIDE
    told = (not area.rings or position) and (not area.streets or street)
    return Fit.OUTSIDE if told else Fit.UNKNOWN


def _find_position(call: Call) -> tuple[float, float] | None:
    lon_deg, lat_deg = call.lon_deg, call.lat_deg
    if lon_deg is None or lat_deg is None:
        return None
    on_earth = abs(lon_deg) <= LON_DEG_MAX and abs(lat_deg) <= LAT_DEG_MAX
    return (lon_deg, lat_deg) if on_earth else None
