"""Whoever is on call types what a runbook says: the real parser takes each command on a page."""

import re
import shlex
from pathlib import Path

import click
import pytest

from route112.apps.cli import cli

FOLDER = Path(__file__).parents[2] / "docs" / "runbooks"
PAGES = sorted(FOLDER.glob("*.md"))
SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]+\b")
FILES = {"FILE", "KEY", "TOPOLOGY", "TRUST"}
FOLDERS = {"DIR", "SRC"}
VALUES = {
    "ADDRESS": "127.0.2.1",
    "CODE": "29019",
    "EDGE_ADDRESS": "127.0.2.1",
    "HASH": "9ab381b8f55e3196",
    "ID": "12",
    "NUMBER": "15",
    "OWN": "127.0.3.1",
    "TIME": "2026-11-23T15:04:57Z",
}
"""What stands for them where a word would not do."""


def list_commands(text):
    """Yield each command line of a page: of its blocks, and of its lines."""
    for block in FENCE.findall(text):
        yield from (line for line in block.splitlines() if line.startswith("route112 "))
    yield from (each for each in SPAN.findall(FENCE.sub("", text)) if each.startswith("route112 "))


def find_command(words):
    """Return the command that the first words name, what it is called, and the other words."""
    command, context, words = cli, click.Context(cli, info_name="route112"), list(words)
    while isinstance(command, click.Group) and words:
        name = words.pop(0)
        command = command.get_command(context, name)
        assert command is not None, f"there is no command {name!r}"
        context = click.Context(command, parent=context, info_name=name)
    return command, context, words


def parse(line, folder):
    """Parse a command line as the program does, each placeholder with something in its place."""
    assert not line.endswith("\\"), "a command that goes on in the next line is copied half"
    values = (
        VALUES | {each: str(folder / each) for each in FILES} | dict.fromkeys(FOLDERS, str(folder))
    )
    for each in (*FILES, "NEW_KEY.pub"):
        (folder / each).touch()
    values |= {"NEW": str(folder / "NEW"), "NEW_KEY": str(folder / "NEW_KEY")}
    words = shlex.split(PLACEHOLDER.sub(lambda found: values.get(found[0], found[0]), line))
    command, context, rest = find_command(words[1:])
    command.make_context(context.info_name, rest, parent=context.parent)


def list_all():
    return [
        pytest.param(line, id=f"{page.stem}: {line}")
        for page in PAGES
        for line in list_commands(page.read_text())
    ]


@pytest.mark.parametrize("line", list_all())
def test_each_command_of_a_runbook_is_one_that_the_program_takes(line, tmp_path):
    parse(line, tmp_path)
