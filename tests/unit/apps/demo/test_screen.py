"""What a newcomer reads: aligned, coloured on a terminal only, and out of the way of JSON."""

import click
import pytest
from click.testing import CliRunner

from route112.apps.demo.screen import Screen, say, show
from route112.simulation.checker import CallVerdict, Judgement, Verdict


def make_verdict(verdict=Verdict.RIGHT, *, number="+33261910010", wait_ms=9.4):
    return CallVerdict(
        call_id="001@demo", verdict=verdict, reason="why", number=number, first_ring_ms=wait_ms
    )


def make_judgement(**counts):
    usual = {"placed": 5, "right": 4, "delayed": 1, "misrouted": 0, "lost": 0, "ghosts": 0}
    return Judgement(
        **(usual | counts), unique_callers=5, unique_callers_lost=0, strangers=(), verdicts=()
    )


def show_all(screen, *, lost=0):
    screen.act("1. An act", "What comes.")
    screen.call(make_verdict(), "CRRA15-29", "15 @29019 -> CRRA15-29", "Brest")
    screen.call(make_verdict(Verdict.LOST, number="", wait_ms=None), "", "no record", "")
    screen.after("What came.")
    screen.after("something else", kept=False)
    screen.table(make_judgement(lost=lost))
    screen.text("the end")


def test_everything_stands_in_columns(capsys):
    show_all(Screen(as_json=False))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == ["1. An act", "  What comes."]
    assert lines[3] == (
        "  right        9 ms  rang +33261910010  CRRA15-29      15 @29019 -> CRRA15-29  Brest"
    )
    assert lines[4] == "  lost            -  rang nowhere                      no record"
    assert lines[5] == "      001@demo: why"
    assert lines[6:8] == ["  What came.", "  NOT AS TOLD: something else"]
    assert "  right         4  3 at once" in lines
    assert "  lost          0  neither" in lines
    assert lines[-1] == "the end"


def test_ghosts_have_a_row_when_there_are_some(capsys):
    Screen(as_json=False).table(make_judgement())
    assert "ghosts" not in capsys.readouterr().out
    Screen(as_json=False).table(make_judgement(ghosts=2))
    assert capsys.readouterr().out.endswith("  ghosts        2  rings for nobody\n")


def test_machines_have_standard_output_for_themselves(capsys):
    show_all(Screen(as_json=True))
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "1. An act" in seen.err


@pytest.mark.parametrize("color", [True, False])
def test_colour_is_for_terminals(color):
    @click.command()
    def command():
        show_all(Screen(as_json=False), lost=1)

    output = CliRunner().invoke(command, color=color).output
    assert ("\x1b[31m" in output) is color
    assert ("\x1b[" in output) is color


def test_paths_are_shown_as_they_would_be_typed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert show(tmp_path / "var" / "demo") == "var/demo"
    assert show(tmp_path.parent) == str(tmp_path.parent)
    say("doing")
    assert capsys.readouterr().err == "doing\n"
