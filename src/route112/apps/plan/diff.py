"""`route112 plan diff`: what a new snapshot changes, and the gate on the share of people."""

from pathlib import Path
from typing import NoReturn

import click

from route112.apps._console import EXIT_REFUSED, echo_json, fail, print_table
from route112.apps.plan.options import (
    FILE,
    accept_impact_option,
    impact_max_option,
    json_option,
    open_snapshot,
)
from route112.planning import Impact, compare_snapshots

NAMES_SHOWN_MAX = 12
"""Names in one line of the comparison; the rest is counted."""

EPILOG = """\b
Examples:
  route112 plan diff fr.r112 fr-2.r112
  route112 plan diff fr.r112 fr-2.r112 --impact-max 1%
  route112 plan diff fr.r112 fr-2.r112 --json | jq .share

\b
Exit codes: 0 within --impact-max or accepted, 1 above it, 2 cannot run."""


@click.command(epilog=EPILOG)
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@impact_max_option
@accept_impact_option
@json_option
def diff(old: Path, new: Path, impact_max: float, *, accept_impact: bool, as_json: bool) -> None:
    """Compare the snapshots OLD and NEW in communes, inhabitants and answering points."""
    impact = compare_snapshots(open_snapshot(old), open_snapshot(new))
    if as_json:
        echo_json(impact)
    else:
        print_impact(impact)
    if exceeds(impact, impact_max) and not accept_impact:
        if as_json:
            raise click.exceptions.Exit(EXIT_REFUSED)
        say_gate(impact, impact_max)


def exceeds(impact: Impact, impact_max: float) -> bool:
    """Tell whether more than `impact_max` (0 to 1) of the population changes."""
    return impact.share > impact_max


def say_gate(impact: Impact, impact_max: float) -> NoReturn:
    """End the command because too many people are touched."""
    fail(
        f"{impact.share:.2%} of the population changes, more than the {impact_max:.2%} allowed",
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
    ):
        if names:
            click.echo(f"{label}: {shorten(names)}")


def shorten(names: tuple[str, ...]) -> str:
    """Name the first names and count the rest."""
    more = len(names) - NAMES_SHOWN_MAX
    return ", ".join(names[:NAMES_SHOWN_MAX]) + (f" and {more:,} more" if more > 0 else "")
