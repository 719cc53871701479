import datetime as dt

import pytest

from route112.watch.watching.week import Holidays, Week, find_easter


def at(text):
    return int(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    "day", ["2021-04-04", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25"]
)
def test_easter(day):
    assert find_easter(int(day[:4])) == dt.date.fromisoformat(day)


def test_a_week_begins_on_monday_by_the_clock_of_the_country():
    week = Week(lambda _: 7_200, Holidays())
    assert week.hour_of(at("2021-05-30T22:00:00+00:00")) == 0
    assert week.hour_of(at("2021-05-30T21:59:59+00:00")) == 167
    assert week.hour_of(at("2021-06-02T14:45:00+00:00")) == 2 * 24 + 16
    west = Week(lambda _: -4 * 3_600, Holidays())
    assert west.hour_of(at("2021-05-31T03:59:59+00:00")) == 167


@pytest.mark.parametrize("day", ["2027-05-01", "2026-05-14", "2027-06-14", "2028-02-29"])
def test_a_holiday_is_a_sunday(day):
    holidays = Holidays(["05-01", "easter+39", "2027-06-14", "02-29", "easter"])
    week = Week(lambda _: 0, holidays)
    assert week.hour_of(at(f"{day}T03:10:00+00:00")) == 6 * 24 + 3
    assert not holidays.has(dt.date(2026, 6, 14))


@pytest.mark.parametrize("entry", ["", "1 May", "13-01", "02-30", "2027-02-29", "easter+", "5-1"])
def test_what_is_no_day_is_refused(entry):
    with pytest.raises(ValueError):
        Holidays([entry])
