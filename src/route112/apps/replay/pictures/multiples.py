"""Attempts over time for each value of a kind: a row for a value, a column for a wiring."""

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes

from route112.apps.replay.pictures.theme import (
    LAYERS,
    SMALL,
    Theme,
    add_legend,
    dress,
    head,
    make_figure,
    pick,
    write_figure,
)
from route112.apps.replay.pictures.time_axis import (
    join_bins,
    list_edges,
    name_clock,
    set_clock,
)
from route112.apps.replay.played import Played
from route112.simulation.tally import Counts

ROWS_MAX = 12
"""Values with most attempts; the others are in the JSON report."""
BINS_MAX = 60
WIDTH_IN = 9.5
ROW_IN = 1.35


def draw_multiples(plays: Sequence[Played], kind: str, theme: Theme) -> bytes:
    """Draw attempts a minute by what became of them, for each value of a kind."""
    scenario = plays[0].scenario
    values = list_values(plays, kind)[:ROWS_MAX]
    figure = make_figure(theme, WIDTH_IN, ROW_IN * max(1, len(values)) + 1.0)
    panels = figure.subplots(
        max(1, len(values)), len(plays), sharex=True, sharey="row", squeeze=False
    )
    hours = max(len(each.tally.over_time) * each.tally.bin_s for each in plays) / 3600
    for row, value in zip(panels, values, strict=False):
        for axes, played in zip(row, plays, strict=True):
            _draw_panel(axes, played, kind, value, theme)
            set_clock(axes, scenario, hours, theme)
            axes.set_ylim(bottom=0)
        row[0].set_ylabel("a minute", fontsize=SMALL)
    for axes in panels[-1]:
        axes.tick_params(axis="x", labelrotation=45 if len(plays) > 1 else 0)
    figure.supxlabel(name_clock(scenario), fontsize=SMALL + 1, color=theme.ink)
    if values:
        add_legend(figure, panels[0, 0], theme)
    return write_figure(figure)


def list_values(plays: Sequence[Played], kind: str) -> list[str]:
    """List the values of a kind in any play, those of the first play first."""
    return list(dict.fromkeys(value for played in plays for value in played.tally.by[kind]))


def _draw_panel(axes: Axes, played: Played, kind: str, value: str, theme: Theme) -> None:
    dress(axes, theme)
    tally = played.tally
    total = tally.by[kind].get(value, Counts())
    line = tally.by_over_time[kind].get(value, (Counts(),) * len(tally.over_time))
    joined, bins = join_bins(line, BINS_MAX)
    edges = list_edges(tally, joined)
    minutes = [(end - begin) * 60 for begin, end in pairwise(edges)]
    below = [0.0] * len(bins)
    for (name, label, hatch), colour in zip(LAYERS, theme.outcomes, strict=True):
        per_minute = [
            pick(each, name) / length for each, length in zip(bins, minutes, strict=True)
        ]
        upper = [low + more for low, more in zip(below, per_minute, strict=True)]
        axes.fill_between(
            edges, [*below, below[-1]], [*upper, upper[-1]], step="post", label=label,
            facecolor=colour, hatch=hatch, edgecolor=theme.paper, linewidth=0,
        )  # fmt: skip
        below = upper
    head(
        axes,
        f"{value}, {played.wiring.name}: {total.lost:,} of {total.attempts:,} lost"
        f" ({total.lost_share:.1%})",
        theme,
    )
