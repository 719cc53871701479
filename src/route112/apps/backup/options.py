"""Options that `backup` and `restore` share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from route112.adapters.key_files import KeyFileError, read_passphrase
from route112.apps._console import fail
from route112.apps.backup.places import Places
from route112.apps.plan.options import FILE, FOLDER

RUN_DIR_DEFAULT = "var/country"
Command = TypeVar("Command", bound=Callable[..., Any])


def place_options(command: Command) -> Command:
    """Add where things stand."""
    command = click.option(
        "--folder", type=FOLDER, help="Of the planner.  [default: planner in --run-dir]"
    )(command)
    return click.option(
        "--run-dir",
        type=FOLDER,
        default=RUN_DIR_DEFAULT,
        show_default=True,
        help="Of the country: watch keeps its files there.",
    )(command)


passphrase_option = click.option(
    "--passphrase-file", type=FILE, help="File (mode 600) whose first line seals the backup."
)


def make_places(run_dir: Path, folder: Path | None, files: Path | None = None) -> Places:
    """Return where things stand."""
    return Places(
        run_dir=run_dir,
        planner=folder or run_dir / "planner",
        files=files or run_dir / "restored",
    )


def get_passphrase(path: Path | None) -> bytes | None:
    """Read the passphrase, or end the command; None: none was given."""
    if path is None:
        return None
    try:
        return read_passphrase(path)
    except KeyFileError as error:
        fail(error.message, error.remedy)
