import asyncio
import json
import os
import signal

import pytest

from route112.adapters.supervision import SupervisionError
from route112.apps.country_run import loop as subject
from route112.apps.country_run.loop import Loop, NotReadyError
from route112.apps.country_run.members import Kind
from route112.apps.country_run.state import read_state
from route112.model import UtcTime


def run(order, *, on_ready=None):
    """Run until `ready` is said, then do something, then ask for the end by SIGTERM."""
    said = []

    def say(text):
        said.append(text)
        if text.startswith("ready"):
            if on_ready is not None:
                on_ready()
            os.kill(os.getpid(), signal.SIGTERM)

    asyncio.run(Loop(order, say=say, now=lambda: UtcTime(5)).run())
    return said


def test_it_runs_until_it_is_told_to_end(members, free_port):
    seen = []

    def look():
        seen.append((read_state(members.folder), members.processes()))

    order = members.order(members.answering("one", free_port))
    said = run(order, on_ready=look)
    assert said[0].startswith(f"one answers at 127.0.0.1:{free_port} after ")
    assert said[0].endswith("(1 of 1)")
    assert said[1] == "ready: 1 of 1"
    ((state, processes),) = seen
    assert (state.name, state.exercise, state.is_ready) == ("two", True, True)
    assert state.up.pid == os.getpid()
    assert [entry.id for entry in state.members] == ["one"]
    assert processes == [state.members[0].leader.pid]
    assert members.processes() == []
    assert not (members.folder / "up.json").exists()


def test_what_does_not_answer_in_time_is_named_and_all_is_ended(members, free_port):
    good, bad = members.answering("good", free_port), members.make("bad")
    with pytest.raises(NotReadyError) as caught:
        run(members.order(good, bad, ready_seconds_max=1.5))
    assert str(caught.value) == ("not ready within 1.5 s:\nbad does not answer at udp:127.0.0.1:9")
    assert members.processes() == []


def test_members_of_an_earlier_run_that_have_no_place_now_are_ended(members, free_port):
    members.leave("old")
    (old,) = members.processes()
    said = run(members.order(members.answering("new", free_port)))
    assert said[0] == "old: ended, since it is no part of this run"
    assert old not in members.processes()


def test_one_that_cannot_be_started_and_a_full_disk_stop_nobody(members, free_port, monkeypatch):
    def refuse(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(subject, "write_state", refuse)
    said = run(members.order(members.answering("one", free_port)))
    assert [text for text in said if "cannot be written" in text] == [
        f"{members.folder}/up.json cannot be written: No space left on device"
    ]
    assert "ready: 1 of 1" in said


def test_what_cannot_be_ended_stays_in_the_state_file(members, free_port, monkeypatch):
    async def refuse(runners):
        for runner in runners:
            await runner.end()
        return ["one: processes [1] do not end"]

    monkeypatch.setattr(subject, "end_all", refuse)
    said = run(members.order(members.answering("one", free_port)))
    assert said[-1] == "one: processes [1] do not end"
    assert json.loads((members.folder / "up.json").read_text())["name"] == "two"


def test_a_trouble_of_one_member_is_told_once(members, free_port, monkeypatch):
    async def refuse(_runner):
        raise SupervisionError("python could not be started")

    order = members.order(members.make("bad"), ready_seconds_max=0.5)
    monkeypatch.setattr(subject.Runner, "step", refuse)
    said = []
    loop = Loop(order, say=said.append, now=lambda: UtcTime(5))
    with pytest.raises(NotReadyError):
        asyncio.run(loop.run())
    assert said == ["bad: python could not be started"]


def test_nobody_waits_for_a_planner_that_does_not_answer(members, free_port):
    seen = []
    good = members.answering("good", free_port)
    planner = members.make("planner", kind=Kind.PLANNER, address="unix:/none")
    receiver = members.make("receiver-good", kind=Kind.RECEIVER, address="")
    order = members.order(good, planner, receiver, has_planner=True)
    said = run(order, on_ready=lambda: seen.append(read_state(members.folder)))
    assert said[-1] == "ready: 1 of 1"
    assert (seen[0].is_ready, seen[0].has_planner, len(seen[0].members)) == (True, True, 3)
    assert members.processes() == []


def test_in_an_exercise_each_station_is_offered_its_own_plan(members, free_port):
    edge = members.answering("edge-1", free_port, kind=Kind.EDGE)
    run(members.order(edge, has_planner=True))
    assert (edge.folder / "offered.r112").readlink() == members.folder / "plans/edge-1.r112"
