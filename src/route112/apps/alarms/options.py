"""What commands about a run directory of watch have alike: an option, and what is offered."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from route112.adapters.watch_store import AlarmBook, StoreError, open_store
from route112.apps.plan.options import FOLDER
from route112.apps.watch.keeping import Files
from route112.apps.watch.status import look

EXIT_UNWATCHED = 3
"""Nothing is wrong as far as is known, and nobody looks."""
OFFERED_MAX = 600
"""Values that the shell is offered."""

run_dir_option = click.option(
    "--run-dir",
    type=FOLDER,
    required=True,
    is_eager=True,
    help="Where `watch run` keeps what it has seen.",
)


def offer(
    ctx: click.Context,
    incomplete: str,
    ask: Callable[[AlarmBook], Iterable[tuple[str, str | None]]],
) -> list[CompletionItem]:
    """
    Offer what the run directory that was named before has, and nothing where it has none.

    Args:
        ask: returns values, each with a help or None.
    """
    run_dir = ctx.params.get("run_dir")
    if run_dir is None:
        return []
    with contextlib.suppress(OSError, sqlite3.Error, StoreError):
        store = open_store(Files(Path(run_dir)).store)
        with contextlib.closing(store):
            found = [pair for pair in ask(AlarmBook(store)) if pair[0].startswith(incomplete)]
        return [CompletionItem(value, help=said) for value, said in found[:OFFERED_MAX]]
    return []


def is_watched(files: Files, unwatched: str) -> bool:
    """Tell whether a watch runs and says something; where none does, say what that means."""
    _, _, runs = look(files)
    if not runs:
        click.echo(f"watch does NOT run, or hangs: {unwatched}", err=True)
    return runs
