"""Options and arguments that several `plan` commands share."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from route112.adapters.source_folder import read_plain
from route112.apps._console import EXIT_REFUSED, fail
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot

SNAPSHOT_BYTES_MAX = 1024 * 1024 * 1024
"""Largest snapshot file that a command reads."""
IMPACT_MAX_DEFAULT = "5%"
"""Share of the population that may change without a second look."""

Command = TypeVar("Command", bound=Callable[..., Any])


class Share(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases only
    """A share of the whole, typed as `5%` or `5`; 0 to 1 in the program."""

    name = "percent"

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Return the share."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d{1,3}(?:[.,]\d+)?) ?%?", str(value).strip())
        share = float(match[1].replace(",", ".")) / 100 if match else -1.0
        if not 0.0 <= share <= 1.0:
            self.fail(f"{value!r} is no percentage; write 5% for a twentieth", param, ctx)
        return share


FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
all_problems_option = click.option(
    "--all-problems", is_flag=True, help="Print every problem, not only the first ones."
)
impact_max_option = click.option(
    "--impact-max",
    type=Share(),
    default=IMPACT_MAX_DEFAULT,
    show_default=True,
    help="Share of the population that may change without --accept-impact.",
)
accept_impact_option = click.option(
    "--accept-impact", is_flag=True, help="Go on although more of the population changes."
)


def cache_options(command: Command) -> Command:
    """Add `--cache` and `--no-cache` to a command."""
    command = click.option(
        "--no-cache", is_flag=True, help="Parse every file, and keep nothing for the next build."
    )(command)
    return click.option(
        "--cache",
        "cache_folder",
        type=FOLDER,
        metavar="DIR",
        help="Where parsed files are kept  [default: $XDG_CACHE_HOME/route112]",
    )(command)


def passphrase_options(command: Command) -> Command:
    """Add the two ways of giving a passphrase; never as an argument, which others can see."""
    command = click.option("--ask-passphrase", is_flag=True, help="Ask for the key's passphrase.")(
        command
    )
    return click.option(
        "--passphrase-file", type=FILE, help="File (mode 600) whose first line is the passphrase."
    )(command)


def open_snapshot(path: Path) -> Snapshot:
    """Open a snapshot, or end the command with the reason and what to do."""
    try:
        content = read_plain(path, SNAPSHOT_BYTES_MAX)
    except OSError as error:
        fail(
            f"{path} cannot be read: {error.strerror}",
            "Name a snapshot; `route112 plan build SRC -o FILE` writes one",
        )
    if len(content) > SNAPSHOT_BYTES_MAX:
        fail(f"{path} is larger than any snapshot", "Name a file that `route112 plan build` wrote")
    try:
        return Snapshot(content)
    except SnapshotError as error:
        hint = "Fetch the file again, or build it again with `route112 plan build`"
        if path.suffix.lower() in (".csv", ".ods", ".xlsx"):
            hint = f"For a prefecture's file use `route112 plan lint {path}`"
        fail(f"{path} is refused ({error.reason_code}): {error.message}", hint, code=EXIT_REFUSED)
