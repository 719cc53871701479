"""The command's ends: 0 as told, 1 an act otherwise, 2 it cannot run."""

from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from tests.support.snapshots import small_content
from tests.unit.apps.demo.test_report import BAD, CALL, GOOD, make_outcome

from route112.adapters.processes import ChildError
from route112.adapters.supervision import lock_folder
from route112.apps.demo import command
from route112.apps.demo.command import count_members, demo
from route112.apps.demo.country import Facts
from route112.snapshot.writer import write_snapshot


class FakePlay:
    """Has one act, which became what `outcome` says."""

    outcome = GOOD

    def __init__(self, **parts):
        self.parts = parts
        self.acts = []

    def judge(self):
        assert not Standing.is_up, "it is judged when nothing runs any more"
        return make_outcome().judgement

    def count(self, _act, _judgement):
        return self.outcome[1]


class Standing:
    """Whether the country runs."""

    is_up = False


@contextmanager
def put_up(_children, _folder):
    Standing.is_up = True
    try:
        yield
    finally:
        Standing.is_up = False


def build(folder):
    folder.snapshot.write_bytes(write_snapshot(small_content()))
    return Facts(files=2, parsed=1, warnings=())


@asynccontextmanager
async def open_nothing(*_args):
    yield {}


def act(name):
    async def play_it(play, country, *_joint):
        assert Standing.is_up
        assert country.calls >= 8
        play.acts.append(play.outcome[0])
        play.parts["screen"].text(f"{name} went so")

    return play_it


@pytest.fixture
def parts(monkeypatch):
    """Replace everything that starts, builds or listens."""
    operators = []
    draw = SimpleNamespace(take=lambda _count: (CALL,))
    FakePlay.outcome = GOOD
    monkeypatch.setattr(command.shutil, "which", lambda *_args, **_options: "/usr/sbin/kamailio")
    monkeypatch.setattr(command, "build_aside", build)
    monkeypatch.setattr(command.acts, "find_joint", lambda _warnings: object())
    monkeypatch.setattr(command, "Draw", lambda *_args: draw)
    monkeypatch.setattr(command, "check_free", lambda _places: None)
    monkeypatch.setattr(command, "list_country", lambda *_args: operators)
    monkeypatch.setattr(command, "put_up", put_up)
    monkeypatch.setattr(command, "await_ready", lambda *_args, **_options: 6.0)
    monkeypatch.setattr(command, "open_ends", open_nothing)
    monkeypatch.setattr(command, "Play", FakePlay)
    for name in ("place_all", "break_sites", "restore_sites", "hang_gateways"):
        monkeypatch.setattr(command.acts, name, act(name))
    return monkeypatch


def run(tmp_path, *arguments):
    return CliRunner().invoke(demo, ["--dir", str(tmp_path / "demo"), *arguments])


def test_all_as_told_is_0(parts, tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    said = [line.strip() for line in result.output.splitlines() if line.endswith(" went so")]
    assert [line.split()[0] for line in said] == [
        "place_all",
        "break_sites",
        "restore_sites",
        "hang_gateways",
    ]
    assert "13 programs run after 6 s" in result.output
    assert "Nothing of it runs any more" in result.output


def test_an_act_that_went_otherwise_is_1(parts, tmp_path):
    FakePlay.outcome = BAD
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "Not as told: one site dead" in result.output
    assert run(tmp_path, "--json").exit_code == 1


def test_a_missing_program_is_2_and_says_who_installs_it(parts, tmp_path):
    parts.setattr(command.shutil, "which", lambda *_args, **_options: None)
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "kamailio is not in /usr/sbin" in result.output
    assert "`make demo` installs it" in result.output


def test_another_country_is_2_and_says_how_to_end_it(parts, tmp_path):
    def taken(_places):
        raise ChildError("127.0.1.1:5060/udp is taken by another program")

    parts.setattr(command, "check_free", taken)
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "127.0.1.1:5060/udp is taken by another program: another country" in result.output
    assert "down` ends what `up` started; `ss -lnptu` shows whose it is" in result.output


def test_a_country_that_does_not_come_up_is_2(parts, tmp_path):
    def fail(*_args, **_options):
        raise ChildError("every program answers: not within 60 s")

    parts.setattr(command, "await_ready", fail)
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "every program answers: not within 60 s" in result.output


def test_a_demo_that_is_interrupted_says_that_nothing_is_left(parts, tmp_path):
    def interrupt(*_args, **_options):
        raise KeyboardInterrupt

    parts.setattr(command, "await_ready", interrupt)
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "Interrupted: nothing of it runs any more." in result.output


def test_a_plan_in_which_nobody_hangs_on_one_vendor_is_2(parts, tmp_path):
    parts.setattr(command.acts, "find_joint", lambda _warnings: None)
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "names nobody who hangs on one vendor" in result.output


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


@pytest.mark.parametrize("count", ["7", "401"])
def test_the_number_of_calls_is_bounded(parts, tmp_path, count):
    assert run(tmp_path, "--calls", count).exit_code == 2


def test_every_program_of_the_country_is_counted():
    assert count_members() == 13
