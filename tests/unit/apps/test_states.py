import json

import pytest
from click.testing import CliRunner

from route112.apps import states as subject
from route112.apps.cli import cli
from route112.model.states import MeasuredState, StateKind, StateSource
from route112.wire.documents.state_file import VALID_US, render_states

NOW = 1_795_000_000_000_000
S = 1_000_000


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr(subject, "utc_now", lambda: NOW)


def state(name, word, *, kind=StateKind.SERVICE, trial_us=0):
    return MeasuredState(
        kind=kind, id=name, state=word, source=StateSource.CALLS,
        since_us=NOW - 90 * S, seen_us=NOW - 4 * S, trial_us=trial_us,
    )  # fmt: skip


def run(folder, *arguments):
    return CliRunner().invoke(cli, ["states", "--run-dir", str(folder), *arguments])


def put(folder, *states, now_us=NOW):
    (folder / "states.json").write_bytes(render_states(states, now_us=now_us))


def test_what_is_not_well_is_shown_with_source_and_age(tmp_path):
    put(tmp_path, state("A", "Unreachable", trial_us=5), state("B", "Normal"))
    result = run(tmp_path)
    assert result.exit_code == 1
    (row,) = [line.split() for line in result.stdout.splitlines() if " A " in line]
    assert row == [
        "service", "A", "Unreachable", "calls", "2026-11-18T11:05:10Z", "4", "s", "ago", "offered",
    ]  # fmt: skip
    assert "B" not in result.stdout
    assert "Normal" in run(tmp_path, "--all").stdout


def test_all_well(tmp_path):
    put(tmp_path, state("A", "Normal"), state("A", "Active", kind=StateKind.QUEUE))
    result = run(tmp_path)
    assert (result.exit_code, result.stdout) == (0, "2 states, all of them Normal or Active.\n")


def test_what_has_expired_counts_for_nothing(tmp_path):
    put(tmp_path, state("A", "Normal"), now_us=NOW - VALID_US)
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "Written 30 s ago: it has expired, and counts for nothing." in result.stderr


def test_machines_get_the_same(tmp_path):
    put(tmp_path, state("A", "Unreachable"), state("B", "Normal"))
    read = json.loads(run(tmp_path, "--json").stdout)
    assert (read["written_us"], [each["id"] for each in read["states"]]) == (NOW, ["A"])
    assert len(json.loads(run(tmp_path, "--json", "--all").stdout)["states"]) == 2


def test_nothing_is_known(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "Start `route112 watch run`" in result.output
    (tmp_path / "states.json").write_bytes(b"{")
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "cannot be read" in result.output
