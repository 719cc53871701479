"""Faults by signals, at real sites: what calls see of each, and that it can be ended."""

import time

import pytest
from tests.support.exercise import open_exercise

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with open_exercise(tmp_path_factory.mktemp("x")) as exercise:
        yield exercise


@pytest.fixture
def exercise(running):
    yield running
    running.heal()


def test_killed_kamailio_is_started_again(exercise):
    before = exercise.kamailio("site-1")
    fault = exercise.inject("kill", "site-1")
    assert fault["ended_by"] == "over at once"
    exercise.wait(lambda: exercise.kamailio("site-1") != before, "another Kamailio")
    exercise.wait(lambda: exercise.asks(seconds=0.3) == 200, "it serves")
    assert exercise.rings()
    assert exercise.fault("list") == "no fault is in force\n"


def test_a_dead_site_stays_dead_until_it_is_cleared(exercise):
    fault = exercise.inject("dead", "site-1")
    time.sleep(2.0)
    assert exercise.asks(seconds=0.3) == 0
    assert exercise.rings("site-2"), "the other one does not notice"
    assert exercise.entry("site-1")["restarts"] == 0
    assert exercise.clear(fault["id"]) == [fault["id"]]
    assert exercise.clear(fault["id"]) == [], "once more is no error"
    exercise.wait(lambda: exercise.asks(seconds=0.3) == 200, "it serves again")
    assert exercise.rings()


def test_a_stopped_site_says_nothing(exercise):
    exercise.inject("stop", "site-1")
    assert exercise.states("site-1") == {"T"}
    assert exercise.asks(seconds=0.5) == 0
    assert exercise.place_call(seconds=0.5) == []
    before = exercise.kamailio("site-1")
    exercise.clear()
    assert "T" not in exercise.states("site-1")
    exercise.wait(lambda: exercise.asks(seconds=0.3) == 200, "it serves again")
    assert exercise.kamailio("site-1") == before


def test_two_faults_of_one_process_do_not_go_together(exercise):
    exercise.inject("stop", "site-1")
    said = exercise.fault("inject", "dead", "site-1", code=1)
    assert "site-1 has stop-" in said
    assert "fault clear stop-" in said
    assert len(exercise.fault("list").splitlines()) == 1


def test_a_slow_site_runs_a_part_of_the_time(exercise):
    fault = exercise.inject("slow", "site-1", "share=0.8", "period_ms=400")
    seen = set()
    for _ in range(40):
        seen |= exercise.states("site-1")
        time.sleep(0.02)
    assert "T" in seen
    assert seen - {"T"}, "it runs in between"
    assert exercise.rings(seconds=3.0)
    assert exercise.list_runners() == [fault["runner"]["pid"]]
    exercise.clear(fault["id"])
    assert exercise.list_runners() == []
    assert "T" not in exercise.states("site-1")


def test_a_restart_loop_ends_with_its_time(exercise):
    began = {exercise.kamailio("site-1")}
    fault = exercise.inject("restart-loop", "site-1", "every_s=1", "--for", "10")
    deadline = time.monotonic() + 20
    while exercise.fault("list") != "no fault is in force\n" and time.monotonic() < deadline:
        began.add(exercise.kamailio("site-1"))
        time.sleep(0.1)
    assert len(began) >= 3
    assert fault["id"] in exercise.fault("list", "--past")
    assert "time is over" in exercise.fault("list", "--past")
    exercise.wait(lambda: exercise.asks(seconds=0.3) == 200, "it serves again")
    assert exercise.list_runners() == []
