"""
What every command shares with the person in front of it: tables, progress, problems, ends.

Most processes of a country are commands that run for weeks and never print a table: what only a
table needs is imported when there is one.
"""

import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

import click

from route112.model import Problem, Severity

if TYPE_CHECKING:
    from rich.console import Console as Terminal
    from rich.text import Text

EXIT_REFUSED = 1
"""The input was read, and refused; or a check failed."""
EXIT_CANNOT_RUN = 2
"""Bad usage, a missing file, a missing program."""

PROBLEMS_SHOWN_MAX = 40
"""Problems printed for people unless `--all-problems`; `--json` always has all."""
PIPE_WIDTH = 160
"""Columns of a table that goes into a file or a pipe."""

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.REPAIR: "cyan"}


class Advance(Protocol):
    """What a progress gives to the loop that it watches."""

    def __call__(self, label: str = "", steps: int = 1, /) -> None:
        """Say that `steps` more are done, and what is being worked on."""


class Failure(click.ClickException):
    """The command cannot run: one line says what is wrong, one what to do."""

    exit_code = EXIT_CANNOT_RUN

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy

    def show(self, file: object = None) -> None:  # noqa: ARG002
        """Print the message and the remedy on standard error."""
        click.echo(f"route112: {self.message}", err=True)
        click.echo(f"  {self.remedy}", err=True)


class Refusal(Failure):
    """The input was read and is refused."""

    exit_code = EXIT_REFUSED


def fail(message: str, remedy: str, *, code: int = EXIT_CANNOT_RUN) -> NoReturn:
    """End the command with a message and what to do about it."""
    raise (Refusal if code == EXIT_REFUSED else Failure)(message, remedy)


def own_name() -> str:
    """Return how this person reaches the command, so that a next step can be pasted as it is."""
    called = Path(sys.argv[0])
    if called.name != "route112" or shutil.which("route112") == str(called):
        return "route112"
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)


def echo_json(value: object) -> None:
    """Print any model value as JSON with stable key order, for machines."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2))


def terminal(*, err: bool = False) -> "Terminal":
    """Return a rich console: colour and width of the terminal, plain text anywhere else."""
    from rich.console import Console as Terminal

    stream = sys.stderr if err else sys.stdout
    return Terminal(
        file=stream,
        highlight=False,
        soft_wrap=False,
        width=None if stream.isatty() else PIPE_WIDTH,
    )


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under headings; numbers stand right, everything else left."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else _cell(cell) for cell in row))
    terminal().print(table)


def _cell(value: object) -> "Text":
    from rich.text import Text

    return Text(f"{value:,}" if isinstance(value, int) else make_printable(str(value)))


def make_printable(text: str) -> str:
    """Return the text without what a terminal obeys: records and reports are by others."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def echo_problems(
    problems: Sequence[Problem],
    *,
    as_json: bool = False,
    show_all: bool = False,
) -> None:
    """Print problems, errors first, with place, value and remedy; count what is not shown."""
    if as_json:
        echo_json(problems)
        return
    from rich.text import Text

    order = list(Severity)
    ranked = sorted(problems, key=lambda problem: order.index(problem.severity))
    shown = ranked if show_all else ranked[:PROBLEMS_SHOWN_MAX]
    out = terminal()
    for problem in shown:
        head, _, rest = str(problem).partition(":")
        out.print(Text(head, style=STYLES[problem.severity]) + Text(f":{rest}"), soft_wrap=True)
    if left := len(ranked) - len(shown):
        out.print(f"... and {left:,} more; --all-problems prints them, --json gives them all.")


def count_severities(problems: Sequence[Problem]) -> Mapping[Severity, int]:
    """Count problems by severity, zeros included."""
    counts = Counter(problem.severity for problem in problems)
    return {severity: counts[severity] for severity in Severity}


@contextmanager
def progress(label: str, total: int) -> Iterator[Advance]:
    """Show progress on standard error: a bar on a terminal, one line at each tenth elsewhere."""
    if not sys.stderr.isatty():
        yield _plain_progress(label, total)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=terminal(err=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(label, total=total)

        def advance(step_label: str = "", steps: int = 1) -> None:
            description = f"{label} {step_label}".strip()
            bar.update(task, advance=steps, description=description)

        yield advance


def _plain_progress(label: str, total: int) -> Advance:
    done = 0
    tenth = 0

    def advance(_label: str = "", steps: int = 1) -> None:
        nonlocal done, tenth
        done += steps
        if total and done * 10 // total > tenth:
            tenth = done * 10 // total
            click.echo(f"{label}: {done:,} of {total:,}", err=True)

    return advance
