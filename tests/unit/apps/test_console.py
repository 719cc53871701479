import json

import click
import pytest
from click.testing import CliRunner

from route112.apps import _console as console
from route112.model import Problem, Severity


def problem(severity, code="c"):
    return Problem(
        severity=severity, code=code, message="it is wrong", remedy="mend it", file="a.csv", row=3
    )


def test_fail_prints_what_is_wrong_and_what_to_do():
    @click.command()
    def command():
        console.fail("no such file: x", "give the path of a snapshot")

    result = CliRunner().invoke(command)
    assert result.exit_code == console.EXIT_CANNOT_RUN
    assert result.stderr == "route112: no such file: x\n  give the path of a snapshot\n"


def test_a_refusal_has_its_own_exit_code():
    with pytest.raises(console.Refusal) as refusal:
        console.fail("m", "r", code=console.EXIT_REFUSED)
    assert refusal.value.exit_code == 1


def test_problems_are_printed_errors_first_without_colour_in_a_pipe(capsys):
    console.echo_problems([problem(Severity.REPAIR), problem(Severity.ERROR)])
    assert capsys.readouterr().out == (
        "error: a.csv:3: it is wrong. Mend it.\nrepair: a.csv:3: it is wrong. Mend it.\n"
    )


def test_many_problems_are_cut_and_counted(capsys):
    many = [problem(Severity.WARNING)] * (console.PROBLEMS_SHOWN_MAX + 5)
    console.echo_problems(many)
    out = capsys.readouterr().out
    assert out.count("it is wrong") == console.PROBLEMS_SHOWN_MAX
    assert "... and 5 more; --all-problems prints them" in out
    console.echo_problems(many, show_all=True)
    assert capsys.readouterr().out.count("it is wrong") == len(many)


def test_problems_as_json_are_all_there(capsys):
    console.echo_problems([problem(Severity.ERROR, "some-code")] * 50, as_json=True)
    decoded = json.loads(capsys.readouterr().out)
    assert len(decoded) == 50
    assert decoded[0]["code"] == "some-code"
    assert decoded[0]["severity"] == "error"


def test_severities_are_counted_with_zeros():
    counts = console.count_severities([problem(Severity.ERROR)] * 2)
    assert counts == {Severity.ERROR: 2, Severity.WARNING: 0, Severity.REPAIR: 0}


def test_a_table_lines_up_with_numbers_on_the_right(capsys):
    console.print_table("Title", ["name", "count"], [["a", 1], ["longer", 12345]])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["Title", "name     count", "a            1", "longer  12,345"]


def test_progress_in_a_pipe_is_one_line_a_tenth(capsys):
    with console.progress("Reading", 20) as advance:
        for _ in range(20):
            advance("file")
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 10
    assert err[-1] == "Reading: 20 of 20"


def test_progress_on_a_terminal_draws_a_bar(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with console.progress("Reading", 2) as advance:
        advance("one")
        advance()


def test_a_next_step_can_be_pasted_as_it_is(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(tmp_path / ".venv" / "bin" / "route112")])
    assert console.own_name() == ".venv/bin/route112"
    monkeypatch.setattr("sys.argv", ["/elsewhere/bin/route112"])
    assert console.own_name() == "/elsewhere/bin/route112"
    monkeypatch.setattr("sys.argv", ["/somewhere/pytest"])
    assert console.own_name() == "route112"


def test_what_a_terminal_would_obey_is_no_part_of_a_table(capsys):
    console.print_table("", ["who"], [["\x1b[2J\ny \u202e ok é"]])
    assert capsys.readouterr().out.splitlines()[1].rstrip() == "\ufffd[2J\ufffdy \ufffd ok é"
