from datetime import UTC, datetime

import pytest
from tests.support.snapshots import NOW, VALID_FROM, small_content

from route112.model import Hours, UtcTime
from route112.native.calendar import find_minute, is_open, next_hours_change, next_order_change
from route112.snapshot.content import VariantRow
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


def at(text):
    return UtcTime(int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000)


def opened(**changes):
    return Snapshot(write_snapshot(small_content(**changes)))


@pytest.mark.parametrize(
    ("instant", "minute"),
    [
        ("2026-11-15T12:00:00", 6 * 1440 + 13 * 60),  # a Sunday, winter time
        ("2026-11-15T23:00:00", 0),
        ("2026-07-13T21:59:59", 1439),  # a Monday, summer time
        ("1969-12-31T23:00:00", 3 * 1440),
    ],
)
def test_the_minute_of_the_week_is_local(instant, minute):
    assert find_minute(opened(), 0, at(instant)) == minute


def test_a_variant_without_hours_is_always_open():
    snapshot = opened()
    assert is_open(snapshot, VariantRow(lines=(0,), rules=("primary",)), 5)
    nights = VariantRow(lines=(0,), rules=("primary",), hours=0)
    assert [is_open(snapshot, nights, minute) for minute in (1199, 1200, 1439, 1440)] == [
        False,
        True,
        True,
        False,
    ]


def test_nothing_changes_without_orders_and_hours():
    snapshot = opened(orders=(), hours=(), routes=plain())
    assert next_hours_change(snapshot, now=NOW) is None
    assert next_order_change(snapshot, now=NOW) is None


def plain():
    return tuple((VariantRow(lines=(index,), rules=("primary",)),) for index in range(6))


def test_an_order_counts_however_far_away_it_is():
    snapshot = opened(hours=(), routes=plain())
    assert next_order_change(snapshot, now=UtcTime(VALID_FROM - 10**15)) == VALID_FROM
    assert next_order_change(snapshot, now=VALID_FROM) == NOW + 86_400_000_000
    assert next_order_change(snapshot, now=UtcTime(NOW + 86_400_000_000)) is None


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-12-15T12:00:00", "2026-12-15T19:00:00"),
        ("2026-12-15T18:59:59", "2026-12-15T19:00:00"),
        ("2026-12-15T19:00:00", "2026-12-15T23:00:00"),
        ("2026-07-13T12:00:00", "2026-07-13T18:00:00"),
        ("2027-03-27T23:30:00", "2027-03-28T01:00:00"),  # the clock itself changes
        ("2027-03-28T01:00:00", "2027-03-28T18:00:00"),
    ],
)
def test_opening_hours_change_at_local_boundaries(now, then):
    assert next_hours_change(opened(orders=()), now=at(now)) == at(then)


def test_a_boundary_within_the_running_second_is_not_missed():
    before = UtcTime(at("2026-12-15T19:00:00") - 1)
    assert next_hours_change(opened(orders=()), now=before) == at("2026-12-15T19:00:00")


def test_one_boundary_a_week_is_found_a_week_ahead():
    weekly = (Hours(((600, 10_080),)),)
    snapshot = opened(orders=(), hours=weekly)
    assert next_hours_change(snapshot, now=at("2026-11-15T23:00:00")) == at("2026-11-16T09:00:00")
    assert next_hours_change(snapshot, now=at("2026-11-16T09:00:00")) == at("2026-11-22T23:00:00")
