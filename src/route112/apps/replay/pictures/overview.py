"""All attempts over time: a stack and a line of the loss for each wiring, and what was broken."""

from collections.abc import Sequence

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
from route112.apps.replay.pictures.time_axis import list_edges, name_clock, note_end, set_clock
from route112.apps.replay.played import Played
from route112.model import Scenario

WIDTH_IN = 9.5
STACK_IN, LOSS_IN, FAULT_IN = 2.3, 1.0, 0.22
LOSS_MIN = 0.05
"""Top of the axis of losses at least, so that one call in a thousand is no mountain."""
MINUTE_S = 60.0
FAULT_WIDTH_MIN = 0.004
"""Of the picture; a kill of a minute must be seen."""


def draw_overview(plays: Sequence[Played], theme: Theme) -> bytes:
    """Draw attempts a minute by what became of them, over scenario time."""
    scenario = plays[0].scenario
    kinds = list(dict.fromkeys(step.kind for step in scenario.faults))
    heights = [STACK_IN, LOSS_IN] * len(plays)
    if kinds:
        heights.append(0.25 + FAULT_IN * len(kinds))
    figure = make_figure(theme, WIDTH_IN, sum(heights) + 0.9)
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[
        :, 0
    ]
    hours = max(len(each.tally.over_time) * each.tally.bin_s for each in plays) / 3600
    stacks, losses = panels[: 2 * len(plays) : 2], panels[1 : 2 * len(plays) : 2]
    for played, stack, loss in zip(plays, stacks, losses, strict=True):
        _draw_stack(stack, played, theme)
        _draw_loss(loss, played, theme)
    top = max(axes.get_ylim()[1] for axes in stacks)
    for axes in stacks:
        axes.set_ylim(0, top)
        note_end(axes, scenario, hours, theme)
    top = max(LOSS_MIN, *(axes.get_ylim()[1] for axes in losses))
    for axes in losses:
        axes.set_ylim(0, min(1.0, top))
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    if kinds:
        _draw_faults(panels[-1], scenario, kinds, hours, theme)
    for axes in panels:
        set_clock(axes, scenario, hours, theme)
    panels[-1].set_xlabel(name_clock(scenario), fontsize=SMALL + 1)
    add_legend(figure, stacks[0], theme)
    return write_figure(figure)


def _draw_stack(axes: Axes, played: Played, theme: Theme) -> None:
    dress(axes, theme)
    tally, total = played.tally, played.tally.total
    edges = list_edges(tally)
    below = [0.0] * len(tally.over_time)
    for (name, label, hatch), colour in zip(LAYERS, theme.outcomes, strict=True):
        per_minute = [pick(each, name) * MINUTE_S / tally.bin_s for each in tally.over_time]
        upper = [low + more for low, more in zip(below, per_minute, strict=True)]
        axes.fill_between(
            edges, [*below, below[-1]], [*upper, upper[-1]], step="post", label=label,
            facecolor=colour, hatch=hatch, edgecolor=theme.paper, linewidth=0,
        )  # fmt: skip
        below = upper
    head(
        axes,
        f"{played.wiring.name}: {total.attempts:,} attempts, {total.lost:,} lost "
        f"({total.lost_share:.1%}), {total.misrouted:,} misrouted, {total.delayed:,} delayed, "
        f"{total.ghosts:,} ghost rings",
        theme,
        size=10,
    )
    axes.set_ylabel("attempts a minute", fontsize=SMALL)


def _draw_loss(axes: Axes, played: Played, theme: Theme) -> None:
    dress(axes, theme)
    tally = played.tally
    edges = list_edges(tally)
    shares = [each.lost_share for each in tally.over_time]
    axes.fill_between(
        edges, [*shares, shares[-1]], step="post", facecolor=theme.outcomes[-1], linewidth=0
    )
    axes.set_ylabel("lost, of attempts", fontsize=SMALL)
    published = played.scenario.published
    if published is not None:
        share = published.lost / published.attempts
        axes.axhline(share, color=theme.ink, linewidth=1, linestyle="--")
        axes.annotate(
            f"published, on the whole: {share:.1%} of {published.attempts:,}",
            (0.995, share), xycoords=("axes fraction", "data"), xytext=(0, 2),
            textcoords="offset points", ha="right", va="bottom", fontsize=SMALL,
            color=theme.ink,
            bbox={"facecolor": theme.paper, "alpha": 0.8, "pad": 1, "linewidth": 0},
        )  # fmt: skip
        axes.set_ylim(top=max(axes.get_ylim()[1], share * 1.6))


def _draw_faults(
    axes: Axes, scenario: Scenario, kinds: Sequence[str], hours: float, theme: Theme
) -> None:
    """Draw when something was broken, one line for each kind of fault."""
    dress(axes, theme)
    for step in scenario.faults:
        row = len(kinds) - 1 - kinds.index(step.kind)
        length = max((step.until_s - step.at_s) / 3600, hours * FAULT_WIDTH_MIN)
        axes.barh(
            row, length, left=step.at_s / 3600, height=0.7, color=theme.faint,
            edgecolor=theme.paper, linewidth=0.8,
        )  # fmt: skip
    axes.set_yticks(range(len(kinds)), reversed(kinds))
    axes.set_ylim(-0.6, len(kinds) - 0.4)
    head(axes, "faults of the script", theme)
