from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from route112.apps._console import Failure
from route112.apps.country_run.options import find_run_dir, run_dir_option


def test_the_folder_is_made_for_nobody_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_run_dir(None) == tmp_path / "var" / "country"
    assert find_run_dir(Path("x")) == tmp_path / "x"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_too_long_for_sockets_is_refused(tmp_path):
    with pytest.raises(Failure, match="too long for a local socket"):
        find_run_dir(tmp_path / ("x" * 100))


def test_the_option_is_shared():
    @click.command
    @run_dir_option
    def command(run_dir):
        click.echo(run_dir)

    assert CliRunner().invoke(command, ["--run-dir", "a"]).output == "a\n"
    assert "[default: var/country]" in CliRunner().invoke(command, ["--help"]).output
