import json
from dataclasses import replace
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner
from tests.support.seen import T0

from route112.adapters.clock import utc_now
from route112.adapters.watch_store import Unsent, transaction
from route112.apps.alarms import command
from route112.apps.alarms.command import alarms, complete_ids
from route112.apps.alarms.show import UNSENT_SHOWN_US
from route112.watch.alarms import State


@pytest.fixture
def run(world):
    def run(*arguments):
        asked = ["--run-dir", str(world.files.run_dir), *map(str, arguments)]
        done = CliRunner().invoke(alarms, asked)
        return done.exit_code, done.output

    return run


def test_no_alarm_is_exit_code_zero(run):
    assert run() == (0, "no alarm is open\n")
    assert run("--json") == (0, "[]\n")


def test_an_open_alarm_is_exit_code_one(run, world):
    world.open()
    code, text = run()
    assert code == 1
    assert "15 · departement 29" in text
    code, text = run("--json")
    assert (code, json.loads(text)[0]["departements"]) == (1, ["29"])


def test_one_alarm_is_shown_whole(run, world):
    world.open()
    assert "do      docs/runbooks/success.md" in run(1)[1]
    code, text = run(1, "--json")
    assert (code, json.loads(text)["id"]) == (1, 1)
    world.end()
    assert run(1)[0] == 0
    assert run()[0] == 0
    code, text = run("--all")
    assert (code, "over" in text) == (0, True)
    assert run("--follow", "--for", 0) == (0, "no alarm is open\n")


def test_an_alarm_that_is_quiet_is_open_until_it_is_over(run, world):
    world.open()
    world.quiet()
    code, text = run()
    assert (code, "quiet" in text) == (1, True)
    assert run(1)[0] == 1


def test_a_file_that_is_none_of_watch_is_exit_code_two(tmp_path):
    (tmp_path / "watch.sqlite").write_bytes(b"something else " * 100)
    done = CliRunner().invoke(alarms, ["--run-dir", str(tmp_path)])
    assert done.exit_code == 2
    assert "cannot be opened" in done.output


def test_an_unknown_id_is_told(run):
    code, text = run(9)
    assert code == 1
    assert "there is no alarm 9" in text


def test_following_prints_what_is_told_from_now_on(run, world, monkeypatch):
    world.open()
    lived = []

    def pause(_):
        if not lived:
            lived.append(True)
            world.end()

    monkeypatch.setattr(command.time, "sleep", pause)
    code, text = run("--follow", "--for", 1, "--json")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["what"] for line in lines] == ["open", "over"]
    assert code == 0
    assert run("--for", 1)[0] == 2


def test_following_in_words(run, world, monkeypatch):
    monkeypatch.setattr(command.time, "sleep", lambda _: world.open())
    code, text = run("--follow", "--for", 1)
    assert code == 1
    assert "opened alarm 1: 15 · departement 29" in text


def test_a_folder_without_watch_is_told(tmp_path):
    done = CliRunner().invoke(alarms, ["--run-dir", str(tmp_path / "other")])
    assert done.exit_code == 2
    assert "has nothing that watch has kept" in done.output


def test_the_shell_is_offered_the_newest_alarms(world):
    world.open()
    context = click.Context(alarms)
    context.params = {"run_dir": world.files.run_dir}
    param = SimpleNamespace(name="id_")
    assert [item.value for item in complete_ids(context, param, "1")] == ["1"]
    assert complete_ids(context, param, "2") == []
    context.params = {"run_dir": world.files.run_dir / "none"}
    assert complete_ids(context, param, "") == []
    context.params = {}
    assert complete_ids(context, param, "") == []


def test_where_no_watch_runs_nothing_is_known_to_be_well(unwatched):
    asked = ["--run-dir", str(unwatched.files.run_dir)]
    done = CliRunner().invoke(alarms, asked)
    assert (done.exit_code, done.stdout) == (3, "no alarm is open\n")
    assert "watch does NOT run" in done.stderr
    unwatched.open()
    assert CliRunner().invoke(alarms, asked).exit_code == 1
    unwatched.end()
    assert CliRunner().invoke(alarms, ["1", *asked]).exit_code == 0


def test_an_old_one_that_is_open_is_among_all(run, world, monkeypatch):
    monkeypatch.setattr(command, "SHOWN_MAX", 1)
    world.open()
    first = world.book.find(1)
    for id_ in (2, 3):
        world.book.save(replace(first, id=id_, state=State.OVER, over_us=T0))
    code, text = run("--all", "--json")
    assert code == 1
    assert [each["id"] for each in json.loads(text[text.index("[") :])] == [3, 1]
    assert "the newest 1 alarms" in text


def test_what_the_webhook_gave_up_is_said_for_a_day(run, world):
    for told, age_us in ((1, UNSENT_SHOWN_US + 60_000_000), (2, 60_000_000)):
        with transaction(world.store):
            world.book.note_unsent(Unsent("webhook", told, utc_now() - age_us, "HTTP 500\x1b[2J"))
    code, text = run()
    assert (code, "no alarm is open" in text) == (0, True)
    assert "1 event was not taken by the webhook in a day, event 2 at " in text
    assert "\x1b" not in text
