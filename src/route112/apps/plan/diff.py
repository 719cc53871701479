"""`route112 plan diff`: what a new snapshot changes, and the gate on the share of people."""

from pathlib import Path
from typing import NoReturn

import click

from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_REFUSED, echo_json, fail, print_table
from route112.apps.plan.options import (
    FILE,
    accept_impact_option,
    impact_max_option,
    json_option,
    open_snapshot,
)
from route112.apps.route import parse_instant
from route112.model import UtcTime
from route112.planning import Impact, compare_snapshots
from route112.snapshot.reader import Snapshot

NAMES_SHOWN_MAX = 12
"""Names in one line of the comparison; the rest is counted."""

EPILOG = """\b
Examples:
  route112 plan diff fr.r112 fr-2.r112
  route112 plan diff fr.r112 fr-2.r112 --impact-max 1%
  route112 plan diff fr.r112 fr-2.r112 --json | jq .share

\b
Orders count with the callers of the PSAP that they touch; trunks whose next hops change are held
to --impact-max too. Exit codes: 0 within --impact-max or accepted, 1 above it, 2 cannot run."""


@click.command(epilog=EPILOG)
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@impact_max_option
@accept_impact_option
@click.option(
    "--at",
    metavar="ISO8601",
    help="Orders that are over by then do not count  [default: now, or when NEW begins]",
)
@json_option
def diff(
    old: Path,
    new: Path,
    impact_max: float,
    *,
    accept_impact: bool,
    at: str | None,
    as_json: bool,
) -> None:
    """Compare the snapshots OLD and NEW in communes, inhabitants and answering points."""
    impact = compare_now(
        open_snapshot(old), open_snapshot(new), at=parse_instant(at) if at else None
    )
    if as_json:
        echo_json(impact)
    else:
        print_impact(impact)
    if exceeds(impact, impact_max) and not accept_impact:
        if as_json:
            raise click.exceptions.Exit(EXIT_REFUSED)
        say_gate(impact, impact_max)


def compare_now(old: Snapshot, new: Snapshot, *, at: UtcTime | None = None) -> Impact:
    """Compare; orders count that are not over `at`, by default now or when `new` begins."""
    return compare_snapshots(old, new, at=max(utc_now(), new.valid_from) if at is None else at)


def exceeds(impact: Impact, impact_max: float) -> bool:
    """Tell whether more than `impact_max` (0 to 1) of the population rings elsewhere or anew."""
    return max(impact.share, impact.paths.share) > impact_max


def say_gate(impact: Impact, impact_max: float) -> NoReturn:
    """End the command because too many people are touched."""
    said = f"{impact.share:.2%} of the population changes"
    if impact.share <= impact_max:
        said = f"{impact.paths.share:.2%} of the population depends on trunks that change"
    fail(
        f"{said}, more than the {impact_max:.2%} allowed",
        "Look at the comparison; if it is meant, repeat the command with --accept-impact",
        code=EXIT_REFUSED,
    )


def print_impact(impact: Impact) -> None:
    """Print a comparison for people."""
    click.echo(
        f"Generation {impact.generation_old} to {impact.generation_new}: "
        f"{impact.communes:,} communes and {impact.inhabitants:,} of {impact.population:,} "
        f"inhabitants ({impact.share:.2%}) ring elsewhere or in another order"
    )
    if impact.numbers:
        print_table(
            "Changes by short number",
            ("number", "communes", "inhabitants", "departements", "fewer calls", "more calls"),
            [
                (
                    number.number,
                    number.communes,
                    number.inhabitants,
                    shorten(number.departements),
                    shorten(number.psaps_losing),
                    shorten(number.psaps_gaining),
                )
                for number in impact.numbers
            ],
        )
    if impact.paths.trunks:
        click.echo(
            f"Trunks changed: {shorten(impact.paths.trunks)}; they lead to "
            f"{shorten(impact.paths.psaps)}, for {impact.paths.communes:,} communes and "
            f"{impact.paths.inhabitants:,} inhabitants ({impact.paths.share:.2%})"
        )
    for label, names in (
        ("Short numbers added", impact.numbers_added),
        ("Short numbers removed", impact.numbers_removed),
        ("Communes added", impact.communes_added),
        ("Communes removed", impact.communes_removed),
        ("PSAPs added", impact.psaps_added),
        ("PSAPs removed", impact.psaps_removed),
        ("PSAPs changed", impact.psaps_changed),
        ("Defaults changed", impact.defaults_changed),
        ("Orders changed", impact.orders_changed),
        ("Operators added", impact.operators_added),
        ("Operators removed", impact.operators_removed),
        ("Operators changed", impact.operators_changed),
    ):
        if names:
            click.echo(f"{label}: {shorten(names)}")


def shorten(names: tuple[str, ...]) -> str:
    """Name the first names and count the rest."""
    more = len(names) - NAMES_SHOWN_MAX
    return ", ".join(names[:NAMES_SHOWN_MAX]) + (f" and {more:,} more" if more > 0 else "")
