"""`route112 watch status`: how calls fare, what is open, and whether anybody watches."""

import contextlib
import time
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from pathlib import Path

import click
import msgspec

from route112.adapters.clock import utc_now
from route112.adapters.watch_store import Found, Looks
from route112.apps._console import EXIT_REFUSED, echo_json, terminal
from route112.apps.callbacks.show import render_time
from route112.apps.country_run.options import RUN_DIR, run_dir_option
from route112.apps.plan.options import json_option
from route112.apps.watch.keeping import Files, is_locked, open_files
from route112.apps.watch.shown import Shown
from route112.apps.watch.table import make_table

SILENT_US = 15_000_000
"""A watch that runs says something every two seconds; after so long it hangs."""
AGAIN_SECONDS = 2.0
"""Between two looks of --watch: as often as a watch that runs says something new."""

EPILOG = """\b
Examples:
  route112 watch status
  route112 watch status --watch
  route112 watch status --all --run-dir var/country
  route112 watch status --json

\b
`calls/min` are attempts of the last five minutes, tries where the row is of a trunk or an
answering point; `served` is the share of callers who got through. `usual` is how many places
(communes, each with its number) use to call in a minute of this hour, `floor` how long a whole
silence takes to show at all; a dash: not known yet. Times are UTC.
Exit codes: 0 watch runs and nothing is open, 1 something is open, a source cannot be read, there
is none, or watch does not run or hangs, 2 nothing was ever watched here."""


@click.command(epilog=EPILOG)
@run_dir_option
@json_option
@click.option("--watch", "again", is_flag=True, help="Show it anew, until Ctrl-C.")
@click.option("--all", "with_all", is_flag=True, help="Every series, not only the wide ones.")
def status(*, run_dir: Path | None, as_json: bool, again: bool, with_all: bool) -> None:
    """Show how calls fare now, what is open, and how soon a silence would show."""
    files = Files((run_dir or RUN_DIR).resolve())
    if again:
        with contextlib.suppress(KeyboardInterrupt):
            _show_on(files, as_json=as_json, with_all=with_all)
        return
    shown, found, runs = look(files)
    if as_json:
        echo_json(make_report(shown, found, runs=runs))
    else:
        screen = terminal()
        screen.print(make_table(shown, found, runs=runs, with_all=with_all, width=screen.width))
    if found or not runs or shown is None or shown.trouble or not shown.sources:
        raise click.exceptions.Exit(EXIT_REFUSED)


def look(files: Files) -> tuple[Shown | None, Sequence[Found], bool]:
    """Return what was shown last, what is open, and whether a watch runs and says something."""
    with open_files(files) as store:
        looks = Looks(store)
        content = looks.load_shown()
        shown = msgspec.json.decode(content, type=Shown) if content else None
        said_us = utc_now() if shown is None else shown.at_us
        return shown, looks.list_open(), is_locked(files) and utc_now() - said_us <= SILENT_US


def make_report(shown: Shown | None, found: Collection[Found], *, runs: bool) -> dict[str, object]:
    """Return all of it for machines."""
    return {
        "runs": runs,
        "now_us": utc_now(),
        "shown": shown,
        "findings": [
            {
                "id": each.id,
                "kind": each.finding.kind,
                "series": dict(each.finding.series.pairs),
                "name": str(each.finding.series),
                "since_us": each.finding.since_us,
                "at_us": each.finding.at_us,
                "since": render_time(each.finding.since_us),
                "expected": each.finding.expected,
                "seen": each.finding.seen,
                "strength": each.finding.strength,
                "floor_s": each.finding.floor_s,
                "party": each.finding.party,
                "evidence": each.finding.evidence,
            }
            for each in found
        ],
    }


def _show_on(files: Files, *, as_json: bool, with_all: bool) -> None:
    """Show it anew: in place on a terminal, a line of JSON or a table elsewhere."""
    from rich.live import Live

    screen = terminal()
    is_live = screen.is_terminal and not as_json
    with Live(console=screen, auto_refresh=False) if is_live else nullcontext() as live:
        while True:
            shown, found, runs = look(files)
            table = make_table(shown, found, runs=runs, with_all=with_all, width=screen.width)
            if live is not None:
                live.update(table, refresh=True)
            elif as_json:
                report = make_report(shown, found, runs=runs)
                click.echo(msgspec.json.encode(report, order="sorted").decode())
            else:
                screen.print(table)
            time.sleep(AGAIN_SECONDS)
