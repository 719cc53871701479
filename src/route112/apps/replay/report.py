"""What a replay says in the end: a table for people, JSON for machines, files to keep."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from route112.adapters.atomic_file import write_atomically
from route112.apps._console import print_table
from route112.apps.replay.conditions import Conditions
from route112.apps.replay.joint import COLUMNS, JointReport, list_rows, say_joint
from route112.apps.replay.page import render_page
from route112.apps.replay.pictures import LIGHT, PICTURES
from route112.apps.replay.played import ROWS, Played, get_figure
from route112.simulation.tally import Counts

PICTURE = "replay.png"
"""All attempts; those by kind have the kind in their name."""
PAGE = "replay.html"


def write_files(plays: Sequence[Played], folder: Path) -> None:
    """Write pictures and page; raises OSError."""
    for name, (_, draw) in PICTURES.items():
        write_atomically(folder / f"{name}.png", draw(plays, LIGHT))
    write_atomically(folder / PAGE, render_page(plays).encode())


def print_plays(plays: Sequence[Played]) -> None:
    """Print what became of the attempts, one column for each wiring, the published one last."""
    published = plays[0].scenario.published
    said: Mapping[str, str] = {}
    columns = ["", *(played.wiring.name for played in plays)]
    if published is not None:
        columns.append("published")
        said = {
            "attempts": f"{published.attempts:,}",
            "lost": f"{published.lost:,}",
            "lost, share": f"{published.lost / published.attempts:.2%}",
        }
    rows = [
        [label, *(f"{get_figure(played.tally.total, name):,}" for played in plays)]
        for name, label in ROWS
    ]
    rows += [
        ["lost, share", *(f"{played.tally.total.lost_share:.2%}" for played in plays)],
        ["unique callers", *(f"{played.tally.unique_callers:,}" for played in plays)],
        ["of them not through", *(f"{played.tally.unique_callers_lost:,}" for played in plays)],
        ["processors idle", *(f"{played.conditions.idle_share:.0%}" for played in plays)],
        ["seconds, real", *(f"{played.seconds:,.0f}" for played in plays)],
        ["times as fast", *(f"{played.compression:.1f}" for played in plays)],
    ]
    if published is not None:
        rows = [[*row, said.get(row[0], "")] for row in rows]
    print_table(plays[0].scenario.title, columns, rows)
    for played in plays:
        if played.joint is not None:
            click.echo(f"\n{played.wiring.name}: {say_joint(played.joint)}")
            print_table("", COLUMNS, list_rows(played.joint))


def describe_plays(plays: Sequence[Played]) -> dict[str, object]:
    """Return the report for machines; the first five fields are those of the last play."""
    last = plays[-1]
    return {
        **_describe_last(last),
        "scenario": last.scenario.name,
        "seed": last.scenario.seed,
        "plays": [
            {
                "wiring": played.wiring.name,
                "seconds": round(played.seconds, 1),
                "compression": round(played.compression, 2),
                "conditions": _describe_conditions(played.conditions),
                "unique_callers": played.tally.unique_callers,
                "unique_callers_lost": played.tally.unique_callers_lost,
                **_describe_counts(played.tally.total),
                "lost_unnamed": played.lost_unnamed,
                "joint": _describe_joint(played.joint),
                "by": {
                    kind: {value: _describe_counts(counts) for value, counts in table.items()}
                    for kind, table in played.tally.by.items()
                },
                "bin_s": played.tally.bin_s,
                "over_time": [_describe_counts(counts) for counts in played.tally.over_time],
            }
            for played in plays
        ],
    }


def _describe_last(played: Played) -> dict[str, object]:
    total = played.tally.total
    return {
        "lost": total.lost,
        "misrouted": total.misrouted,
        "delayed": total.delayed,
        "attempts": total.attempts,
        "unique_callers": played.tally.unique_callers,
        "lost_unnamed": played.lost_unnamed,
    }


def _describe_conditions(conditions: Conditions) -> dict[str, object]:
    figures = {name: round(value, 3) for name, value in asdict(conditions).items()}
    return {**figures, "faults": list(conditions.list_faults())}


def _describe_joint(joint: JointReport | None) -> dict[str, object] | None:
    return None if joint is None else {**asdict(joint), "spared": joint.spared}


def _describe_counts(counts: Counts) -> dict[str, int]:
    return {name: get_figure(counts, name) for name, _ in ROWS}


def say(text: str) -> None:
    """Tell people how far it is."""
    click.echo(f"replay: {text}", err=True)
