import asyncio
import errno
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

import pytest

from route112.adapters import supervision
from route112.adapters.supervision import (
    SupervisionError,
    end_orphans,
    find_group,
    find_holder,
    find_start,
    list_members,
    lock_folder,
    name_holder,
    read_leader,
    start_group,
)

PARENT = """
import os, signal, sys, time
for _ in range(2):
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
print("ready", flush=True)
time.sleep(60)
"""
WAIT_SECONDS = 60.0


class Stage:
    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "group.json"
        self.log = folder / "raw.log"
        self.groups = []

    def start(self, program=PARENT, token="t"):
        size = self.log.stat().st_size if self.log.exists() else 0
        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            group = start_group(
                [sys.executable, "-c", program],
                state=self.state, token=token, output=output, env={"X": "1"},
            )  # fmt: skip
        finally:
            os.close(output)
        self.groups.append(group)
        deadline = time.monotonic() + WAIT_SECONDS
        while "ready" in program and self.log.stat().st_size == size:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return group

    def members(self, group):
        return list_members(group._leader)


@pytest.fixture
def stage(tmp_path):
    opened = Stage(tmp_path)
    core = resource.getrlimit(resource.RLIMIT_CORE)
    yield opened
    resource.setrlimit(resource.RLIMIT_CORE, core)

    async def end_all():
        for group in opened.groups:
            await group.end()

    asyncio.run(end_all())


def test_a_group_is_a_session_of_its_own_and_ends_as_a_whole(stage):
    group = stage.start()
    assert os.getsid(group.pid) == group.pid
    assert len(stage.members(group)) == 3
    assert not group.has_ended()
    asyncio.run(group.end())
    assert stage.members(group) == []
    assert group.describe_end() == "ended by SIGTERM"
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0


def test_what_does_not_listen_is_killed(stage, monkeypatch):
    monkeypatch.setattr(supervision, "STOP_SECONDS_MAX", 0.05)
    group = stage.start(PARENT.replace("print", "signal.signal(15, signal.SIG_IGN); print"))
    asyncio.run(group.end())
    assert group.describe_end() == "ended by SIGKILL"
    assert stage.members(group) == []


def test_an_end_wakes_whoever_watches(stage):
    group = stage.start()

    async def wait():
        ended = asyncio.Event()
        group.watch(ended.set)
        os.kill(group.pid, signal.SIGKILL)
        await asyncio.wait_for(ended.wait(), WAIT_SECONDS)
        assert group.has_ended()
        assert len(stage.members(group)) == 2, "children go on"
        await group.end()

    asyncio.run(wait())
    assert stage.members(group) == []


def test_a_code_is_told(stage):
    group = stage.start("raise SystemExit(3)")
    group._popen.wait()
    assert group.describe_end() == "ended with code 3"


def test_an_earlier_group_is_found_by_its_file(stage):
    group = stage.start(token="abc")
    found = find_group(stage.state)
    assert (found.pid, found.token) == (group.pid, "abc")
    assert found.describe_end() == "ended"
    assert not found.has_ended()
    assert asyncio.run(end_orphans(stage.state)) == 0, "its leader lives"
    asyncio.run(found.end())
    assert stage.members(group) == []
    assert find_group(stage.state) is None


def refuse_to_write(_path, _content):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_keeps_what_is_known_of_the_group(stage, monkeypatch):
    stage.state.write_bytes(b"x" * 4_000)
    monkeypatch.setattr(Path, "write_bytes", refuse_to_write)
    group = stage.start(token="abc")
    assert group.trouble == ""
    found = find_group(stage.state)
    assert (found.pid, found.token) == (group.pid, "abc")
    assert stage.state.stat().st_size < 200


def test_a_group_runs_although_nobody_can_write_down_that_it_does(stage, monkeypatch):
    monkeypatch.setattr(Path, "write_bytes", refuse_to_write)
    group = stage.start()
    assert group.trouble == f"{stage.state} cannot be written: No such file or directory"
    assert not group.has_ended()


def test_orphans_of_a_dead_leader_are_ended(stage):
    group = stage.start()
    os.kill(group.pid, signal.SIGKILL)
    group._popen.wait()
    assert find_group(stage.state) is None
    assert asyncio.run(end_orphans(stage.state)) == 2
    assert stage.members(group) == []
    assert asyncio.run(end_orphans(stage.state)) == 0


def test_a_process_that_only_has_the_same_number_is_left_alone(stage):
    group = stage.start()
    known = json.loads(stage.state.read_text())
    stage.state.write_text(json.dumps(known | {"start_ticks": known["start_ticks"] - 1}))
    assert find_group(stage.state) is None
    assert asyncio.run(end_orphans(stage.state)) == 0
    assert len(stage.members(group)) == 3


def test_what_does_not_go_away_is_told(stage, monkeypatch):
    monkeypatch.setattr(supervision, "KILL_SECONDS_MAX", 0.05)
    group = stage.start()
    with monkeypatch.context() as patched:
        patched.setattr(supervision, "list_members", lambda _leader: [group.pid])
        patched.setattr(supervision.os, "kill", lambda _pid, _number: None)
        patched.setattr(supervision, "STOP_SECONDS_MAX", 0.0)
        with pytest.raises(SupervisionError, match=rf"processes \[{group.pid}\] do not end"):
            asyncio.run(group.end())


@pytest.mark.parametrize("content", [None, "", "{}", '{"pid": 1}', "[" * 9_000])
def test_without_a_readable_file_there_is_no_group(tmp_path, content):
    state = tmp_path / "group.json"
    if content is not None:
        state.write_text(content)
    assert find_group(state) is None
    assert asyncio.run(end_orphans(state)) == 0


def test_a_program_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(SupervisionError, match="none could not be started: No such file"):
        start_group([str(tmp_path / "none")], state=tmp_path / "s", token="", output=2, env={})


def test_a_folder_has_one_supervisor(tmp_path):
    handle = lock_folder(tmp_path)
    with pytest.raises(SupervisionError, match=f"belongs to the supervisor {os.getpid()}"):
        lock_folder(tmp_path)
    assert not os.get_inheritable(handle)
    assert find_holder(tmp_path) == (os.getpid(), find_start(os.getpid()))
    os.close(handle)
    os.close(lock_folder(tmp_path))


def test_a_lock_is_handed_on_without_a_gap(tmp_path):
    first = lock_folder(tmp_path)
    name_holder(first, 1)
    handed = os.dup(first)
    os.set_inheritable(handed, True)
    os.close(first)
    with pytest.raises(SupervisionError, match=r"belongs to the supervisor 1$"):
        lock_folder(tmp_path)
    assert lock_folder(tmp_path, inherited=handed) == handed
    assert not os.get_inheritable(handed)
    assert find_holder(tmp_path) == (os.getpid(), find_start(os.getpid()))
    os.close(handed)


@pytest.mark.parametrize("content", ["", "12", "one two", "1 2 3"])
def test_a_lock_that_does_not_say_whose_it_is(tmp_path, content):
    assert find_holder(tmp_path) is None
    (tmp_path / "supervisor.lock").write_text(content)
    assert find_holder(tmp_path) is None


def test_a_living_process_has_a_start_and_its_file_names_it(stage):
    group = stage.start()
    pid, start = read_leader(stage.state)
    assert pid == group.pid
    assert find_start(pid) == start
    asyncio.run(group.end())
    assert find_start(pid) is None
    assert read_leader(stage.state) == (pid, start), "the file outlives it"
    assert read_leader(stage.folder / "none") is None
