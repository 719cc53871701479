import os

from click.testing import CliRunner
from msgspec.structs import replace

from route112.adapters.supervision import find_start, lock_folder
from route112.apps.cli import cli
from route112.apps.country_run import down as subject
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
    assert run(members.folder).output.startswith("down: nothing of 0 members runs")
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


def test_an_up_that_begins_meanwhile_is_left_alone(members):
    lock = lock_folder(members.folder)
    result = run(members.folder)
    os.close(lock)
    assert result.exit_code == 2
    assert "try again" in result.stderr
