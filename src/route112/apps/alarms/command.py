"""`route112 alarms`: what is wrong now, and what people were told."""

import time
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from click.shell_completion import CompletionItem

from route112.adapters.clock import utc_now
from route112.adapters.watch_store import AlarmBook
from route112.apps._console import EXIT_REFUSED, echo_json, fail, make_printable, print_table
from route112.apps.alarms.options import EXIT_UNWATCHED, is_watched, offer, run_dir_option
from route112.apps.alarms.show import (
    COLUMNS,
    UNSENT_SHOWN_US,
    dump_alarm,
    dump_told,
    list_cells,
    render_alarm,
    render_told,
    render_unsent,
)
from route112.apps.plan.options import json_option
from route112.apps.watch.keeping import Files, open_files
from route112.watch.alarms import Alarm

SHOWN_MAX = 200
"""Alarms of one table."""
POLL_SECONDS = 0.25
TOLD_AT_ONCE = 100
COMPLETED_MAX = 50
"""Alarms that the shell is offered."""

EPILOG = """\b
Examples:
  route112 alarms --run-dir var/country
  route112 alarms 12 --run-dir var/country
  route112 alarms --follow --run-dir var/country
  route112 alarms --json --all --run-dir var/country

\b
Alarms are made by `route112 watch run`, and can be read while that runs or not. Without ID all
that are open are listed, `--all` those that are over, too. `--follow` then prints one line for
each that opens, changes or is over, until Ctrl-C. No caller is in them.
Exit codes: 0 no alarm is open (or the one asked for is over), 1 one is open or the id is not
known, 2 cannot run, 3 none is open as far as is known, but watch does not run."""


def complete_ids(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the newest alarms of the run directory that was named before."""
    return offer(
        ctx,
        incomplete,
        lambda book: [(str(alarm.id), alarm.title) for alarm in book.list_all(COMPLETED_MAX)],
    )


@click.command(epilog=EPILOG)
@click.argument(
    "id_", metavar="[ID]", type=click.IntRange(1), required=False, shell_complete=complete_ids
)
@run_dir_option
@click.option("--all", "with_all", is_flag=True, help="Also those that are over.")
@click.option("--follow", is_flag=True, help="Then print each that opens, changes or is over.")
@click.option("--for", "seconds_max", type=click.FloatRange(0), help="Follow for so many seconds.")
@json_option
def alarms(
    *,
    id_: int | None,
    run_dir: Path,
    with_all: bool,
    follow: bool,
    seconds_max: float | None,
    as_json: bool,
) -> None:
    """Show what is wrong: who is hit, since when, and what it has in common."""
    if seconds_max is not None and not follow:
        fail("--for without --follow", "Add --follow, or leave it out")
    files = Files(run_dir)
    is_sure = is_watched(files, "this is what it said last")
    with open_files(files) as store:
        book = AlarmBook(store)
        if id_ is not None:
            found = [_find(book, id_)]
        else:
            found = _list_all(book) if with_all else book.list_open()
        last = book.count_told()
        if unsent := book.list_unsent(utc_now() - UNSENT_SHOWN_US):
            click.echo(make_printable(render_unsent(unsent)), err=True)
        _print(found, as_json=as_json, whole=id_ is not None, follows=follow)
        if follow:
            _follow(book, last, as_json=as_json, seconds_max=seconds_max)
            found = book.list_open()
    if any(not alarm.over_us for alarm in found):
        raise click.exceptions.Exit(EXIT_REFUSED)
    if not is_sure and id_ is None:
        raise click.exceptions.Exit(EXIT_UNWATCHED)


def _list_all(book: AlarmBook) -> list[Alarm]:
    """List those that are open, however old, and the newest of the others."""
    newest = book.list_all(SHOWN_MAX + 1)
    if len(newest) > SHOWN_MAX:
        click.echo(f"the newest {SHOWN_MAX} alarms, and all that are open", err=True)
    shown = {alarm.id: alarm for alarm in (*newest[:SHOWN_MAX], *book.list_open())}
    return sorted(shown.values(), key=lambda alarm: -alarm.id)


def _find(book: AlarmBook, id_: int) -> Alarm:
    found = book.find(id_)
    if found is None:
        fail(
            f"there is no alarm {id_}",
            "`route112 alarms --all` shows all ids",
            code=EXIT_REFUSED,
        )
    return found


def _print(found: Sequence[Alarm], *, as_json: bool, whole: bool, follows: bool) -> None:
    if as_json:
        dumped = [dump_alarm(alarm) for alarm in found]
        if follows:
            for each in dumped:
                click.echo(msgspec.json.encode({"what": "open", "alarm": each}))
        else:
            echo_json(dumped[0] if whole else dumped)
    elif whole:
        click.echo("\n".join(map(make_printable, render_alarm(found[0]))))
    elif not found:
        click.echo("no alarm is open")
    else:
        print_table("", COLUMNS, [list_cells(alarm) for alarm in found])


def _follow(book: AlarmBook, last: int, *, as_json: bool, seconds_max: float | None) -> None:
    """Print what is told from now on."""
    ends = None if seconds_max is None else time.monotonic() + seconds_max
    while True:
        for told in book.list_told(last, TOLD_AT_ONCE):
            last = told.id
            line = make_printable(render_told(told))
            click.echo(msgspec.json.encode(dump_told(told)) if as_json else line)
        if ends is not None and time.monotonic() >= ends:
            return
        time.sleep(POLL_SECONDS)
