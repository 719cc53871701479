from datetime import UTC, datetime

import pytest
from tests.support.snapshots import small_content

from route112.edgetable.clock import LocalWeek
from route112.model import Hours, UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

SNAPSHOT = Snapshot(write_snapshot(small_content()))
EVENINGS = Hours(tuple((day * 1440 + 1200, day * 1440 + 1440) for day in range(7)))


def at(text):
    return UtcTime(int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000)


def week(text, shift_us=0):
    return LocalWeek(SNAPSHOT, 0, now=UtcTime(at(text) + shift_us))


@pytest.mark.parametrize(
    ("instant", "minute"),
    [
        ("2026-11-15T12:00:00", 6 * 1440 + 13 * 60),  # a Sunday in winter time
        ("2026-11-15T23:00:00", 0),
        ("2026-07-13T21:59:59", 1439),  # a Monday in summer time
        ("1969-12-31T23:00:00", 3 * 1440),
    ],
)
def test_hours_are_judged_by_the_local_minute(instant, minute):
    assert week(instant).is_open(Hours(((minute, minute + 1),)))
    closed = [span for span in ((0, minute), (minute + 1, 10_080)) if span[0] < span[1]]
    assert not week(instant).is_open(Hours(tuple(closed)))


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
def test_hours_change_at_local_boundaries_or_with_the_clock(now, then):
    assert week(now).find_change(EVENINGS) == at(then)


def test_a_boundary_within_the_running_second_is_not_missed():
    assert week("2026-12-15T19:00:00", -1).find_change(EVENINGS) == at("2026-12-15T19:00:00")


def test_the_end_of_the_week_is_its_beginning():
    weekly = Hours(((600, 10_080),))
    assert week("2026-11-15T23:00:00").find_change(weekly) == at("2026-11-16T09:00:00")
    assert week("2026-11-16T09:00:00").find_change(weekly) == at("2026-11-22T23:00:00")
    assert week("2026-11-22T22:59:59").find_change(weekly) == at("2026-11-22T23:00:00")


def test_hours_of_one_moment_a_week_come_round_in_a_week():
    always = Hours(((0, 10_080),))
    assert week("2027-06-06T22:00:00").find_change(always) == at("2027-06-13T22:00:00")
