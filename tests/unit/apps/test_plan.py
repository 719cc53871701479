import pytest
from click.testing import CliRunner

from route112.apps.cli import cli
from route112.apps.plan import COMMANDS


def test_help_lists_every_command_with_what_it_does():
    result = CliRunner().invoke(cli, ["plan", "--help"])
    assert result.exit_code == 0
    for name, (_, summary) in COMMANDS.items():
        assert name in result.output
        assert summary.split()[0] in result.output
    assert "Examples:" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name):
    result = CliRunner().invoke(cli, ["plan", name, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output


def test_an_unknown_command_is_bad_usage():
    result = CliRunner().invoke(cli, ["plan", "destroy"])
    assert result.exit_code == 2
    assert "No such command 'destroy'" in result.output
