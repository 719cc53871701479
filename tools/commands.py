"""Write docs/commands.md from the command line's own help; a test fails when they differ."""

import sys
from pathlib import Path

import click

from route112.apps.cli import cli

DOCUMENT = Path(__file__).parents[1] / "docs" / "commands.md"
WIDTH = 100
HEAD = """# Commands

Written by `make docs` from the program's own help; a test keeps them equal.
"""


def render() -> str:
    """Return the whole document."""
    context = click.Context(cli, info_name="route112", terminal_width=WIDTH)
    return "\n".join([HEAD, *_sections(cli, context)])


def _sections(command: click.Command, context: click.Context) -> list[str]:
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    sections = [f"## {context.command_path}\n\n```\n{text}\n```\n"]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                inner = click.Context(child, context, info_name=name, terminal_width=WIDTH)
                sections += _sections(child, inner)
    return sections


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(DOCUMENT.read_text() != render())
    DOCUMENT.write_text(render())
    print(f"wrote docs/{DOCUMENT.name}")
