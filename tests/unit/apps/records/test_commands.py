import json
import re

import pytest
from click.testing import CliRunner
from tests.support.records import NOW_US, World

from route112.adapters.record_spool import Bounds
from route112.apps.records import commands
from route112.apps.records.commands import records
from route112.apps.route import parse_instant
from route112.apps.scenario_time import FILE, write_scenario_time
from route112.wire.documents.scenario_time import ScenarioTime


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path / "run" / "records", bounds=Bounds(seal_seconds=0))
    said = ("attempt by=python dialled=15 caller=+33639981234", "ring ms=5")
    for number, words in enumerate(said):
        kind, _, rest = words.partition(" ")
        line = f"R1 {kind} k={world.raw.key} t={NOW_US + number} site=s call=a@h {rest}\n"
        world.append(line.encode())
    return world


def run(*arguments):
    return CliRunner().invoke(records, [str(argument) for argument in arguments])


def test_tail_shows_the_newest_lines(world):
    whole = run("tail", world.path)
    assert whole.exit_code == 0
    assert len(whole.output.splitlines()) == 2
    assert run("tail", world.path, "-n", 1).output == whole.output.splitlines()[1] + "\n"
    assert run("tail", world.path, "-n", 0).output == ""


def test_tail_prints_one_json_object_a_line(world):
    lines = run("tail", world.path, "--json").output.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["attempt", "ring"]
    assert json.loads(lines[0])["fields"]["caller"] == "+33 6 39 98 .. .."


def test_following_shows_what_comes_later_once(world, monkeypatch):
    rounds = []

    def wait():
        rounds.append(1)
        world.write(1)
        return len(rounds) < 3

    monkeypatch.setattr(commands, "_wait", wait)
    shown = run("tail", world.path, "--follow", "-n", 1).output.splitlines()
    assert [re.search(r"id=(\S+)", line)[1] for line in shown] == ["a@h", "1", "2"]


def test_the_run_directory_will_do(world):
    assert run("query", world.path.parent).output == run("query", world.path).output


def test_another_folder_cannot_be_read(tmp_path):
    result = run("query", tmp_path)
    assert result.exit_code == 2
    assert "is no records folder" in result.output


def test_query_shows_a_table_and_masks(world):
    result = run("query", world.path, "--open")
    head, row = result.output.splitlines()
    assert head.split() == [
        "began",
        "(UTC)",
        "outcome",
        "code",
        "party",
        "rang",
        "s",
        "caller",
        "call",
    ]
    assert head.index("caller") == row.index("+33 6 39 98 .. ..")
    assert row.endswith("15 @? ?/? id=a@h")


def test_query_of_one_call_shows_its_records(world):
    lines = run("query", world.path, "--call", "a@h").output.splitlines()
    assert [line.split()[3] for line in lines[3:]] == ["attempt", "ring"]


def test_nothing_found_is_fine(world):
    result = run("query", world.path, "--number", "18", "--since", "2026-01-01T00:00:00Z")
    assert (result.exit_code, result.output) == (0, "no calls\n")
    assert run("query", world.path, "--until", "2020-01-01T00:00:00Z", "--json").output == "[]\n"


def test_clear_numbers_are_audited_before_they_are_shown(world):
    result = run("query", world.path, "--clear-numbers", "--reason", "call back", "--open")
    assert "+33639981234" in result.output
    (line,) = (world.path / "audit.jsonl").read_text().splitlines()
    audited = json.loads(line)
    assert (audited["reason"], audited["calls"]) == ("call back", ["a@h"])
    assert audited["asked"] == {"only_open": True}


@pytest.mark.parametrize(
    "arguments",
    [("--clear-numbers",), ("--clear-numbers", "--reason", "x"), ("--reason", "why not")],
)
def test_without_a_reason_nothing_is_clear(world, arguments):
    result = run("query", world.path, *arguments)
    assert result.exit_code == 2
    assert "63998" not in result.output
    assert not (world.path / "audit.jsonl").exists()


def test_without_an_audit_nothing_is_clear(world):
    (world.path / "audit.jsonl").mkdir()
    result = run("query", world.path, "--clear-numbers", "--reason", "call back")
    assert result.exit_code == 2
    assert "63998" not in result.output
    assert "nothing is shown" in result.output


def test_more_than_can_be_shown_is_said(world, monkeypatch):
    monkeypatch.setattr(commands, "CALLS_SHOWN_MAX", 3)
    world.write(5)
    result = run("query", world.path)
    assert "the newest 3 of 6 calls; narrow it down" in result.output


def test_a_folder_that_may_not_be_read_is_said(world, monkeypatch):
    def refuse(*_arguments, **_named):
        raise PermissionError(13, "Permission denied")

    for name, command in (("find_calls", "query"), ("read_records", "tail"), ("Recorder", "keep")):
        monkeypatch.setattr(commands, name, refuse)
        result = run(command, world.path)
        assert result.exit_code == 2
        assert "Permission denied" in result.output


def test_keep_is_refused_beside_another(world):
    recorder = world.recorder()
    result = run("keep", world.path)
    recorder.close()
    assert result.exit_code == 2
    assert "has a recorder already" in result.output


@pytest.fixture
def replayed(world):
    """The same records, in a run that plays an evening forty times as fast."""
    value = ScenarioTime(
        scenario="evening", wiring="route112", starts=parse_instant("2021-06-02T16:45:00+02:00"),
        began=NOW_US - 1_500_000, compression=40.0,
    )  # fmt: skip
    write_scenario_time(world.path.parent, value)
    return world


def test_in_a_replay_records_are_on_scenario_time(replayed):
    shown = run("tail", replayed.path).output.splitlines()
    assert all(line.startswith("2021-06-02 14:46:00.000") for line in shown)
    [first, _] = map(json.loads, run("tail", replayed.path, "--json").output.splitlines())
    assert first["time_us"] == NOW_US
    assert first["scenario_us"] == parse_instant("2021-06-02T16:46:00+02:00")
    head, row = run("query", replayed.path).output.splitlines()
    assert head.startswith("began (scenario, UTC)")
    assert row.startswith("2021-06-02 14:46:00.000")
    [call] = json.loads(run("query", replayed.path, "--json").output)
    assert call["scenario_us"] == first["scenario_us"]


def test_in_a_replay_one_asks_by_scenario_time(replayed):
    since = "2021-06-02T16:4{}:00+02:00"
    assert len(run("query", replayed.path, "--since", since.format(6)).output.splitlines()) == 2
    assert "no calls" in run("query", replayed.path, "--since", since.format(7)).output
    assert "no calls" in run("query", replayed.path, "--until", since.format(5)).output


def test_a_time_that_cannot_be_read_is_told(replayed):
    (replayed.path.parent / FILE).write_text("{}")
    result = run("tail", replayed.path)
    assert result.exit_code == 2
    assert "the scenario-time.json of this run cannot be read" in result.output


def test_whoever_follows_sees_a_replay_begin(world, monkeypatch):
    rounds = []

    def wait():
        rounds.append(1)
        if len(rounds) == 2:
            value = ScenarioTime(
                scenario="evening", wiring="route112", starts=0, began=0, compression=1e-6
            )
            write_scenario_time(world.path.parent, value)
        world.write(1)
        return len(rounds) < 3

    monkeypatch.setattr(commands, "_wait", wait)
    shown = run("tail", world.path, "--follow", "-n", 0).output.splitlines()
    assert [line.startswith("1970") for line in shown] == [False, True]
