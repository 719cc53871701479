"""What the demo says: where each call rang, whether that is right, where to look next."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from route112.apps._console import echo_json, own_name
from route112.apps.demo.calls import DemoCall, Outcome
from route112.apps.demo.choice import Expected
from route112.apps.demo.country import BuiltSnapshot, DemoFolder
from route112.snapshot.content import NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the demo has put up."""

    folder: DemoFolder
    built: BuiltSnapshot
    chosen: tuple[tuple[DemoCall, Expected], ...]

    @property
    def calls(self) -> tuple[DemoCall, ...]:
        """The calls to place."""
        return tuple(call for call, _ in self.chosen)


def render_outcome(stage: Stage, outcome: Outcome) -> str:
    """Render where a call rang, in the one notation."""
    call = outcome.call
    head = f"{call.dialled} @{call.commune} {call.operator}/{call.technology}"
    rang = [f"{find_psap(stage, ring.number)} {ring.number}" for ring in outcome.rings]
    return " -> ".join((head, *rang)) if rang else f"{head} -> rang nowhere"


def find_psap(stage: Stage, number: str) -> str:
    """Return the id of the PSAP that a long number belongs to, `?` for nobody's."""
    snapshot = stage.built.snapshot
    line = snapshot.find_line(number)
    psap = NONE if line is None else snapshot.line(line).psap
    return "?" if psap == NONE else snapshot.psap(psap).id


def print_report(stage: Stage, outcomes: Sequence[Outcome], seconds: float) -> None:
    """Print a line for each call, the sum, and where to look next."""
    lines = [render_outcome(stage, outcome) for outcome in outcomes]
    width = max(map(len, lines))
    for line, outcome in zip(lines, outcomes, strict=True):
        call = outcome.call
        wanted = f"expected {call.psap} {call.number}"
        unanswered = "" if outcome.answered else ", never answered"
        verdict = (
            click.style("as expected", fg="green")
            if outcome.right
            else click.style(f"WRONG: {wanted}{unanswered}", fg="red", bold=True)
        )
        click.echo(f"{line:{width}}  {verdict}  {call.name}")
    right = sum(outcome.right for outcome in outcomes)
    click.echo(
        f"\n{right} of {len(outcomes)} calls rang at the expected answering point, "
        f"{seconds:.1f} s.\nRung: as the PSAPs wrote it down, by Call-ID. "
        "Expected: the country's second derivation."
    )
    run = show(stage.folder.run)
    if right < len(outcomes):
        click.echo(
            f"What to look at: {run}/kamailio.log (decisions, failures), {run}/psap-*.log (what "
            f"rang), {run}/caller.errors (what callers saw)"
        )
    print_next(stage)


def print_next(stage: Stage) -> None:
    """Say where a newcomer looks next."""
    call = stage.calls[0]
    folder = stage.folder
    question = f"{own_name()} route {call.dialled} --commune {call.commune}"
    click.echo(
        "\nLook next:\n"
        f"  {question} --plan {show(folder.snapshot)}\n"
        f"  {show(folder.run / 'kamailio.log')}: each decision with its reasons\n"
        f"  {show(folder.source / 'README.md')}: the country, its files and their quirks\n"
        "  kamailio/site.cfg, ARCHITECTURE.md: how it works"
    )


def echo_report(stage: Stage, outcomes: Sequence[Outcome], seconds: float) -> None:
    """Print the outcomes as JSON."""
    echo_json(
        {
            "generation": stage.built.snapshot.generation,
            "seconds": round(seconds, 1),
            "right": sum(outcome.right for outcome in outcomes),
            "calls": [
                {
                    "line": render_outcome(stage, outcome),
                    "dialled": outcome.call.dialled,
                    "commune": outcome.call.commune,
                    "name": outcome.call.name,
                    "call_id": outcome.call_id,
                    "expected": {"psap": outcome.call.psap, "number": outcome.call.number},
                    "rang": [
                        {"psap": find_psap(stage, ring.number), "number": ring.number}
                        for ring in outcome.rings
                    ],
                    "answered": outcome.answered,
                    "right": outcome.right,
                }
                for outcome in outcomes
            ],
            "logs": str(stage.folder.run),
        }
    )


def say(text: str) -> None:
    """Say on standard error what is happening."""
    click.echo(text, err=True)


def show(path: Path) -> str:
    """Return a path as a person would type it here."""
    here = Path.cwd()
    return os.fspath(path.relative_to(here) if path.is_relative_to(here) else path)
