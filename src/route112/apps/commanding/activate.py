"""`route112 activate`: a new plan, station by station, with a gate and a way back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from route112.apps._console import EXIT_REFUSED, echo_json, fail
from route112.apps.commanding.client import Planner, open_planner, planner_options, stamp
from route112.apps.commanding.following import choose_seconds, follow_asked
from route112.apps.commanding.telling import tell_outcome
from route112.apps.commanding.times import parse_span_s
from route112.apps.plan.diff import shorten
from route112.apps.plan.options import (
    FILE,
    SNAPSHOT_BYTES_MAX,
    accept_impact_option,
    json_option,
    open_snapshot,
)

UPROOTED_SHOWN = 12
EPILOG = """\b
Examples:
  route112 activate new.r112 --reason "edition 2027-01"
  route112 activate new.r112 --reason "edition 2027-01" --canary site-3 --soak 5min
  route112 activate new.r112 --reason "edition 2027-01" --accept-impact --for 0s

\b
FILE is handed to the planner, checked as stations would, and compared with the plan in force. It
goes to the canary first, is compared there with the other stations, and then to the rest, one by
one; whatever speaks against it brings it back by itself. A second person has to agree. On a
terminal its steps are shown until its end; --for bounds that, and shows them elsewhere too. Exit
codes: 0 asked for, or done; 1 refused, went back, is stuck, or its end was not seen; 2 cannot
run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was typed after `activate`."""

    file: Path
    reason: str
    canary: str
    soak: str
    accept_impact: bool
    for_: str
    as_json: bool
    planner_name: str
    cert: Path | None
    key: Path | None
    ca: Path | None


@click.command(epilog=EPILOG)
@click.argument("file", type=FILE)
@click.option("--reason", required=True, help="Why; it is kept.")
@click.option("--canary", default="", metavar="SITE", help="First station  [default: the first]")
@click.option("--soak", default="60s", show_default=True, help="How long the canary is watched.")
@accept_impact_option
@click.option(
    "--for", "for_", default="", metavar="SPAN",
    help="Follow it so long at most  [default: to its end on a terminal, else 0s]",
)  # fmt: skip
@json_option
@planner_options
def activate(**options: Any) -> None:  # noqa: ANN401
    """Bring a new plan into force, station by station."""
    run_activate(Options(**options))


def run_activate(options: Options) -> None:
    """Hand in, compare, ask, follow."""
    soak_s = parse_span_s(options.soak, "--soak")
    seconds_max = choose_seconds(options.for_, as_json=options.as_json)
    planner = open_planner(options.planner_name, cert=options.cert, key=options.key, ca=options.ca)
    kept = hand_in(planner, options.file, options.reason)
    if not options.as_json:
        tell_comparison(kept)
    share = max(kept["share"], kept["paths_share"])
    said = f"{share:.2%} of the population changes, more than {kept['share_max']:.2%}"
    if share <= kept["share_max"]:
        said = kept["uprooted"][0] if kept["uprooted"] else ""
    if said and not options.accept_impact:
        fail(
            said,
            "Look at the comparison; if it is meant, repeat the command with --accept-impact",
            code=EXIT_REFUSED,
        )
    told = planner.ask(
        "POST",
        "/changes",
        stamp(
            options.reason,
            kind="plan",
            candidate=kept["candidate"],
            stations=[options.canary] if options.canary else [],
            soak_s=soak_s,
            accept_impact=options.accept_impact,
        ),
    )
    if options.as_json:
        echo_json({"comparison": kept, "request": told.json})
    else:
        tell_outcome(told, as_json=False)
    follow_asked(planner, told, seconds_max)


def hand_in(planner: Planner, file: Path, reason: str) -> dict[str, Any]:
    """Bring a snapshot to the planner; return how it compares with the plan in force."""
    snapshot = open_snapshot(file)
    content = file.read_bytes()
    assert len(content) <= SNAPSHOT_BYTES_MAX, "it was opened"
    query = urlencode(stamp(reason, content_hash=snapshot.content_hash))
    return planner.ask("POST", f"/candidates?{query}", content).json


def tell_comparison(kept: dict[str, Any]) -> None:
    """Say what a plan changes."""
    click.echo(
        f"generation {kept['generation']}, candidate {kept['candidate'][:16]}: "
        f"{kept['communes']:,} communes and {kept['inhabitants']:,} of {kept['population']:,} "
        f"inhabitants ({kept['share']:.2%}) ring elsewhere or in another order"
    )
    if kept["departements"]:
        click.echo(f"  departements: {shorten(tuple(kept['departements']))}")
    if kept["uprooted"]:
        click.echo("  other answering points for most of a departement:")
    for each in kept["uprooted"][:UPROOTED_SHOWN]:
        click.echo(f"    {each}")
    if (more := len(kept["uprooted"]) - UPROOTED_SHOWN) > 0:
        click.echo(f"    and {more} more")
    if kept["psaps_changed"]:
        click.echo(f"  answering points that change: {shorten(tuple(kept['psaps_changed']))}")
    if kept["paths_share"]:
        click.echo(f"  {kept['paths_share']:.2%} of the population depends on trunks that change")
