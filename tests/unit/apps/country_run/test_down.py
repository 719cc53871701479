import os
import signal
import subprocess
import sys

from click.testing import CliRunner
from msgspec.structs import replace

from route112.adapters.supervision import find_start, lock_folder, name_holder
from route112.apps.cli import cli
from route112.apps.country_run import down as subject
from route112.apps.country_run.down import find_starting
from route112.apps.country_run.state import Process, read_state, write_state


def run(folder):
    return CliRunner().invoke(cli, ["down", "--run-dir", str(folder)])


def test_what_a_killed_up_left_is_ended(members):
    members.leave("one", "two")
    assert len(members.processes()) == 2
    result = run(members.folder)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("down: nothing of 2 members runs any more (")
    assert members.processes() == []
    assert not (members.folder / "up.json").exists()


def test_a_member_whose_own_file_is_lost_is_ended_all_the_same(members):
    members.leave("one")
    (members.folder / "one" / "group.json").write_text("torn")
    result = run(members.folder)
    assert result.exit_code == 0
    assert "was in no member's folder, and was killed" in result.output
    assert all(find_start(pid) is None for pid in members.processes())


def test_twice_does_no_harm_and_nothing_has_to_be_there(members):
    where = members.folder
    assert run(where).output == f"down: no member has a folder in {where}; nothing of it runs\n"
    result = run(members.folder / "none")
    assert result.exit_code == 2
    assert "is not there" in result.stderr


def test_what_does_not_end_is_named_and_stays_written_down(members, monkeypatch):
    members.leave("one")

    async def refuse(_folders):
        return ["one: processes [1] do not end"]

    monkeypatch.setattr(subject, "end_folders", refuse)
    monkeypatch.setattr(subject, "end_stray", lambda _leader: False)
    result = run(members.folder)
    assert result.exit_code == 1
    assert "one: processes [1] do not end" in result.stderr
    assert (members.folder / "up.json").exists()


def test_an_up_that_runs_is_asked_first(members, monkeypatch):
    members.leave("one")
    own = Process(pid=os.getpid(), start_ticks=find_start(os.getpid()))
    write_state(members.folder, replace(read_state(members.folder), up=own))
    asked = []
    monkeypatch.setattr(subject, "end_up", lambda up: asked.append(up.pid) or True)
    result = run(members.folder)
    assert asked == [os.getpid()]
    assert "did not end when asked, and was killed" in result.output


def test_another_command_that_has_the_folder_is_left_alone(members, monkeypatch):
    monkeypatch.setattr(subject, "UP_SECONDS_MAX", 0.2)
    lock = lock_folder(members.folder)
    result = run(members.folder)
    os.close(lock)
    assert result.exit_code == 2
    assert f"belongs to the supervisor {os.getpid()}" in result.stderr
    assert "try again" in result.stderr


def test_an_up_that_is_only_starting_is_ended_first(members):
    lock = lock_folder(members.folder)
    starting = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)", "up"], pass_fds=(lock,)
    )
    name_holder(lock, starting.pid)
    os.close(lock)
    try:
        result = run(members.folder)
        assert result.exit_code == 0, result.output
        assert result.output.startswith("down: no member has a folder in ")
        assert starting.wait(timeout=60) == -signal.SIGTERM
    finally:
        starting.kill()


def test_a_holder_that_has_gone_is_nobody(members):
    assert find_starting(members.folder) is None
    (members.folder / "supervisor.lock").write_text("4194305 1\n")
    assert find_starting(members.folder) is None
