"""`route112 history`: the change that runs, and those that ended."""

from pathlib import Path
from typing import Any

import click

from route112.adapters.clock import utc_now
from route112.apps._console import echo_json, print_table
from route112.apps.commanding.client import open_planner, planner_options
from route112.apps.commanding.times import show_instant
from route112.apps.plan.options import json_option

EPILOG = """\b
Examples:
  route112 history
  route112 history --json | jq '.ended[-1].cause'

\b
Newest last. Exit codes: 0 shown, 1 refused, 2 cannot run."""
COLUMNS = ("change", "kind", "begun", "ended", "outcome", "author", "approver", "reason", "cause")


@click.command(epilog=EPILOG)
@json_option
@planner_options
def history(
    *, as_json: bool, planner_name: str, cert: Path | None, key: Path | None, ca: Path | None
) -> None:
    """Show what was changed, by whom, why, and how it ended."""
    told = open_planner(planner_name, cert=cert, key=key, ca=ca).ask("GET", "/changes").json
    if as_json:
        echo_json(told)
        return
    shown = [*told["ended"], *([told["current"]] if told["current"] else [])]
    if not shown:
        click.echo("nothing was changed yet")
        return
    print_table("", COLUMNS, [_list_cells(each) for each in shown])


def _list_cells(change: dict[str, Any]) -> tuple[str, ...]:
    now = utc_now()
    where = f"{change['step']} at {change['station']}"
    return (
        change["id"][:16],
        change["kind"],
        show_instant(change["begun_us"], now),
        show_instant(change["ended_us"], now) if change["ended_us"] else "",
        change["outcome"] or f"{'goes back, ' if change['back'] else ''}{where}",
        change["author"],
        change["approver"],
        change["reason"],
        change["cause"],
    )
