import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.support.sources import write_sources

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


RUN = [sys.executable, "-c", "from route112.apps.cli import main; main()"]


def test_letters_that_the_terminal_lacks_are_replaced(tmp_path):
    plan = tmp_path / "PDAAU_29…é.csv"
    plan.write_text("insee;15\n29019;15\n", encoding="utf-8")
    for encoding in ("latin-1", "ascii"):
        environment = os.environ | {"PYTHONIOENCODING": encoding}
        ended = subprocess.run(
            [*RUN, "plan", "lint", plan], check=False, capture_output=True, env=environment
        )
        assert ended.returncode == 1, ended.stderr
        assert b"Traceback" not in ended.stderr
        assert b"PDAAU_29?" in ended.stdout


def test_a_full_disk_behind_the_output_is_one_line(tmp_path):
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([*RUN, "--help"], check=False, stdout=full, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr.decode().splitlines()) == (
        2,
        [
            "route112: the output cannot be printed: No space left on device",
            "  Make room where it goes; what -o names is whole, or untouched",
        ],
    )


def test_a_build_says_that_its_file_was_written_though_nothing_could_be_printed(tmp_path):
    write_sources(tmp_path / "fr")
    output = tmp_path / "fr.r112"
    for options in ([], ["--json", "--parent", output]):
        command = [*RUN, "plan", "build", tmp_path / "fr", "-o", output, "--no-cache", *options]
        with Path("/dev/full").open("w") as full:
            ended = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE)
        assert ended.returncode == 2
        said = f"route112: {output} was written, but the report could not be printed: No space"
        assert said in ended.stderr.decode()
        assert "Traceback" not in ended.stderr.decode()
        assert "Exception ignored" not in ended.stderr.decode()
        assert output.exists()


def test_other_errors_of_the_system_stay_what_they_are(monkeypatch):
    def broken(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cli, "cli", broken)
    with pytest.raises(PermissionError):
        cli.main([])
