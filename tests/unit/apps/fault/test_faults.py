"""Faults are put in, listed, ended; what does not fit is refused and leaves nothing."""

import json
import os
import signal
import time

import pytest

from route112.apps.fault import faults as subject
from route112.apps.fault.faults import Faults, clear_leftovers, describe_faults
from route112.apps.fault.kinds import FaultError
from route112.apps.replay.conditions import take_precedence


def test_a_fault_in_force_is_listed_until_it_is_cleared(run):
    first = run.faults.inject("link-cut", ["site-1"])
    second = run.faults.inject("loss", ["site-1"], {"per_mille": 5})
    assert (first, second) == ("link-cut-1", "loss-2")
    assert [fault.id for fault in run.faults.list()] == [first, second]
    assert run.faults.clear(first) == (first,)
    assert run.faults.clear(first) == ()
    assert run.faults.clear() == (second,)
    assert [fault.ended_by for fault in run.faults.list_past()] == ["cleared", "cleared"]
    written = json.loads((run.run_dir / "faults.json").read_text())
    assert (written["count"], written["in_force"]) == (2, [])


@pytest.mark.parametrize(
    ("kind", "targets", "message"),
    [
        ("nonsense", ["site-1"], "there is no fault nonsense"),
        ("stop", [], "stop needs a target"),
        ("stop", ["site-9"], "site-9 is no target of stop"),
        ("stop", ["psaps"], "psaps is no target of stop"),
        ("stop", ["a"] * 101, "101 targets"),
        ("psap-busy", ["+33199009999"], "nobody has the number"),
    ],
)
def test_what_does_not_fit_is_refused(run, kind, targets, message):
    with pytest.raises(FaultError) as caught:
        run.faults.inject(kind, targets)
    assert message in caught.value.message
    assert run.faults.list() == ()


def test_two_of_one_thing_do_not_go_together(run):
    run.faults.inject("stop", ["site-1"])
    run.faults.inject("stop", ["site-2"])
    with pytest.raises(FaultError, match="site-1 has stop-1 already"):
        run.faults.inject("slow", ["site-2", "site-1"])


@pytest.mark.parametrize("kind", ["stop", "slow", "restart-loop", "dead"])
def test_what_holds_the_processes_of_a_member_is_not_killed_beside_it(run, kind):
    id_ = run.faults.inject(kind, ["site-1"])
    with pytest.raises(FaultError, match=f"site-1 has {id_} already") as caught:
        run.faults.inject("kill", ["site-2", "site-1"])
    assert f"fault clear {id_}" in caught.value.remedy
    run.faults.inject("kill", ["site-2"])


def test_without_its_runner_a_fault_stays_until_it_is_cleared(run):
    id_ = run.faults.inject("stop", ["site-1"], seconds=2.0)
    [fault] = run.faults.list()
    os.kill(fault.runner.pid, signal.SIGKILL)
    time.sleep(2.3)
    [fault] = run.faults.list()
    assert not fault.runner.is_alive()
    assert run.faults.clear(id_) == (id_,)
    assert run.letter(run.kamailio("site-1")) in "SR"


def test_bounds(run, monkeypatch):
    with pytest.raises(FaultError, match=r"1e\+06 seconds"):
        run.faults.inject("stop", ["site-1"], seconds=1e6)
    monkeypatch.setattr(subject, "FAULTS_MAX", 0)
    with pytest.raises(FaultError, match="are in force"):
        run.faults.inject("stop", ["site-1"])


def test_an_unknown_id_is_an_error_and_an_unreadable_book_too(run):
    with pytest.raises(FaultError, match="there was no fault stop-7"):
        run.faults.clear("stop-7")
    book = run.run_dir / "faults.json"
    book.write_text("{")
    with pytest.raises(FaultError, match=r"faults\.json"):
        run.faults.list()
    book.unlink()


def test_a_fault_may_end_by_itself(run):
    id_ = run.faults.inject("stop", ["site-1"], seconds=1.5)
    [fault] = run.faults.list()
    assert fault.runner.is_alive()
    deadline = time.monotonic() + 60
    while run.faults.list() and time.monotonic() < deadline:
        time.sleep(0.05)
    past = run.faults.list_past()[-1]
    assert (past.id, past.ended_by) == (id_, "time is over")
    assert run.letter(run.kamailio("site-1")) in "SR"


def test_a_process_that_waits_takes_the_next_fault(run):
    with take_precedence([]):
        faults = Faults(run.run_dir, spares=1)
    [spare] = faults._spares
    faults.inject("stop", ["site-1"], seconds=60)
    [fault] = faults.list()
    assert fault.runner.pid == spare.pid
    assert os.sched_getscheduler(spare.pid) == os.SCHED_OTHER
    [another] = faults._spares
    assert another.pid != spare.pid
    faults.close()
    assert another.wait(20) == 0, "nobody needs it"
    faults.clear()
    assert spare.wait(20) is not None


def test_what_cannot_be_ended_stays_in_the_list(run, monkeypatch):
    run.faults.inject("link-cut", ["site-1"])

    def fail(_ground, _fault):
        raise OSError("broken")

    means = subject.MEANS["link-cut"]
    with monkeypatch.context() as patched:
        patched.setattr(subject, "MEANS", {"link-cut": type(means)(end=fail)})
        with pytest.raises(FaultError, match="link-cut-1: broken"):
            run.faults.clear()
    assert len(run.faults.list()) == 1


def test_all_that_is_left_is_ended_and_where_nothing_was_nothing_happens(run, tmp_path, rules):
    assert clear_leftovers(tmp_path) == ()
    run.faults.inject("stop", ["site-1"])
    run.faults.inject("loss", ["site-1"])
    rules[f"{next(iter(rules)).partition('_')[0]}_f77"] = []
    assert clear_leftovers(run.run_dir) == ()
    assert rules == {}
    assert run.letter(run.kamailio("site-1")) in "SR"
    assert run.faults.list() == ()


def test_without_the_book_of_faults_rules_go_all_the_same(run, rules):
    run.faults.inject("loss", ["site-1"])
    (run.run_dir / "faults.json").unlink()
    assert clear_leftovers(run.run_dir) == ()
    assert rules == {}


def test_without_the_file_of_the_run_rules_go_all_the_same(run, rules):
    run.faults.inject("loss", ["site-1"])
    (run.run_dir / "up.json").unlink()
    assert clear_leftovers(run.run_dir) == ()
    assert rules == {}


def test_a_line_for_each_fault(run):
    run.faults.inject("loss", ["site-1"], {"per_mille": 5})
    run.faults.inject("grey", ["site-2"], {"mode": "mute"})
    [since, _] = [fault.since_us for fault in run.faults.list()]
    lines = describe_faults(run.run_dir, now_us=since + 3_000_000)
    assert lines[0] == "loss-1 site-1 per_mille=5, for 3 s"
    assert lines[1].startswith("grey-2 site-2 mode=mute share=1, for ")
    (run.run_dir / "faults.json").write_text("{")
    assert describe_faults(run.run_dir, now_us=0) == ()
    (run.run_dir / "faults.json").unlink()
