import datetime as dt

import pytest

from route112.adapters.clock import load_timezones, utc_now


def test_the_clock_ticks_in_microseconds_of_utc():
    first = utc_now()
    assert utc_now() >= first > dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp() * 1_000_000


def test_zones_come_by_name():
    zones = load_timezones(["Europe/Paris", "Indian/Reunion", "Europe/Paris"])
    assert list(zones) == ["Europe/Paris", "Indian/Reunion"]
    summer = dt.datetime(2026, 7, 1, tzinfo=zones["Europe/Paris"])
    assert summer.utcoffset() == dt.timedelta(hours=2)


@pytest.mark.parametrize(
    "name", ["Europe/Brest", "", "../zone.tab", "/etc/passwd", "Europe", "a/b/c/d"]
)
def test_what_is_no_zone_is_left_out(name):
    assert load_timezones([name]) == {}
