"""What people type about faults, and what they read."""

import json

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from route112.apps.cli import cli
from route112.apps.fault.command import fault as group


def invoke(run, *words, code=0):
    result = CliRunner().invoke(cli, ["fault", *words, "--run-dir", str(run.run_dir)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_fault_from_its_beginning_to_its_end(run):
    said = invoke(run, "inject", "loss", "site-1", "per_mille=5")
    assert said.startswith("EXERCISE: loss-1 site-1 per_mille=5, for 0 s; ends: its rules")
    assert "loss-1 site-1 per_mille=5" in invoke(run, "list")
    assert invoke(run, "clear").endswith("cleared: loss-1\n")
    assert invoke(run, "list") == "no fault is in force\n"
    assert "ends: cleared" in invoke(run, "list", "--past")
    assert invoke(run, "clear", "loss-1").endswith("cleared: nothing was in force\n")


def test_the_same_for_machines(run):
    row = json.loads(invoke(run, "inject", "link-cut", "site-1", "--json"))
    assert (row["id"], row["targets"], row["runner_alive"]) == ("link-cut-1", ["site-1"], False)
    assert [one["id"] for one in json.loads(invoke(run, "list", "--json"))] == ["link-cut-1"]
    cleared = CliRunner().invoke(cli, ["fault", "clear", "--json", "--run-dir", str(run.run_dir)])
    assert json.loads(cleared.stdout) == {"cleared": ["link-cut-1"]}


def test_a_fault_that_is_over_at_once_says_so(run):
    assert "kill-1 was done; its supervisor" in invoke(run, "inject", "kill", "site-1")


def test_what_is_refused_says_what_to_do(run, tmp_path):
    said = invoke(run, "inject", "stop", "site-9", code=1)
    assert "site-9 is no target of stop" in said
    assert "Name sites and edges: site-1, site-2, edge-1" in said
    assert "there was no fault x-1" in invoke(run, "clear", "x-1", code=1)
    (run.run_dir / "up.json").unlink()
    assert "nothing runs in" in invoke(run, "inject", "stop", "site-1", code=2)
    gone = CliRunner().invoke(cli, ["fault", "list", "--run-dir", str(tmp_path / "none")])
    assert gone.exit_code == 2


def test_a_book_that_cannot_be_read_is_told(run):
    book = run.run_dir / "faults.json"
    book.write_text("{")
    assert "faults.json" in invoke(run, "list", code=2)
    assert complete(run, "clear") == []
    book.unlink()


def test_the_table_of_kinds(run):
    assert "SIGSTOP to every process of Kamailio" in invoke(run, "list", "--kinds")
    kinds = json.loads(invoke(run, "list", "--kinds", "--json"))
    grey = next(kind for kind in kinds if kind["kind"] == "grey")
    assert grey["settings"]["mode"]["words"] == ["mute", "trying", "one-way"]


def test_help_shows_examples():
    said = CliRunner().invoke(cli, ["fault", "--help"]).output
    assert "route112 fault inject grey site-2 mode=trying share=0.3 --for 30" in said
    assert "Exit codes: 0 done, 1 refused" in said


def complete(run, *words, incomplete=""):
    arguments = [*words[:1], "--run-dir", str(run.run_dir), *words[1:]]
    asking = ShellComplete(group, {}, "route112", "_X")
    return [item.value for item in asking.get_completions(arguments, incomplete)]


@pytest.mark.parametrize(
    ("words", "incomplete", "expected"),
    [
        (("inject",), "python-", ["python-hang", "python-raise"]),
        (("inject", "stop"), "", ["site-1", "site-2", "edge-1"]),
        (("inject", "grey"), "s", ["site-1", "site-2", "share="]),
        (("inject", "psap-busy"), "CIC17-2", ["CIC17-29"]),
        (("inject", "nonsense"), "", []),
        (("clear",), "lo", ["loss-1"]),
    ],
)
def test_completion_knows_kinds_targets_settings_and_ids(run, words, incomplete, expected):
    run.faults.inject("loss", ["site-1"])
    assert complete(run, *words, incomplete=incomplete) == expected


def test_completion_without_a_plan_knows_settings(run):
    run.plan.unlink()
    assert complete(run, "inject", "gateway-grey") == []
