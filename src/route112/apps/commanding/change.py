"""`route112 change`: a word to the change that runs."""

from pathlib import Path
from typing import Any

import click

from route112.apps._console import echo_json, fail
from route112.apps.commanding.activate import hand_in, tell_comparison
from route112.apps.commanding.client import open_planner, planner_options, stamp
from route112.apps.commanding.telling import tell_outcome
from route112.apps.plan.options import FILE, json_option

EPILOG = """\b
Examples:
  route112 change abort --reason "callers complain"
  route112 change resume --reason "cards are in"
  route112 change adopt                                # who is held
  route112 change adopt site-3.r112 --reason "copied by hand"

\b
`route112 history` shows what becomes of it. Exit codes: 0 told, 1 refused, 2 cannot run."""


@click.group(epilog=EPILOG)
def change() -> None:
    """Let the change that runs go back, or go on; adopt what no change brought."""


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


@change.command(
    epilog="""\b
Examples:
  route112 change adopt
  route112 change adopt /var/lib/route112/site-3/plan.r112 --reason "copied by hand"

\b
A station that has what its planner never gave out is held: nothing is sent there, orders neither.
FILE is the very snapshot that it serves. Every station that is held with it keeps its plan, and
gets orders on it from then on; those in FILE that the planner does not know are given where the
request names them. No other station gets that plan by it. A second person has to agree. Without
FILE, show who is held. Exit codes: 0 asked for, done or shown, 1 refused, 2 cannot run."""
)
@click.argument("file", type=FILE, required=False)
@click.option("--reason", default="", help="Why; it is kept. Needed with FILE.")
@json_option
@planner_options
def adopt(
    *, file: Path | None, reason: str, as_json: bool, planner_name: str, **files: Path | None
) -> None:
    """Take what a held station serves for its plan, so that orders reach it again."""
    planner = open_planner(planner_name, cert=files["cert"], key=files["key"], ca=files["ca"])
    if file is None:
        _show_held(planner.ask("GET", "/state").json["stations"], as_json=as_json)
        return
    if not reason.strip():
        fail("--reason is missing", "Say why; it is kept with the request")
    kept = hand_in(planner, file, reason)
    told = planner.ask("POST", "/adoptions", stamp(reason, candidate=kept["candidate"]))
    if as_json:
        echo_json({"comparison": kept, "request": told.json})
        return
    tell_comparison(kept)
    tell_outcome(told, as_json=False)


def _show_held(stations: list[dict[str, Any]], *, as_json: bool) -> None:
    held = [each for each in stations if each["held"]]
    if as_json:
        echo_json(held)
    elif not held:
        click.echo("no station is held")
    for each in () if as_json else held:
        click.echo(
            f"{each['id']} has g{each['generation']}, {each['held']}: nothing is sent there"
        )
