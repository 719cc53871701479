"""What became of the calls of each departement over time: too many for lines, so a heat map."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure

from route112.apps.replay.pictures.multiples import list_values
from route112.apps.replay.pictures.theme import (
    LAYERS,
    LIGHT,
    SMALL,
    Theme,
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

KIND = "departement"
ROWS_MAX = 130
BINS_MAX = 30
COLUMN_IN, ROW_IN = 3.6, 0.115
WIDTH_MIN_IN = 7.5
TICKS = (0.0, 0.02, 0.1, 0.25, 0.5, 1.0)
ALWAYS = ("delayed", "lost")
"""Layers that are shown even if nothing is in them; what is in none is right."""


def draw_heat(plays: Sequence[Played], theme: Theme) -> bytes:
    """Draw the share of attempts that were delayed, misrouted and lost."""
    values = sorted(list_values(plays, KIND))[:ROWS_MAX]
    shown = [
        (index, name, label)
        for index, (name, label, _) in enumerate(LAYERS)
        if name in ALWAYS
        or (name != "right" and any(pick(each.tally.total, name) for each in plays))
    ]
    columns = len(plays) * len(shown)
    figure = make_figure(
        theme,
        max(WIDTH_MIN_IN, COLUMN_IN * columns + 0.6),
        max(2.0, ROW_IN * len(values)) + 1.6,
    )
    panels = figure.subplots(1, columns, sharex=True, sharey=True, squeeze=False)[0]
    for at, played in enumerate(plays):
        for panel, (index, name, label) in zip(
            panels[at * len(shown) : (at + 1) * len(shown)], shown, strict=True
        ):
            _draw_panel(panel, played, values, name, theme, index)
            head(panel, f"{played.wiring.name}: {label}", theme)
    for panel, (index, _, label) in zip(panels, shown, strict=False):
        _draw_scale(figure, panel, theme, index, label)
    panels[0].set_yticks(range(len(values)), values, fontsize=SMALL - 2)
    panels[0].set_ylim(max(1, len(values)) - 0.5, -0.5)
    panels[0].set_ylabel("departement of the caller", fontsize=SMALL)
    figure.supxlabel(name_clock(plays[0].scenario), fontsize=SMALL + 1, color=theme.ink)
    return write_figure(figure)


def _draw_panel(
    axes: Axes, played: Played, values: Sequence[str], name: str, theme: Theme, index: int
) -> None:
    dress(axes, theme)
    tally = played.tally
    rows, joined = [], 1
    for value in values:
        line = tally.by_over_time[KIND].get(value, ())
        joined, bins = join_bins(line or tally.over_time, BINS_MAX)
        rows.append(
            [
                pick(each, name) / each.attempts if line and each.attempts else float("nan")
                for each in bins
            ]
        )
    edges = list_edges(tally, joined)
    axes.set_facecolor(theme.empty)
    if rows:
        axes.pcolormesh(
            edges, [index - 0.5 for index in range(len(rows) + 1)], rows,
            cmap=_make_map(theme, index), norm=_make_norm(), rasterized=True,
        )  # fmt: skip
    set_clock(axes, played.scenario, edges[-1], theme)
    axes.tick_params(axis="x", labelrotation=45)


def _make_map(theme: Theme, index: int) -> LinearSegmentedColormap:
    """Return colours from nothing to all: from paper over the outcome's own colour to ink."""
    own = theme.outcomes[index]
    middle = [(0.75, own)]
    if LAYERS[index][0] == "delayed":  # pale: it needs a darker blue between itself and the end
        pale, strong = own, theme.outcomes[0]
        middle = [(0.4, pale), (0.75, strong)] if theme is LIGHT else [(0.4, strong), (0.75, pale)]
    stops = [(0.0, theme.paper), *middle, (1.0, theme.ink)]
    return LinearSegmentedColormap.from_list(f"{theme.name} {own}", stops)


def _make_norm() -> PowerNorm:
    """Return a scale on which one attempt in ten is seen beside all of them."""
    return PowerNorm(gamma=0.5, vmin=0.0, vmax=1.0)


def _draw_scale(figure: Figure, panel: Axes, theme: Theme, index: int, label: str) -> None:
    scale = ScalarMappable(norm=_make_norm(), cmap=_make_map(theme, index))
    bar = figure.colorbar(scale, ax=panel, location="top", fraction=0.012, pad=0.02, ticks=TICKS)
    bar.ax.set_xticklabels([f"{share:.0%}" for share in TICKS])
    bar.ax.tick_params(colors=theme.ink, labelsize=SMALL - 1)
    bar.set_label(f"{label}, of attempts; grey: no attempt", color=theme.ink, fontsize=SMALL - 1)
    bar.outline.set_edgecolor(theme.faint)
