"""A site that stood still is told by its own clock, whoever runs first afterwards."""

import pytest

from route112.adapters.kemi.heartbeat import (
    GAP_NS,
    GRACE_NS,
    LONG_GAP_NS,
    LONG_GRACE_NS,
    Heartbeat,
    boot_ns,
)

MS = 1_000_000


class Clock:
    def __init__(self):
        self.ns = 5_000_000_000

    def __call__(self):
        return self.ns


def make():
    clock = Clock()
    return clock, Heartbeat(now_ns=clock)


def test_before_the_first_beat_nothing_is_stale():
    clock, heart = make()
    clock.ns += 10 * GAP_NS
    assert not heart.is_stale()
    assert heart.beat() is False


def test_a_site_that_beats_is_fresh():
    clock, heart = make()
    for _ in range(50):
        assert heart.beat() is False
        clock.ns += 100 * MS
        assert not heart.is_stale()


def test_a_gap_of_just_the_bound_is_no_freeze():
    clock, heart = make()
    heart.beat()
    clock.ns += GAP_NS
    assert not heart.is_stale()


def test_a_worker_that_runs_before_the_beat_finds_the_gap_itself():
    clock, heart = make()
    heart.beat()
    clock.ns += GAP_NS + 1
    assert heart.is_stale()
    assert heart.beat() is True  # whoever found the gap, each beating process tells it once
    assert heart.beat() is False
    assert heart.is_stale()
    clock.ns += GRACE_NS
    assert not heart.is_stale()


def test_a_beat_that_runs_before_the_worker_leaves_word():
    clock, heart = make()
    heart.beat()
    clock.ns += 2 * GAP_NS
    assert heart.beat() is True
    assert heart.is_stale()
    clock.ns += GRACE_NS - 1
    heart.beat()
    assert heart.is_stale()
    clock.ns += 1
    assert not heart.is_stale()


@pytest.mark.parametrize("name", ["beat", "is_stale"])
def test_after_a_gap_as_long_as_a_wait_nothing_rings_until_ticks_are_made_up_for(name):
    clock, heart = make()
    heart.beat()
    clock.ns += LONG_GAP_NS
    assert getattr(heart, name)() is True
    for _ in range(54):
        clock.ns += 100 * MS
        heart.beat()
        assert heart.is_stale()
    clock.ns += LONG_GRACE_NS - 5_400 * MS
    assert not heart.is_stale()


def test_the_clock_of_the_machine_goes_forward():
    assert 0 < boot_ns() <= boot_ns()
