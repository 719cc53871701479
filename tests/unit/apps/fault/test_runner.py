"""The process behind a fault: until when it runs, and what it leaves."""

import io
import signal
import sys

import pytest

from route112.apps.country_run.state import Process, own_process
from route112.apps.fault import runner as subject
from route112.apps.fault.book import read_book, write_book
from route112.apps.fault.runner import Watch, find_own, main, play


@pytest.fixture
def fault(run):
    run.faults.inject("link-cut", ["site-1"])
    [fault] = run.faults.list()
    return fault


def own(run, **changes):
    """Say that we are the runner."""
    book = read_book(run.run_dir)
    for name, value in {"runner": own_process(), **changes}.items():
        setattr(book.in_force[0], name, value)
    write_book(run.run_dir, book)
    return book.in_force[0]


def test_it_is_over_when_it_is_cleared_or_told(run, fault):
    watch = Watch(run.ground, fault)
    assert not watch.is_over()
    watch.stop(signal.SIGTERM, None)
    assert watch.is_over()
    watch = Watch(run.ground, fault)
    run.faults.clear()
    assert watch.is_over()
    assert watch.why == "signal"


def test_it_is_over_with_its_run(run, fault):
    watch = Watch(run.ground, fault)
    run.write(up=Process(pid=1, start_ticks=-1))
    assert watch.is_over()
    assert watch.why == "run ended"


def test_its_last_act_ends_the_fault(run, fault):
    own(run, ends_us=1)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main([str(run.run_dir), fault.id]) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert run.faults.list() == ()
    assert run.faults.list_past()[-1].ended_by == "time is over"


def test_it_does_turn_after_turn(run, fault, monkeypatch):
    turns = []
    watch = Watch(run.ground, fault)

    def step(_ground, _fault, turn):
        turns.append(turn)
        if turn == 2:
            watch.why = "enough"
        return 0.001

    means = subject.MEANS[fault.kind]
    monkeypatch.setattr(subject, "MEANS", {fault.kind: type(means)(step=step)})
    play(run.ground, fault, watch)
    assert turns == [0, 1, 2]


def test_a_fault_that_is_not_there_is_nobodys(run, monkeypatch):
    assert find_own(run.run_dir, "stop-9") is None
    assert main([str(run.run_dir), "stop-9"]) == 1
    monkeypatch.setattr(sys, "stdin", io.StringIO("stop-9\n"))
    assert main([str(run.run_dir)]) == 1
    assert main([str(run.run_dir)]) == 0, "its input ended: nobody needs it"
    monkeypatch.setattr(subject, "BEGIN_SECONDS_MAX", 0.0)
    assert find_own(run.run_dir, "stop-9") is None
