"""The command's ends: 0 all right, 1 a call rang elsewhere, 2 it cannot run."""

from dataclasses import replace

import pytest
from click.testing import CliRunner
from tests.unit.apps.demo.test_report import LOST, RIGHT, stage  # noqa: F401  a fixture

from route112.adapters.processes import ChildError
from route112.apps.demo import command, demo
from route112.apps.demo.country import DemoFolder
from route112.apps.demo.psaps import Place

SITE = Place("127.0.1.1", 5060)


@pytest.fixture
def parts(monkeypatch, stage):  # noqa: F811
    """Replace everything that starts or builds something."""
    monkeypatch.setattr(command, "list_missing_programs", list)
    monkeypatch.setattr(command, "prepare", lambda _folder, _count: stage)
    monkeypatch.setattr(command, "put_up", lambda _children, _stage: SITE)
    monkeypatch.setattr(command, "place_calls", lambda *_args, **_options: (RIGHT,))
    return monkeypatch


def run(tmp_path, *arguments):
    return CliRunner().invoke(demo, ["--dir", str(tmp_path / "demo"), *arguments])


def test_all_right_is_0(parts, tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    assert "1 of 1 calls rang at the expected answering point" in result.output


def test_a_call_that_did_not_ring_is_1(parts, tmp_path):
    parts.setattr(command, "place_calls", lambda *_args, **_options: (RIGHT, LOST))
    assert run(tmp_path).exit_code == 1
    assert run(tmp_path, "--json").exit_code == 1


def test_missing_programs_are_2_and_say_who_installs_them(parts, tmp_path):
    parts.setattr(command, "list_missing_programs", lambda: ["kamailio", "sipp"])
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "kamailio and sipp not found" in result.output
    assert "`make demo` installs them" in result.output


def test_a_taken_port_is_2_and_says_how_to_find_who_has_it(parts, tmp_path):
    def taken(_children, _stage):
        raise ChildError("127.0.4.1:5060/udp is taken by another program")

    parts.setattr(command, "put_up", taken)
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "127.0.4.1:5060/udp is taken by another program" in result.output
    assert "`ss -lnptu` shows who uses a port" in result.output


def test_a_folder_that_cannot_be_made_is_2(parts, tmp_path):
    (tmp_path / "demo").write_text("a file", encoding="ascii")
    result = CliRunner().invoke(demo, ["--dir", str(tmp_path / "demo" / "deeper")])
    assert result.exit_code == 2
    assert "cannot be used" in result.output


@pytest.mark.parametrize("count", ["0", "101"])
def test_the_number_of_calls_is_bounded(parts, tmp_path, count):
    assert run(tmp_path, "--calls", count).exit_code == 2


def test_keep_waits_until_somebody_ends_it(parts, tmp_path):
    def press_ctrl_c():
        raise KeyboardInterrupt

    parts.setattr(command.signal, "pause", press_ctrl_c)
    result = run(tmp_path, "--keep")
    assert result.exit_code == 0
    assert "Running until Ctrl-C: sip:15@127.0.1.1:5060" in result.output


def test_too_few_calls_are_said(parts, tmp_path, monkeypatch, stage):  # noqa: F811
    monkeypatch.undo()
    monkeypatch.setattr(command, "list_missing_programs", list)
    monkeypatch.setattr(command, "write_country", lambda _folder: False)
    monkeypatch.setattr(command, "build_snapshot", lambda _folder: stage.built)
    monkeypatch.setattr(command, "read_expected", lambda _path: iter(()))
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "the expected table has only 0 calls" in result.output


@pytest.fixture
def children(monkeypatch):
    """Let the site and the PSAPs be started in name only; gives what was started."""
    started = []
    monkeypatch.setattr(command, "check_free", lambda _places: None)
    monkeypatch.setattr(
        command, "start_psaps", lambda _children, _run, places: started.extend(places)
    )
    monkeypatch.setattr(command, "start_site", lambda *_args, **_options: SITE)
    monkeypatch.setattr(command, "ask_options", lambda *_address: 200)
    return started


def test_psaps_stand_where_the_expected_numbers_are_carried(stage, children, tmp_path):  # noqa: F811
    stage = replace(stage, folder=DemoFolder(tmp_path))
    stage.folder.run.mkdir()
    (stage.folder.run / "psap-old.log").write_text("rang old +33261910020\n", encoding="ascii")
    assert command.put_up(None, stage) == SITE
    assert children == [Place("127.0.4.1", 5060), Place("127.0.4.2", 5060)]
    assert list(stage.folder.run.iterdir()) == [], "logs of an earlier run would be counted"


def test_a_site_whose_python_is_out_is_no_demo(stage, children, tmp_path, monkeypatch):  # noqa: F811
    stage = replace(stage, folder=DemoFolder(tmp_path))
    stage.folder.run.mkdir()
    monkeypatch.setattr(command, "ask_options", lambda *_address: 503)
    with pytest.raises(ChildError, match="the site's Python does not answer"):
        command.put_up(None, stage)
