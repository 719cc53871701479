from types import SimpleNamespace

import click
from click.testing import CliRunner

from route112.apps.alarms.report import complete_names, report


def run(world, *arguments):
    done = CliRunner().invoke(report, [*arguments, "--run-dir", str(world.files.run_dir)])
    return done.exit_code, done.output


def test_a_report_is_kept_for_watch(world):
    code, text = run(world, "we receive nothing", "--psap", "CRRA15-29", "--who", "the desk")
    assert (code, text.split(";")[0]) == (0, "report 1 is kept")
    (kept,) = world.book.take_reports(1)
    assert (kept.who, kept.text, str(kept.series)) == (
        "the desk",
        "we receive nothing",
        "PSAP CRRA15-29",
    )


def test_without_a_name_the_user_says_it(world):
    assert run(world, "dead", "--number", "112", "--departement", "29")[0] == 0
    (kept,) = world.book.take_reports(1)
    assert kept.who


def test_a_report_about_nothing_is_refused(world):
    code, text = run(world, "we receive nothing")
    assert code == 1
    assert "a report about nothing" in text


def test_the_shell_is_offered_what_the_plan_has(world):
    context = click.Context(report)
    context.params = {"run_dir": world.files.run_dir}
    param = SimpleNamespace(name="psap")
    assert [item.value for item in complete_names(context, param, "CRRA15-5")] == ["CRRA15-56"]
    context.params = {"run_dir": world.files.run_dir / "none"}
    assert complete_names(context, param, "") == []
    context.params = {}
    assert complete_names(context, param, "") == []


def test_where_no_watch_runs_nobody_takes_it(unwatched):
    code, text = run(unwatched, "we receive nothing", "--psap", "CRRA15-29")
    assert code == 3
    assert "nobody takes the report" in text
    assert len(unwatched.book.take_reports(1)) == 1
