"""What `watch run` and `watch probe` share: their ground, how they end, and how they complain."""

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

import click

from route112.apps.plan.options import FILE, FOLDER

Command = TypeVar("Command", bound=Callable[..., Any])

for_option = click.option(
    "--for", "seconds_max", type=click.FloatRange(0), help="End after so many seconds."
)


def ground_options(*, topology: str, plan: str, run_dir: str) -> Callable[[Command], Command]:
    """Add --topology, --plan and --run-dir, with what each is for."""

    def add(command: Command) -> Command:
        command = click.option("--run-dir", type=FOLDER, required=True, help=run_dir)(command)
        command = click.option("--plan", type=FILE, required=True, help=plan)(command)
        return click.option(
            "--topology", "topology_file", type=FILE, required=True, help=topology
        )(command)

    return add


def make_complain(command: str) -> Callable[[str], None]:
    """Return what says on standard error what went wrong; nobody has to read it."""

    def complain(text: str) -> None:
        with contextlib.suppress(OSError):
            click.echo(f"{command}: {text}", err=True)

    return complain
