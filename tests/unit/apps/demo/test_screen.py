"""What a newcomer reads: short lines, colour on a terminal only, and out of the way of JSON."""

import sys

import pytest

from route112.apps.demo import screen as module
from route112.apps.demo.screen import PLAIN_SECONDS, WIDTH, Screen, show, wrap_way

WORDS = " ".join(["word"] * 60)
WAY = "bruyere-edge-1" + "".join(f" -> site-{number} SILENT" for number in range(9))


def show_all(screen):
    screen.title("1. An act")
    screen.text(WORDS)
    screen.rows(["a  b", ""])
    screen.way([WAY])
    screen.quote(WORDS)
    screen.outcome("48 of 48 right", kept=True)
    screen.outcome("47 of 48 right", kept=False)
    screen.warn("the end")


def test_no_line_is_too_long_and_there_is_no_colour_in_a_pipe(capsys):
    show_all(Screen(as_json=False))
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[:2] == ["", "1. An act"]
    assert max(map(len, lines)) <= WIDTH
    assert out.count("word") == 120
    assert "   48 of 48 right" in lines
    assert "   NOT AS TOLD: 47 of 48 right" in lines
    assert lines[-1] == "the end"
    assert "\x1b" not in out


def test_a_way_breaks_before_its_arrows():
    parts = wrap_way(WAY)
    assert len(parts) > 1
    assert all(part.startswith("   -> site-") for part in parts[1:])
    assert "".join(part.removeprefix("  ") for part in parts) == WAY
    assert wrap_way("15 @29019 -> CRRA15-29 [g1]") == ["15 @29019 -> CRRA15-29 [g1]"]


def test_machines_have_standard_output_for_themselves(capsys):
    screen = Screen(as_json=True)
    show_all(screen)
    seen = capsys.readouterr()
    assert screen.is_aside
    assert seen.out == ""
    assert "1. An act" in seen.err


def test_in_a_pipe_how_far_it_is_is_told_now_and_then(capsys, monkeypatch):
    now_s = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now_s[0])
    screen = Screen(as_json=False)
    screen.live("1 of 9")
    now_s[0] += PLAIN_SECONDS
    screen.live("5 of 9")
    screen.live("6 of 9")
    assert capsys.readouterr().out == "   ... 5 of 9\n"


def test_on_a_terminal_one_line_is_written_over(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    screen = Screen(as_json=False)
    screen.live("1 of 9")
    screen.live("9 of 9")
    screen.text("done")
    assert capsys.readouterr().out.splitlines()[-1].endswith("   done")


@pytest.mark.parametrize(("path", "shown"), [("var/demo", "var/demo"), ("/elsewhere", None)])
def test_paths_are_shown_as_they_are_typed(path, shown, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert show(tmp_path / path) == (shown or path)
