"""`route112 approve`: the agreement of a second person."""

import re
from pathlib import Path

import click

from route112.apps._console import EXIT_REFUSED, echo_json, fail
from route112.apps.commanding.client import Planner, open_planner, planner_options
from route112.apps.commanding.following import follow_orders
from route112.apps.commanding.telling import describe, tell_done, tell_waiting
from route112.apps.plan.options import json_option

EPILOG = """\b
Examples:
  route112 approve                                     # what waits
  route112 approve 9ab381b8f55e3196                    # the first letters are enough
  route112 approve 9ab381b8f55e3196 --planner https://192.0.2.9:8112 \\
      --cert me.pem --key me.key --ca planner-ca.pem

\b
The hash stands for every word of the request, for who asked and when. What is approved is carried
out at once. Nobody approves what he asked for himself. Exit codes: 0 carried out, 1 refused, 2
cannot run."""
_HASH = re.compile(r"[0-9a-f]{64}")
_BEGINNING = re.compile(r"[0-9a-f]{8,63}")


@click.command(epilog=EPILOG)
@click.argument("hash_", metavar="[HASH]", default="")
@json_option
@planner_options
def approve(
    *,
    hash_: str,
    as_json: bool,
    planner_name: str,
    cert: Path | None,
    key: Path | None,
    ca: Path | None,
) -> None:
    """Agree to what somebody else asked for; without HASH, show what waits."""
    planner = open_planner(planner_name, cert=cert, key=key, ca=ca)
    if not hash_:
        _show_waiting(planner, as_json=as_json)
        return
    whole = _find_hash(planner, hash_, as_json=as_json)
    done = planner.ask("POST", "/approvals", {"hash": whole}).json
    if as_json:
        echo_json(done)
        return
    tell_done(done)
    if done["order"] or done["withdrawn"]:
        follow_orders(planner, given=done["order"], withdrawn=tuple(done["withdrawn"]))


def _show_waiting(planner: Planner, *, as_json: bool) -> None:
    waiting = planner.ask("GET", "/waiting").json["waiting"]
    if as_json:
        echo_json(waiting)
    elif not waiting:
        click.echo("nothing waits for a second person")
    for each in () if as_json else waiting:
        tell_waiting(each)


def _find_hash(planner: Planner, beginning: str, *, as_json: bool) -> str:
    """Return the whole hash, and say what it stands for."""
    if not _HASH.fullmatch(beginning) and not _BEGINNING.fullmatch(beginning):
        fail(f"{beginning!r} is no hash", "Copy it, or its first 8 letters, from what waits")
    found = [
        each
        for each in planner.ask("GET", "/waiting").json["waiting"]
        if each["hash"].startswith(beginning)
    ]
    if len(found) > 1:
        fail(f"{beginning} begins {len(found)} hashes", "Write more of it", code=EXIT_REFUSED)
    if not found and not _HASH.fullmatch(beginning):
        fail(
            f"nothing that waits begins with {beginning}",
            "`route112 approve` shows what waits",
            code=EXIT_REFUSED,
        )
    if found and not as_json:
        click.echo(describe(found[0]))
    return str(found[0]["hash"]) if found else beginning
