"""Offsets from UTC, worked out ahead so that no site needs time-zone files."""

import datetime as dt

DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)
YEARS_BEFORE = 1
"""Years before the start of validity that transitions are listed from."""
YEARS_AFTER = 10
"""Years after the end of validity: a snapshot that outlives itself keeps the right hours."""


def list_offsets(
    zone: dt.tzinfo, *, valid_from: int, valid_until: int
) -> tuple[tuple[int, int], ...]:
    """
    List the offsets of a time zone around a period of validity.

    Args:
        zone: from the `tzdata` package, never from the machine, so that builds agree.
        valid_from: UTC, microseconds.
        valid_until: UTC, microseconds.

    Returns: (UTC second from which it holds, offset in seconds), ascending.

    """
    first = _year(valid_from) - YEARS_BEFORE
    last = _year(valid_until) + YEARS_AFTER
    now = dt.datetime(first, 1, 1, tzinfo=dt.UTC)
    end = dt.datetime(last + 1, 1, 1, tzinfo=dt.UTC)
    offset = _offset(zone, now)
    found = [(int(now.timestamp()), offset)]
    while now < end:
        following = now + DAY
        if _offset(zone, following) != offset:
            moment = _find_change(zone, now, following)
            offset = _offset(zone, moment)
            found.append((int(moment.timestamp()), offset))
            following = moment
        now = following
    return tuple(found)


def _year(time_us: int) -> int:
    return dt.datetime.fromtimestamp(time_us // 1_000_000, tz=dt.UTC).year


def _offset(zone: dt.tzinfo, moment: dt.datetime) -> int:
    shift = moment.astimezone(zone).utcoffset()
    assert shift is not None
    return int(shift.total_seconds())


def _find_change(zone: dt.tzinfo, low: dt.datetime, high: dt.datetime) -> dt.datetime:
    """Return the first second in (low, high] whose offset differs from that at `low`."""
    before = _offset(zone, low)
    while high - low > SECOND:
        middle = low + ((high - low) // 2 // SECOND) * SECOND
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high
