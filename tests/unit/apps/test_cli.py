import io
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from route112.apps import cli


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_loads_and_its_help_begins_with_the_summary(name):
    result = CliRunner().invoke(cli.cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert cli.COMMANDS[name][1] in " ".join(result.output.split())
    assert "Example" in result.output


def test_help_lists_commands_examples_and_exit_codes():
    result = CliRunner().invoke(cli.cli, ["--help"])
    for name, (_, summary) in cli.COMMANDS.items():
        assert name in result.output
        assert summary.split(":")[0] in " ".join(result.output.split())
    assert "Exit codes" in result.output
    assert "_ROUTE112_COMPLETE=bash_source" in result.output


def test_an_unknown_command_is_bad_usage():
    result = CliRunner().invoke(cli.cli, ["rout"])
    assert result.exit_code == 2
    assert "No such command 'rout'" in result.output


def test_help_imports_no_command():
    code = (
        "import sys\nfrom route112.apps import cli\n"
        "try: cli.main(['--help'])\nexcept SystemExit: pass\n"
        "sys.exit(any(m in sys.modules for m in ('lxml', 'shapely', 'cryptography', 'rich')))"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert ended.returncode == 0, ended.stderr


def test_a_closed_pipe_ends_quietly(monkeypatch):
    def closed(*_args, **_kwargs):
        raise BrokenPipeError

    monkeypatch.setattr(cli, "cli", closed)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 0


def test_a_leaf_is_a_click_command():
    group = cli.LazyGroup("x")
    assert isinstance(group.get_command(click.Context(group), "route"), click.Command)
    assert group.get_command(click.Context(group), "nothing") is None
