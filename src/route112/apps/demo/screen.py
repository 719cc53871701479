"""What a newcomer sees: acts, what happens in them, a table. Colour on a terminal only."""

import os
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

import click

WIDTH = 100
INDENT = "   "
PLAIN_SECONDS = 5.0
"""Between two lines that say how far something is, where they cannot be written over."""
STEP = " -> "
_REWRITE = "\r\x1b[2K"


class Screen:
    """Standard output for people; nothing but standard error when machines read along."""

    def __init__(self, *, as_json: bool) -> None:
        self.is_aside = as_json
        """Whether standard output is for machines."""
        self._is_terminal = (sys.stderr if as_json else sys.stdout).isatty()
        self._is_live = False
        self._told_s = time.monotonic()

    def title(self, text: str) -> None:
        """Begin something."""
        self._echo("")
        self._echo(click.style(text, bold=True))
        self._told_s = time.monotonic()

    def text(self, text: str) -> None:
        """Say something, in as many lines as it needs."""
        for line in textwrap.wrap(text, WIDTH - len(INDENT), break_on_hyphens=False):
            self._echo(INDENT + line)

    def rows(self, lines: Sequence[str]) -> None:
        """Show lines as they are."""
        for line in lines:
            self._echo((INDENT + line).rstrip())

    def way(self, lines: Sequence[str]) -> None:
        """Show the way of one call, in the one notation."""
        for line in lines:
            for part in wrap_way(line):
                self._echo(click.style(INDENT * 2 + part, fg="cyan"))

    def quote(self, text: str) -> None:
        """Show what another command says."""
        for line in textwrap.wrap(text, WIDTH - 2 * len(INDENT), break_on_hyphens=False):
            self._echo(click.style(INDENT * 2 + line, fg="yellow"))

    def outcome(self, text: str, *, kept: bool) -> None:
        """End an act: what the checker has seen."""
        said = text if kept else f"NOT AS TOLD: {text}"
        for line in textwrap.wrap(said, WIDTH - len(INDENT), break_on_hyphens=False):
            self._echo(click.style(INDENT + line, fg="green" if kept else "red"))

    def warn(self, line: str) -> None:
        """Show a line that must be seen."""
        self._echo(click.style(line, fg="red", bold=True))

    def live(self, text: str) -> None:
        """Say how far something is: over the last such line, or now and then where it cannot."""
        if self._is_terminal:
            click.echo(f"{_REWRITE}{INDENT}{text}", nl=False, err=self.is_aside)
            self._is_live = True
        elif time.monotonic() - self._told_s >= PLAIN_SECONDS:
            self._echo(f"{INDENT}... {text}")
            self._told_s = time.monotonic()

    def _echo(self, text: str) -> None:
        if self._is_live:
            click.echo(_REWRITE, nl=False, err=self.is_aside)
            self._is_live = False
        click.echo(text, err=self.is_aside)


def show(path: Path) -> str:
    """Return a path as a person would type it here."""
    here = Path.cwd()
    return os.fspath(path.relative_to(here) if path.is_relative_to(here) else path)


def wrap_way(line: str) -> list[str]:
    """Break a line of the one notation before its arrows, where it is too long for the screen."""
    parts: list[str] = []
    for step in line.split(STEP):
        if parts and len(parts[-1]) + len(STEP) + len(step) <= WIDTH - 2 * len(INDENT):
            parts[-1] += STEP + step
        else:
            parts.append(INDENT + STEP.lstrip() + step if parts else step)
    return parts
