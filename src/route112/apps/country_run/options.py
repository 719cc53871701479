"""What `up`, `status` and `down` share: where the run is."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from route112.apps.plan.options import FOLDER
from route112.apps.station.serving import check_run_dir

RUN_DIR = Path("var") / "country"

Command = TypeVar("Command", bound=Callable[..., Any])


def run_dir_option(command: Command) -> Command:
    """Add --run-dir to a command."""
    return click.option(
        "--run-dir",
        type=FOLDER,
        metavar="DIR",
        help=f"State, logs and records of all members.  [default: {RUN_DIR}]",
    )(command)


def find_run_dir(path: Path | None) -> Path:
    """Make the run directory, or end the command."""
    return check_run_dir(path or RUN_DIR)


def name_run_dir(folder: Path) -> str:
    """Return what a command line needs, with a blank before it, to mean a run directory."""
    return "" if folder == RUN_DIR.resolve() else f" --run-dir {shlex.quote(str(folder))}"
