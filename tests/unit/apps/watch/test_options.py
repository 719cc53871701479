"""What both commands of watch share."""

import io
import sys

import click
from click.testing import CliRunner

from route112.apps.watch.options import for_option, ground_options, make_complain


@click.command()
@ground_options(topology="Which edges.", plan="Which hops.", run_dir="Where it is kept.")
@for_option
def command(*, topology_file, plan, run_dir, seconds_max):
    """Do something."""
    click.echo(f"{topology_file.name} {plan.name} {run_dir.name} {seconds_max}")


def test_ground_is_asked_for_in_the_words_of_each_command():
    shown = CliRunner().invoke(command, ["--help"]).output
    for words in (
        "Which edges.",
        "Which hops.",
        "Where it is kept.",
        "End after so many seconds.",
    ):
        assert words in shown
    assert CliRunner().invoke(command, ["--topology", "t", "--plan", "p"]).exit_code == 2
    typed = ["--topology", "t", "--plan", "p", "--run-dir", "r", "--for", "2"]
    assert CliRunner().invoke(command, typed).output == "t p r 2.0\n"


def test_trouble_is_said_in_the_name_of_the_command_and_ends_nothing(capsys):
    complain = make_complain("watch")
    complain("no room")
    assert capsys.readouterr().err == "watch: no room\n"


def test_nobody_has_to_read_it(monkeypatch):
    class Full(io.StringIO):
        def write(self, _text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    make_complain("watch")("no room")
