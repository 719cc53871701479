import math

import pytest

from route112.watch.detectors.evidence import ABOVE, CLEAR_RUN, Evidence, Tallies, Tally


def test_a_sum_is_never_below_zero_and_says_since_when():
    evidence = Evidence()
    evidence.add(-5.0, now_us=1, threshold=10.0)
    assert evidence.value == 0.0
    for now_us in (7, 8, 9):
        evidence.add(4.0, now_us=now_us, threshold=10.0)
    assert evidence.is_open
    assert evidence.since_us == 7
    evidence.add(4.0, now_us=10, threshold=10.0)
    assert evidence.value == 10.0 + ABOVE


def test_an_alarm_is_over_at_half_its_threshold():
    evidence = Evidence()
    evidence.add(12.0, now_us=1, threshold=10.0)
    evidence.add(-6.0, now_us=2, threshold=10.0)
    assert evidence.is_open
    evidence.add(-2.0, now_us=3, threshold=10.0)
    assert not evidence.is_open
    assert evidence.value == 0.0


def test_an_alarm_is_over_after_a_run_of_good_tests():
    evidence = Evidence()
    evidence.add(12.0, now_us=1, threshold=10.0)
    for _ in range(CLEAR_RUN - 1):
        evidence.add(-0.01, now_us=2, threshold=10.0)
    assert evidence.is_open
    evidence.add(-0.01, now_us=2, threshold=10.0)
    assert not evidence.is_open


def test_what_was_seen_fades():
    tally = Tally(fade_us=1e6)
    tally.add(1.0, now_us=1_000_000)
    assert tally.rate_per_s == pytest.approx(1.0)
    tally.add(0.0, now_us=2_000_000)
    assert tally.seen == pytest.approx(1.0 + math.exp(-1.0))
    assert tally.bad == pytest.approx(math.exp(-1.0))
    tally.fade(1_500_000)
    assert tally.at_us == 2_000_000, "time does not go backwards"


def test_the_tally_that_was_not_used_for_longest_is_forgotten():
    tallies = Tallies(fade_us=1e6, count_max=2)
    for key in ("a", "b", "a", "c"):
        tallies.add(key, 1.0, 5)
    assert len(tallies) == 2
    seen = {key: tallies.read(key, 5)[1] for key in "abc"}
    assert seen == {"a": 2.0, "b": 0.0, "c": 1.0}
    assert tallies.forgotten == 1


def test_tallies_fade_as_one_does_for_however_long():
    tallies, tally = Tallies(fade_us=1e6, count_max=9), Tally(fade_us=1e6)
    for second in (*range(1_000, 1_100), 1_090, 1_200, 5_000, 5_001):
        now_us = second * 1_000_000
        tallies.add("a", second % 2, now_us)
        tally.add(second % 2, now_us=now_us)
        assert tallies.read("a", now_us) == pytest.approx((tally.bad, tally.seen))
