"""`route112 states`: what is measured of elements, services and queues, by what, and when."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_REFUSED, echo_json, fail, print_table
from route112.apps.country_run.options import RUN_DIR, run_dir_option
from route112.apps.plan.options import json_option
from route112.model.states import ElementState, MeasuredState, QueueState
from route112.wire.documents.state_file import BYTES_MAX, FILE, StateFile, parse_states

US_PER_S = 1_000_000
COLUMNS = ("kind", "id", "state", "source", "since", "seen", "trial")
WELL = (ElementState.NORMAL, QueueState.ACTIVE)

EPILOG = """\b
Examples:
  route112 states --run-dir var/country
  route112 states --run-dir var/country/site-1      what this site goes by
  route112 states --run-dir var/country --all --json

\b
Sites try last what is Down or Unreachable; `trial` says that one call of each site may go there
first all the same. A file that has expired counts for nothing.
Exit codes: 0 all is well, 1 something is not, or the file has expired, 2 nothing is known."""


@click.command(epilog=EPILOG)
@run_dir_option
@click.option("--all", "show_all", is_flag=True, help="Also what is Normal and Active.")
@json_option
def states(*, run_dir: Path | None, show_all: bool, as_json: bool) -> None:
    """Show what is measured of sites, trunks and PSAPs, with source and age."""
    path = (run_dir or RUN_DIR) / FILE
    try:
        with path.open("rb") as file:
            read = parse_states(file.read(BYTES_MAX + 1), bytes_max=BYTES_MAX)
    except FileNotFoundError:
        fail(f"{path} is not there", "Start `route112 watch run` with this folder")
    except (OSError, ValueError) as error:
        fail(f"{path} cannot be read: {error}", "Look at who writes it; sites go on without it")
    now_us = utc_now()
    shown = [state for state in read.states if show_all or state.state not in WELL]
    if as_json:
        echo_json({"written_us": read.written_us, "expires_us": read.expires_us, "states": shown})
    else:
        print_states(read, shown, now_us=now_us)
    if not read.counts(now_us) or any(state.state not in WELL for state in read.states):
        raise click.exceptions.Exit(EXIT_REFUSED)


def print_states(read: StateFile, shown: Sequence[MeasuredState], *, now_us: int) -> None:
    """Print a table, and whether it counts."""
    if shown:
        print_table("", COLUMNS, [_list_cells(state, now_us=now_us) for state in shown])
    else:
        click.echo(f"{len(read.states):,} states, all of them Normal or Active.")
    if not read.counts(now_us):
        age = _age(read.written_us, now_us=now_us)
        click.echo(f"Written {age} ago: it has expired, and counts for nothing.", err=True)


def _list_cells(state: MeasuredState, *, now_us: int) -> tuple[str, ...]:
    since = datetime.fromtimestamp(state.since_us // US_PER_S, UTC)
    return (
        state.kind,
        state.id,
        state.state,
        state.source,
        f"{since:%Y-%m-%dT%H:%M:%SZ}",
        f"{_age(state.seen_us, now_us=now_us)} ago",
        "offered" if state.trial_us else "",
    )


def _age(at_us: int, *, now_us: int) -> str:
    return f"{max(0, now_us - at_us) // US_PER_S:,} s"
