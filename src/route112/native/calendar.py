"""
Local time as the snapshot tells it: is a variant open, and when does an answer change next.

Source: docs/decisions/0002-clock-changes-in-the-snapshot.md.
"""

from typing import Iterator

from route112.model import WEEK_MINUTES, UtcTime
from route112.snapshot.content import VariantRow
from route112.snapshot.reader import NONE, Snapshot

SEARCH_DAYS = 8
"""How far opening hours are searched: they repeat weekly, and a clock change moves them less
than a day."""
_US_PER_S = 1_000_000
_DAY_S = 86_400
_WEEK_S = 7 * _DAY_S
_MONDAY_S = 3 * _DAY_S
"""1970-01-01 was a Thursday: three days after a Monday."""


def find_minute(snapshot: Snapshot, departement: int, now: UtcTime) -> int:
    """Return the minute of the local week in a departement, from Monday 00:00."""
    local_s = now // _US_PER_S + snapshot.offset_s(departement, now)
    return (local_s + _MONDAY_S) // 60 % WEEK_MINUTES


def is_open(snapshot: Snapshot, variant: VariantRow, minute: int) -> bool:
    """Tell whether a variant holds at a minute of the local week."""
    return variant.hours == NONE or snapshot.hours(variant.hours).covers(minute)


def next_order_change(snapshot: Snapshot, *, now: UtcTime) -> UtcTime | None:
    """Return the first instant after `now` at which an order begins or ends, however far away."""
    edges = (edge for order in snapshot.orders for edge in (order.starts, order.expires))
    return min((edge for edge in edges if edge > now), default=None)


def next_hours_change(snapshot: Snapshot, *, now: UtcTime) -> UtcTime | None:
    """
    Return the first instant after `now` at which hours, or clocks, may change an answer.

    None where there is none within SEARCH_DAYS.
    """
    boundaries = _list_boundaries(snapshot)
    if not boundaries:
        return None
    instants = (
        instant
        for clock in {row.offsets for row in snapshot.departements}
        for instant in _list_edges(clock, boundaries, now // _US_PER_S)
    )
    return min((UtcTime(instant) for instant in instants if instant > now), default=None)


def _list_boundaries(snapshot: Snapshot) -> frozenset[int]:
    """List the seconds of the local week at which some hours begin or end."""
    all_hours = map(snapshot.hours, range(snapshot.records.frame.count("hours")))
    return frozenset(
        edge * 60 % _WEEK_S for hours in all_hours for span in hours.spans for edge in span
    )


def _list_edges(
    clock: tuple[tuple[int, int], ...], boundaries: frozenset[int], now_s: int
) -> Iterator[int]:
    """
    List the first boundaries after `now_s` in each stretch of one offset, and the clock changes.

    Args:
        clock: (UTC second from which it holds, offset in seconds), ascending.
        boundaries: seconds of the local week.
        now_s: UTC second.
    Returns: UTC microseconds, in no order.

    """
    horizon_s = now_s + SEARCH_DAYS * _DAY_S
    ends = [start for start, _ in clock[1:]] + [horizon_s]
    for (start_s, offset_s), end_s in zip(clock, ends, strict=True):
        from_s = max(start_s, now_s + 1)
        if from_s >= min(end_s, horizon_s):
            continue
        if start_s > now_s:
            yield start_s * _US_PER_S
        week_s = (from_s + offset_s + _MONDAY_S) % _WEEK_S
        first_s = from_s + min((boundary - week_s) % _WEEK_S for boundary in boundaries)
        if first_s < end_s:
            yield first_s * _US_PER_S
