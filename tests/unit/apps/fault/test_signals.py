"""Signals, at processes that sleep."""

import time

import pytest

from route112.apps.fault import signals
from route112.apps.fault.kinds import FaultError


def wait_letter(run, pid, letters):
    deadline = time.monotonic() + 60.0
    while run.letter(pid) not in letters and time.monotonic() < deadline:
        time.sleep(0.005)
    return run.letter(pid) in letters


def test_stop_and_go(run):
    id_ = run.faults.inject("stop", ["site-1"])
    assert wait_letter(run, run.kamailio("site-1"), "T")
    assert run.letter(run.kamailio("site-2")) != "T"
    assert run.faults.clear(id_) == (id_,)
    assert wait_letter(run, run.kamailio("site-1"), "SR")


def test_dead_stops_the_supervisor_and_kills(run):
    id_ = run.faults.inject("dead", ["site-1"])
    assert wait_letter(run, run.leaders["site-1"].pid, "T")
    assert wait_letter(run, run.kamailio("site-1"), "Z")
    run.faults.clear(id_)
    assert wait_letter(run, run.leaders["site-1"].pid, "SR")


def test_kill_is_over_at_once(run):
    id_ = run.faults.inject("kill", ["site-1"])
    assert wait_letter(run, run.kamailio("site-1"), "Z")
    assert run.faults.list() == ()
    assert run.faults.list_past()[-1].id == id_
    with pytest.raises(FaultError, match="no Kamailio of site-1 runs"):
        run.faults.inject("kill", ["site-1"])
    with pytest.raises(FaultError, match="no Kamailio of site-1 runs"):
        run.faults.inject("stop", ["site-1"])
    assert run.faults.list() == ()


def test_a_turn_of_slowness_ends_running(run):
    fault = make(run, "slow", {"share": 0.5, "period_ms": 40})
    assert 0.01 < signals.step_slow(run.ground, fault) < 0.03
    assert wait_letter(run, run.kamailio("site-1"), "SR")


def test_a_turn_of_the_loop_kills(run):
    assert signals.step_restart(run.ground, make(run, "restart-loop", {"every_s": 2})) == 2
    assert wait_letter(run, run.kamailio("site-1"), "Z")


def make(run, kind, settings):
    return run.faults._make(kind, ["site-1"], settings, 0.0)
