"""The command's ends: 0 as told, 1 a call lost or an act otherwise, 2 it cannot run."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from tests.support.snapshots import small_content
from tests.unit.apps.demo.test_report import CALL, make_outcome

from route112.adapters.processes import ChildError
from route112.adapters.sip import Address
from route112.adapters.supervision import lock_folder
from route112.apps.demo import command, demo
from route112.apps.demo.country import DemoFolder
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


@pytest.fixture
def parts(monkeypatch):
    """Replace everything that starts, builds or listens."""
    snapshot = Snapshot(write_snapshot(small_content()))
    built = SimpleNamespace(
        snapshot=snapshot, files=2, parsed=1, repairs=3, key_id="0123456789abcdef"
    )
    monkeypatch.setattr(command.shutil, "which", lambda *_args, **_options: "/usr/sbin/kamailio")
    monkeypatch.setattr(command, "write_country", lambda _folder: True)
    monkeypatch.setattr(command, "build_snapshot", lambda _folder: built)
    monkeypatch.setattr(command, "draw_calls", lambda *_args: (CALL,))
    monkeypatch.setattr(command, "check_free", lambda _places: None)
    monkeypatch.setattr(command, "choose_place", lambda: Address("udp", "127.0.1.1", 5060))
    monkeypatch.setattr(command, "start_site", lambda _children, _folder, _place: None)
    monkeypatch.setattr(command, "open_ends", open_nothing)
    monkeypatch.setattr(command, "judge_logs", lambda *_args, **_options: make_outcome().judgement)
    for name in ("place_all", "silence_psap", "break_python", "swap_snapshot"):
        monkeypatch.setattr(command.acts, name, act(name))
    return monkeypatch


@asynccontextmanager
async def open_nothing(*_args):
    yield SimpleNamespace(psaps=SimpleNamespace(addresses=("one", "two")))


def act(name, *, kept=True):
    async def play_it(play, _calls, **_options):
        play.conclude(f"{name} went so", kept=kept)

    return play_it


def run(tmp_path, *arguments):
    return CliRunner().invoke(demo, ["--dir", str(tmp_path / "demo"), *arguments])


def test_all_as_told_is_0(parts, tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    said = [line.strip() for line in result.output.splitlines() if line.endswith(" went so")]
    assert [line.split()[0] for line in said] == [
        "place_all",
        "silence_psap",
        "break_python",
        "swap_snapshot",
    ]
    assert "2 plans (1 parsed, 3 repairs reported), 24 keys, 6 answering points" in result.output
    assert "one site (`route112 site run`); 2 trunk ends answer as PSAPs" in result.output
    assert "No call was lost, none misrouted." in result.output


def test_a_lost_call_is_1(parts, tmp_path):
    lost = make_outcome(lost=1).judgement
    parts.setattr(command, "judge_logs", lambda *_args, **_options: lost)
    assert run(tmp_path).exit_code == 1
    assert run(tmp_path, "--json").exit_code == 1


def test_an_act_that_went_otherwise_is_1(parts, tmp_path):
    parts.setattr(command.acts, "break_python", act("break_python", kept=False))
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "Not as told: break_python went so" in result.output


def test_a_missing_program_is_2_and_says_who_installs_it(parts, tmp_path):
    parts.setattr(command.shutil, "which", lambda *_args, **_options: None)
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "kamailio is not in /usr/sbin" in result.output
    assert "`make demo` installs it" in result.output


def test_a_taken_port_is_2_and_says_how_to_find_who_has_it(parts, tmp_path):
    def taken(_places):
        raise ChildError("127.0.4.1:5060/udp is taken by another program")

    parts.setattr(command, "check_free", taken)
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "127.0.4.1:5060/udp is taken by another program" in result.output
    assert "`ss -lnptu` shows who uses a port" in result.output


def test_a_folder_that_cannot_be_made_is_2(parts, tmp_path):
    (tmp_path / "demo").write_text("a file", encoding="ascii")
    result = CliRunner().invoke(demo, ["--dir", str(tmp_path / "demo" / "deeper")])
    assert result.exit_code == 2
    assert "cannot be used" in result.output


def test_a_second_demo_in_one_folder_is_2(parts, tmp_path):
    (tmp_path / "demo").mkdir()
    lock_folder(tmp_path / "demo")
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "Another demo runs there" in result.output


def test_a_table_without_steady_calls_is_2(parts, tmp_path):
    parts.setattr(command, "draw_calls", lambda *_args: ())
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "no call that holds at every hour" in result.output


@pytest.mark.parametrize("count", ["0", "101"])
def test_the_number_of_calls_is_bounded(parts, tmp_path, count):
    assert run(tmp_path, "--calls", count).exit_code == 2


def test_keep_waits_until_somebody_ends_it(parts, tmp_path):
    real = command.say

    def press_ctrl_c(text):
        real(text)
        if text.startswith("Running until Ctrl-C"):
            asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGINT)

    parts.setattr(command, "say", press_ctrl_c)
    result = run(tmp_path, "--keep")
    assert result.exit_code == 0, result.output
    assert "Running until Ctrl-C: sip:15@127.0.1.1:5060" in result.output


def test_what_a_killed_demo_left_is_ended_first(tmp_path, monkeypatch):
    ended = []

    class Left:
        async def end(self):
            ended.append("group")

    async def end_orphans(state):
        ended.append(state.name)

    monkeypatch.setattr(command, "end_orphans", end_orphans)
    monkeypatch.setattr(command, "find_group", lambda _state: Left())
    folder = DemoFolder(tmp_path)
    asyncio.run(command.clear(folder))
    assert ended == ["kamailio.json", "group"]
    assert folder.run.is_dir()
