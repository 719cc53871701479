import datetime as dt

import pytest

from route112.adapters.clock import load_timezones
from route112.planning.offsets import YEARS_AFTER, list_offsets

FROM = 1_793_491_200 * 1_000_000
UNTIL = 1_830_211_200 * 1_000_000
"""2026-11-01 and 2027-12-31."""


def offsets(name):
    return list_offsets(load_timezones([name])[name], valid_from=FROM, valid_until=UNTIL)


def test_summer_and_winter_time_change_at_one_o_clock_utc():
    found = offsets("Europe/Paris")
    assert found[0] == (int(dt.datetime(2025, 1, 1, tzinfo=dt.UTC).timestamp()), 3600)
    changes = [dt.datetime.fromtimestamp(second, tz=dt.UTC) for second, _ in found[1:]]
    assert dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC) in changes
    assert {(change.hour, change.minute, change.second) for change in changes} == {(1, 0, 0)}
    assert [offset for _, offset in found[1:5]] == [7200, 3600, 7200, 3600]
    assert changes[-1].year == 2027 + YEARS_AFTER


def test_a_zone_without_summer_time_has_one_offset():
    assert [offset for _, offset in offsets("Indian/Reunion")] == [4 * 3600]


@pytest.mark.parametrize("name", ["Europe/Paris", "America/Miquelon", "Pacific/Noumea"])
def test_every_hour_of_two_years_agrees_with_the_zone_itself(name):
    zone = load_timezones([name])[name]
    found = offsets(name)
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for _ in range(2 * 365 * 24):
        expected = moment.astimezone(zone).utcoffset().total_seconds()
        second = moment.timestamp()
        assert [offset for start, offset in found if start <= second][-1] == expected
        moment += dt.timedelta(hours=1)
