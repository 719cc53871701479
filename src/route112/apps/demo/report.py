"""How the demo ends: what the checker counted, and where a newcomer looks next."""

from dataclasses import dataclass

import click

from route112.apps._console import echo_json, own_name
from route112.apps.demo.country import DemoFolder
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.screen import show
from route112.simulation.checker import Judgement


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the demo."""

    judgement: Judgement
    broken: tuple[str, ...]
    """What was told and did not happen."""
    seconds: float
    """Of the whole demo."""

    @property
    def is_good(self) -> bool:
        """Tell whether no call was lost or misrouted, and each act went as told."""
        return self.judgement.no_call_lost and not self.broken


def print_next(outcome: Outcome, folder: DemoFolder, call: DemoCall, place: str) -> None:
    """Say how it went in all, and where to look next."""
    click.echo(f"\n{outcome.seconds:.1f} s. {_say_end(outcome)}")
    records, name = show(folder.site), own_name()
    if not outcome.is_good:
        click.echo(
            f"What to look at: {show(folder.run)}/psaps.jsonl and callers-*.jsonl (what both ends "
            f"saw), {show(folder.run)}/site.log, {records}/records/raw.log"
        )
    click.echo(
        "\nLook next:\n"
        f"  {name} records tail {records}\n"
        f"  {name} records query {records} --number {call.dialled}\n"
        f"  {name} route {call.dialled} --commune {call.commune} --plan {show(folder.snapshot)}\n"
        f"  {name} demo --keep, and in another terminal:\n"
        f"  {name} call {call.dialled} --commune {call.commune} --to {place}\n"
        f"  {show(folder.source / 'README.md')}: the country, its files and their quirks\n"
        "  kamailio/site.cfg, ARCHITECTURE.md: how it works"
    )


def echo_report(outcome: Outcome, folder: DemoFolder) -> None:
    """Print the counts and every verdict as JSON."""
    judgement = outcome.judgement
    echo_json(
        {
            "placed": judgement.placed,
            "right": judgement.right,
            "delayed": judgement.delayed,
            "misrouted": judgement.misrouted,
            "lost": judgement.lost,
            "ghosts": judgement.ghosts,
            "not_as_told": outcome.broken,
            "seconds": round(outcome.seconds, 1),
            "calls": [
                {
                    "call_id": verdict.call_id,
                    "verdict": verdict.verdict.value,
                    "reason": verdict.reason,
                    "rang": verdict.number,
                    "first_ring_ms": verdict.first_ring_ms,
                }
                for verdict in judgement.verdicts
            ],
            "logs": str(folder.run),
            "records": str(folder.site / "records"),
        }
    )


def _say_end(outcome: Outcome) -> str:
    if outcome.is_good:
        return "No call was lost, none misrouted."
    said = "; ".join(outcome.broken)
    return f"Not as told: {said}" if said else "Calls were lost or misrouted."
