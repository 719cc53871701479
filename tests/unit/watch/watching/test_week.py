import datetime as dt

from route112.model.holidays import Holidays
from route112.watch.watching.week import Week


def at(text):
    return int(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000


def test_a_week_begins_on_monday_by_the_clock_of_the_country():
    week = Week(lambda _: 7_200, Holidays())
    assert week.hour_of(at("2021-05-30T22:00:00+00:00")) == 0
    assert week.hour_of(at("2021-05-30T21:59:59+00:00")) == 167
    assert week.hour_of(at("2021-06-02T14:45:00+00:00")) == 2 * 24 + 16
    west = Week(lambda _: -4 * 3_600, Holidays())
    assert west.hour_of(at("2021-05-31T03:59:59+00:00")) == 167


def test_a_holiday_is_a_sunday():
    week = Week(lambda _: 0, Holidays(["05-01"]))
    assert week.hour_of(at("2026-05-01T03:10:00+00:00")) == 6 * 24 + 3
    assert week.hour_of(at("2026-05-01T03:59:00+00:00")) == 6 * 24 + 3
