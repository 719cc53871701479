"""What a newcomer sees: acts, calls, verdicts. Colour on a terminal only."""

import os
from pathlib import Path

import click

from route112.simulation.checker import CallVerdict, Judgement, Verdict

COLOURS = {
    Verdict.RIGHT: "green",
    Verdict.DELAYED: "yellow",
    Verdict.MISROUTED: "red",
    Verdict.LOST: "red",
}
VERDICT_WIDTH = max(len(verdict.value) for verdict in Verdict)
NUMBER_WIDTH = 13
"""Digits and plus of the longest number."""


class Screen:
    """Standard output for people; nothing but standard error when machines read along."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._began = False

    def act(self, title: str, before: str) -> None:
        """Begin an act: what is about to happen."""
        self._echo("")
        self._echo(click.style(title, bold=True))
        self._echo(f"  {before}")

    def after(self, text: str, *, kept: bool = True) -> None:
        """End an act: what has been seen."""
        self._echo(f"  {text}" if kept else click.style(f"  NOT AS TOLD: {text}", fg="red"))

    def call(self, verdict: CallVerdict, owner: str, notation: str, place: str) -> None:
        """Show one call: the verdict, how soon and where it rang, and what the site said."""
        word = click.style(
            f"{verdict.verdict.value:<{VERDICT_WIDTH}}", fg=COLOURS[verdict.verdict]
        )
        wait = "-" if verdict.first_ring_ms is None else f"{verdict.first_ring_ms:.0f} ms"
        number = f"{verdict.number or 'nowhere':<{NUMBER_WIDTH}}"
        self._echo(f"  {word} {wait:>7}  rang {number} {owner:<14} {notation}  {place}".rstrip())
        if verdict.verdict in (Verdict.LOST, Verdict.MISROUTED):
            self._echo(f"      {verdict.call_id}: {verdict.reason}")

    def table(self, judgement: Judgement) -> None:
        """Show the checker's counts."""
        self._echo("")
        self._echo(
            click.style("The checker, from the callers' and the PSAPs' own logs", bold=True)
        )
        right = judgement.right - judgement.delayed
        for name, count, meaning in (
            ("placed", judgement.placed, ""),
            ("right", judgement.right, f"{right} at once"),
            ("delayed", judgement.delayed, "right, but more than 500 ms later than usual"),
            ("misrouted", judgement.misrouted, "answered by a lower-ranked target"),
            ("lost", judgement.lost, "neither"),
            *((("ghosts", judgement.ghosts, "rings for nobody"),) if judgement.ghosts else ()),
        ):
            bad = count and name in ("misrouted", "lost")
            row = f"  {name:<9} {count:>5}  {meaning}".rstrip()
            self._echo(click.style(row, fg="red", bold=True) if bad else row)

    def text(self, text: str) -> None:
        """Show a line."""
        self._echo(text)

    def _echo(self, text: str) -> None:
        click.echo(text, err=self._as_json)


def say(text: str) -> None:
    """Say on standard error what is happening."""
    click.echo(text, err=True)


def show(path: Path) -> str:
    """Return a path as a person would type it here."""
    here = Path.cwd()
    return os.fspath(path.relative_to(here) if path.is_relative_to(here) else path)
