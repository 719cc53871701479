"""`route112 change`: a word to the change that runs."""

from pathlib import Path

import click

from route112.apps.commanding.client import open_planner, planner_options, stamp
from route112.apps.commanding.telling import tell_outcome
from route112.apps.plan.options import json_option

EPILOG = """\b
Examples:
  route112 change abort --reason "callers complain"
  route112 change resume --reason "cards are in"

\b
`route112 history` shows what becomes of it. Exit codes: 0 told, 1 refused, 2 cannot run."""


@click.group(epilog=EPILOG)
def change() -> None:
    """Let the change that runs go back, or go on."""


def _tell(
    path: str, reason: str, *, as_json: bool, planner_name: str, **files: Path | None
) -> None:
    planner = open_planner(planner_name, cert=files["cert"], key=files["key"], ca=files["ca"])
    tell_outcome(planner.ask("POST", path, stamp(reason)), as_json=as_json)


@change.command(epilog='\b\nExample:\n  route112 change abort --reason "callers complain"')
@click.option("--reason", required=True, help="Why; it is kept.")
@json_option
@planner_options
def abort(
    *,
    reason: str,
    as_json: bool,
    planner_name: str,
    cert: Path | None,
    key: Path | None,
    ca: Path | None,
) -> None:
    """Let the change that runs go back; what it did so far is undone."""
    path = "/changes/current/abort"
    _tell(path, reason, as_json=as_json, planner_name=planner_name, cert=cert, key=key, ca=ca)


@change.command(epilog='\b\nExample:\n  route112 change resume --reason "cards are in"')
@click.option("--reason", required=True, help="What was done; it is kept.")
@json_option
@planner_options
def resume(
    *,
    reason: str,
    as_json: bool,
    planner_name: str,
    cert: Path | None,
    key: Path | None,
    ca: Path | None,
) -> None:
    """Say that the work at the station is done, so that the change goes on."""
    path = "/changes/current/work-done"
    _tell(path, reason, as_json=as_json, planner_name=planner_name, cert=cert, key=key, ca=ca)
