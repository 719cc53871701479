"""Faults behind an edge: what callers notice is a delay within the timers, and nothing is lost."""

import asyncio
import time

import pytest
from tests.support.exercise import CLIENT, EDGE_ID, open_exercise
from tests.support.machine import find_faketime

from route112.adapters.kamailio_rpc import ask_kamailio

pytestmark = pytest.mark.e2e
MEMBERS = ("psaps", "site-1", "site-2", EDGE_ID)
CALLS = 8
LATE_S = 1.1
"""Twice the wait for a first 100 of a site, and some room for a busy machine."""
DELAYED_S = 0.5
"""A call that rings so much later than usual is delayed."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    assert find_faketime()
    extras = ("--disk-mb", "64", "--fake-clocks")
    with open_exercise(tmp_path_factory.mktemp("x"), *extras, only=MEMBERS) as exercise:
        exercise.wait(lambda: exercise.rings(EDGE_ID, host=CLIENT), "calls go through the edge")
        yield exercise


@pytest.fixture
def exercise(running):
    forget(running)
    yield running
    running.heal()


def forget(exercise):
    """Have the edge think well of all sites again, so that a fault meets calls at all."""
    socket = exercise.run_dir / EDGE_ID / "rpc.sock"
    for table in ("breaker", "recent", "minute", "off", "silenced", "waiting"):
        asyncio.run(ask_kamailio(socket, "htable.flush", table))


def place_calls(exercise, count=CALLS):
    """Place calls in turn, each of another caller; return after how many seconds each rang."""
    waits = []
    for number in range(count):
        caller = exercise.caller(EDGE_ID, host=CLIENT)
        call = caller.begin(headers=(f"P-Asserted-Identity: <tel:+3363998{number:04}>",))
        caller.listen(call, until=180, timeout_s=20.0)
        assert 180 in call.statuses, "a call is lost"
        waits.append(call.seconds(180))
        caller.cancel(call)
        caller.listen(call, until=300, timeout_s=0.5)
        caller.close()
    return waits


@pytest.mark.parametrize(
    "words",
    [
        ("kill", "site-1"),
        ("dead", "site-1"),
        ("stop", "site-1"),
        ("link-cut", "site-1"),
        ("grey", "site-1", "mode=mute"),
        ("python-raise", "site-1"),
        ("python-hang", "site-1", "hard=yes"),
        ("dead", "site-1", "site-2"),
        ("stop", "site-1", "site-2"),
        ("link-cut", EDGE_ID),
    ],
    ids=" ".join,
)
def test_every_call_rings(exercise, words):
    exercise.inject(*words)
    waits = place_calls(exercise)
    assert max(waits) < LATE_S
    exercise.clear()


@pytest.mark.parametrize(
    "words",
    [
        ("memory-full", "site-1", EDGE_ID),
        ("disk-full", "site-1", EDGE_ID),
        ("clock-jump", "site-1", "by_s=3600"),
        ("clock-jump", "site-1", "by_s=-3600"),
        ("clock-jump", EDGE_ID, "by_s=3600"),
        ("clock-jump", EDGE_ID, "by_s=-3600"),
    ],
    ids=" ".join,
)
def test_no_call_is_delayed(exercise, words):
    exercise.inject(*words)
    assert max(place_calls(exercise)) < DELAYED_S
    exercise.clear()
    assert max(place_calls(exercise)) < DELAYED_S, "nor when it ends"


def test_a_site_without_a_way_out_is_followed_by_the_other_or_the_edge(exercise):
    exercise.inject("egress-cut", "site-1")
    assert max(place_calls(exercise)) < 4.0, "three targets of 600 ms, then somewhere else"


def test_a_site_that_takes_calls_and_does_nothing_is_left(exercise):
    exercise.inject("grey", "site-1", "mode=trying")
    began = time.monotonic()
    waits = place_calls(exercise, 2)
    assert max(waits) < 12.5, "eleven seconds for the answer of a site, then the direct way"
    assert min(waits) < LATE_S
    assert time.monotonic() - began < 30


def test_a_stopped_edge_takes_no_calls_and_comes_back(exercise):
    exercise.inject("stop", EDGE_ID)
    assert exercise.place_call(EDGE_ID, host=CLIENT, seconds=0.7) == []
    exercise.clear()
    exercise.wait(lambda: exercise.rings(EDGE_ID, host=CLIENT), "it serves again")


def test_a_poisonous_call_ends_at_most_two_sites(exercise):
    entries = [exercise.entry(id_) for id_ in ("site-1", "site-2")]
    before = sum(entry["kamailio_restarts"] for entry in entries)
    exercise.inject("worker-crash", "site-1", "site-2", "caller=+33639980001")
    poison = ("P-Asserted-Identity: <tel:+33639980001>",)
    for _ in range(5):
        assert exercise.rings(EDGE_ID, host=CLIENT, seconds=10.0, headers=poison)
    exercise.heal()
    time.sleep(1.0)  # `up` has seen what there was to see
    entries = [exercise.entry(id_) for id_ in ("site-1", "site-2")]
    assert 0 < sum(entry["kamailio_restarts"] for entry in entries) - before <= 2
