import pytest

from route112.watch.detectors.delays import COUNTS, FADE_US, FIRST_MS, KNOWN, STEP, Delays

MINUTE = 60_000_000


def fill(delays, values, *, at_us):
    for value in values:
        delays.add(value, now_us=at_us)
    delays.add(values[-1], now_us=at_us + MINUTE)
    return delays.limit_ms


def test_late_is_what_nine_of_ten_are_not_and_twice_the_half():
    assert fill(Delays(), [1_000.0] * 95 + [9_000.0] * 5, at_us=MINUTE) == pytest.approx(
        2_000.0, rel=STEP - 1.0
    )
    mixed = [1_000.0] * 60 + [9_000.0] * 40
    assert fill(Delays(), mixed, at_us=MINUTE) == pytest.approx(9_000.0, rel=STEP - 1.0)


def test_nothing_is_late_before_enough_is_known():
    assert fill(Delays(), [1_000.0] * int(KNOWN - 2), at_us=MINUTE) is None


def test_the_longest_and_the_shortest_have_a_place():
    assert fill(Delays(), [0.0] * 100, at_us=MINUTE) == pytest.approx(2.0 * FIRST_MS * STEP)
    longest = FIRST_MS * STEP**COUNTS
    assert fill(Delays(), [1e9] * 100, at_us=MINUTE) == pytest.approx(2.0 * longest)


def test_what_was_long_ago_counts_for_little():
    delays = Delays()
    fill(delays, [9_000.0] * 100, at_us=MINUTE)
    late_us = int(6 * FADE_US)
    assert fill(delays, [500.0] * 100, at_us=late_us) < 2_000.0
