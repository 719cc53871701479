import json

import msgspec
import pytest
from click.testing import CliRunner
from tests.support.seen import CALLER, see
from tests.support.showing import make_shown

from route112.adapters.clock import utc_now
from route112.adapters.watch_store import Calls, Looks, open_store, transaction
from route112.apps.callbacks import command
from route112.apps.callbacks.command import callbacks
from route112.apps.watch.keeping import Files, lock

MASKED = "+33 6 39 98 .. .."
REASON = ("--reason", "call back, incident 12")


@pytest.fixture
def run_dir(tmp_path):
    now_us = utc_now()
    store = open_store(tmp_path / "watch.sqlite", create=True)
    calls = (
        see("c1", began_us=now_us - 9_000_000, ended_us=now_us - 8_000_000),
        see("c2", began_us=now_us - 9_000_000, ended_us=now_us - 8_000_000, caller=""),
        see("c3", began_us=now_us - 9_000_000, ended_us=now_us, caller="+33639985678"),
        see("c4", began_us=now_us, ended_us=now_us, caller="+33639985678", outcome="answered"),
    )
    with transaction(store):
        for call in calls:
            Calls(store).give(call, place="Brest", taken_us=now_us)
    store.close()
    return tmp_path


def run(run_dir, name, *arguments):
    options = [name, *map(str, arguments), "--run-dir", str(run_dir)]
    return CliRunner().invoke(callbacks, options)


def list_json(run_dir, *arguments):
    return json.loads(run(run_dir, "list", "--json", *arguments).stdout)


def read_audit(run_dir):
    path = run_dir / "watch-audit.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_list_is_masked(run_dir):
    shown = run(run_dir, "list").output
    assert MASKED in shown
    assert CALLER not in shown
    assert "anonymous" in shown
    assert [entry["caller"] for entry in list_json(run_dir)] == [MASKED, "anonymous"]
    assert not (run_dir / "watch-audit.jsonl").exists()


def say_shown(run_dir, **values):
    store = open_store(run_dir / "watch.sqlite")
    with transaction(store):
        shown = make_shown(at_us=utc_now(), **values)
        Looks(store).publish(msgspec.json.encode(shown))
    store.close()


@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("export", *REASON)])
def test_an_empty_list_that_nobody_keeps_is_no_good_news(run_dir, words):
    said = "who has lost a call since may not be on the list"
    done = run(run_dir, *words)
    assert done.exit_code == 0
    assert f"watch does NOT run, or hangs: {said}" in done.stderr
    with lock(Files(run_dir)):
        say_shown(run_dir)
        assert run(run_dir, *words).stderr == ""
        for values in ({"trouble": ("site-1 cannot be read",)}, {"has_backlog": True}):
            say_shown(run_dir, **values)
            assert "not all records could be read yet" in run(run_dir, *words).stderr


def test_who_got_through_later_is_shown_with_all(run_dir):
    states = [entry["state"] for entry in list_json(run_dir, "--all")]
    assert states == ["open", "open", "through"]


def test_numbers_in_clear_are_audited_before_they_are_shown(run_dir):
    shown = run(run_dir, "list", "--clear-numbers", *REASON)
    assert CALLER in shown.output.replace("\n", "")
    (line,) = read_audit(run_dir)
    assert (line["reason"], line["calls"]) == (REASON[1], ["caller 1", "caller 2"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--clear-numbers"),
        ("list", "--clear-numbers", "--reason", "why"),
        ("list", *REASON),
        ("export",),
    ],
)
def test_without_a_reason_nothing_is_shown(run_dir, arguments):
    done = run(run_dir, *arguments)
    assert done.exit_code == 2
    assert CALLER not in done.output


def test_without_an_audit_nothing_is_shown(run_dir):
    (run_dir / "watch-audit.jsonl").mkdir()
    done = run(run_dir, "export", *REASON)
    assert done.exit_code == 2
    assert "nothing is shown" in done.output
    assert CALLER not in done.output


def test_export_gives_all_with_their_numbers(run_dir):
    lines = run(run_dir, "export", *REASON).stdout.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith(f"1,{CALLER},15,29019,Brest,")
    rows = json.loads(run(run_dir, "export", *REASON, "--all", "--format", "json").stdout)
    assert [row["caller"] for row in rows] == [CALLER, "anonymous", "+33639985678"]
    assert len(read_audit(run_dir)) == 2


def test_a_caller_is_assigned_and_done(run_dir):
    assert run(run_dir, "assign", 1, 2, "--to", "desk 4").output == "2 assigned to desk 4\n"
    assert [entry["assigned"] for entry in list_json(run_dir)] == ["desk 4", "desk 4"]
    assert run(run_dir, "done", 1, "--outcome", "reached", "--note", "well").exit_code == 0
    assert run(run_dir, "done", 2, "--outcome", "no-answer").exit_code == 0
    assert run(run_dir, "list").stdout == "nobody has to be called back\n"
    assert [entry["note"] for entry in list_json(run_dir, "--all")][:2] == ["well", ""]


def test_who_is_assigned_stays_so_unless_told_again(run_dir):
    run(run_dir, "assign", 1, "--to", "desk 4")
    refused = run(run_dir, "assign", 1, 2, "--to", "desk 5")
    assert refused.exit_code == 1
    assert "1 (desk 4)" in refused.output
    assert run(run_dir, "assign", 1, "--to", "desk 5", "--again").exit_code == 0
    assert [entry["assigned"] for entry in list_json(run_dir)] == ["desk 5", ""]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("assign", 1, 9, "--to", "desk 4"), 1),
        (("done", 9, "--outcome", "reached"), 1),
        (("assign", "--to", "desk 4"), 2),
        (("assign", 1, "--to", " "), 2),
        (("done", 1, "--outcome", "reached", "--note", "a\nb"), 2),
    ],
)
def test_what_is_wrong_changes_nothing(run_dir, arguments, code):
    assert run(run_dir, *arguments).exit_code == code
    assert {entry["state"] for entry in list_json(run_dir)} == {"open"}


def test_a_long_list_says_that_there_is_more(run_dir, monkeypatch):
    monkeypatch.setattr(command, "SHOWN_MAX", 1)
    assert "the first 1 of 2 callers" in run(run_dir, "list").output


def test_without_watch_there_is_no_list(tmp_path):
    done = run(tmp_path, "list")
    assert done.exit_code == 2
    assert "nothing that watch has kept" in done.output
