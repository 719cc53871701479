import pytest

from route112.watch.detectors.usual import FADE_US, HELD_US, Usual

MINUTE = 60_000_000


def fill(usual, minutes, *, per_minute, begin_us=0, is_usual=True):
    for minute in range(minutes):
        now_us = begin_us + minute * MINUTE
        usual.add(per_minute, per_minute / 4.0, now_us=now_us, is_usual=is_usual)
    return now_us


def test_a_steady_stream_is_known_after_minutes_and_after_hours():
    for minutes in (30, 60, 600):
        usual = Usual()
        now_us = fill(usual, minutes, per_minute=60.0)
        assert usual.rate_per_s(now_us=now_us, begun_us=0) == pytest.approx(1.0, rel=0.35)
        assert usual.share == pytest.approx(0.25)


def test_nothing_is_known_at_first():
    usual = Usual()
    fill(usual, 5, per_minute=60.0)
    assert usual.rate_per_s(now_us=5 * MINUTE, begun_us=0) == 0.0
    assert usual.share == 0.0


def test_what_comes_now_is_no_excuse_for_itself():
    usual = Usual()
    now_us = fill(usual, 301, per_minute=60.0)
    before = usual.rate_per_s(now_us=now_us, begun_us=0)
    usual.add(100_000.0, 0.0, now_us=now_us + MINUTE, is_usual=True)
    assert usual.rate_per_s(now_us=now_us + MINUTE, begun_us=0) <= before


def test_what_comes_during_an_alarm_teaches_nothing_and_nothing_is_unlearned():
    usual = Usual()
    now_us = fill(usual, 301, per_minute=60.0)
    before = usual.rate_per_s(now_us=now_us, begun_us=0)
    end_us = fill(usual, 600, per_minute=9_000.0, begin_us=now_us, is_usual=False)
    assert usual.rate_per_s(now_us=end_us, begun_us=0) == pytest.approx(before, rel=0.15)
    assert end_us - now_us > FADE_US > HELD_US
