from dataclasses import replace

import pytest
from tests.support.alarms import series
from tests.support.seen import T0, S, see

from route112.model.thresholds import Threshold, Thresholds
from route112.watch.alarms import threshold as module
from route112.watch.alarms.threshold import ThresholdWatch
from route112.watch.findings import Change, FindingKind

OWN = Threshold(number="15", below=0.85, attempts_min=20, window_s=900, justification="2021")
FILE = Thresholds(version="7", law="CPCE", own=(OWN,))
KEY = (FindingKind.THRESHOLD, series(number="15"))


@pytest.fixture
def watch():
    return ThresholdWatch(FILE, number_of=str)


def play(watch, count, *, failed=0, at_s=0, **values):
    for index in range(count):
        outcome = "failed" if index < failed else "answered"
        watch.add_end(see(f"{at_s}-{index}", at_s, outcome=outcome, **values))


def tick(watch, at_s):
    return watch.tick(T0 + at_s * S)


def test_a_ratio_below_the_threshold_is_an_alert_with_its_reason(watch):
    play(watch, 80)
    play(watch, 20, failed=20, at_s=120)
    (found,) = tick(watch, 180).begun
    assert (found.kind, found.series, found.seen, found.expected) == (*KEY, 0.8, 0.85)
    (fact,) = found.evidence
    assert fact.startswith("80.0% of 100 attempts answered within 900 s; alert below 85.0% (CPCE,")
    assert fact.endswith("version 7, set by the operator)")
    assert T0 <= found.since_us <= T0 + 120 * S
    assert tick(watch, 240) == Change()


def test_who_tries_again_counts_again(watch):
    watch.add_arrival(see())
    play(watch, 20, failed=20)
    assert len(tick(watch, 60).begun) == 1


def test_few_attempts_tests_and_strangers_say_nothing(watch):
    play(watch, 19, failed=19)
    play(watch, 50, failed=50, is_test=True)
    play(watch, 50, failed=50, corrects=True)
    play(watch, 50, failed=50, party="origin")
    play(watch, 50, failed=50, number="116117")
    assert tick(watch, 60) == Change()


def test_it_compares_once_a_minute(watch):
    assert tick(watch, 0) == Change()
    play(watch, 20, failed=20)
    assert tick(watch, 10) == Change()
    assert tick(watch, 60).begun


def test_it_is_over_when_the_ratio_is_better_by_a_margin(watch):
    play(watch, 100, failed=16)
    assert tick(watch, 60).begun
    play(watch, 10, at_s=70)
    assert tick(watch, 120) == Change()
    play(watch, 30, at_s=130)
    assert tick(watch, 180).over == (KEY,)


def test_it_is_over_when_too_few_call(watch):
    play(watch, 20, failed=20)
    assert tick(watch, 60).begun
    assert tick(watch, 1_200).over == (KEY,)


def test_an_order_sets_another_threshold_and_its_end_takes_it_away(watch):
    play(watch, 100, failed=12)
    assert tick(watch, 60) == Change()
    order = replace(OWN, below=0.95, order="A-1", starts_us=0, expires_us=T0 + 200 * S)
    watch.use(replace(FILE, own=(), ordered=(order,)))
    (found,) = tick(watch, 120).begun
    assert "order A-1" in found.evidence[0]
    assert tick(watch, 240).over == (KEY,)


def test_what_is_older_than_any_window_is_forgotten(watch, monkeypatch):
    monkeypatch.setattr(module, "WINDOW_S_MAX", 600)
    play(watch, 100, failed=100)
    assert tick(watch, 60).begun
    play(watch, 20, at_s=700)
    assert tick(watch, 800).over == (KEY,)
