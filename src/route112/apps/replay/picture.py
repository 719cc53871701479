"""Calls over time, one panel for each wiring, as a PNG."""

import datetime as dt
import io
from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from route112.apps.replay.played import Played
from route112.simulation.tally import Counts

WIDTH_IN = 9.0
PANEL_HEIGHT_IN = 2.8
DOTS_PER_INCH = 110
LAYERS: tuple[tuple[str, str, str], ...] = (
    ("right", "right", "#3b7dd8"),
    ("delayed", "right, delayed", "#8ec1f5"),
    ("misrouted", "misrouted", "#e69f00"),
    ("lost", "lost", "#b2182b"),
)
"""Name, legend and colour, from the bottom up; told apart also without colour vision."""
MINUTE_S = 60.0


def draw_picture(plays: Sequence[Played]) -> bytes:
    """Draw attempts a minute by what became of them, over scenario time."""
    figure = Figure(figsize=(WIDTH_IN, PANEL_HEIGHT_IN * len(plays) + 0.4), layout="constrained")
    FigureCanvasAgg(figure)  # draws without a display
    panels = figure.subplots(len(plays), 1, sharex=True, sharey=True, squeeze=False)
    for panel, played in zip(panels[:, 0], plays, strict=True):
        tally = played.tally
        hours = [index * tally.bin_s / 3600 for index in range(len(tally.over_time))]
        per_minute = MINUTE_S / tally.bin_s
        layers = [
            [_pick(counts, name) * per_minute for counts in tally.over_time]
            for name, _, _ in LAYERS
        ]
        panel.stackplot(
            hours,
            layers,
            labels=[label for _, label, _ in LAYERS],
            colors=[colour for _, _, colour in LAYERS],
            step="post",
        )
        total = tally.total
        panel.set_title(
            f"{played.wiring.name}: {total.attempts:,} attempts, {total.lost:,} lost "
            f"({total.lost_share:.1%}), {total.misrouted:,} misrouted",
            loc="left",
            fontsize=10,
        )
        panel.set_ylabel("attempts a minute")
        panel.set_ylim(bottom=0)
        panel.margins(x=0)
        panel.spines[["top", "right"]].set_visible(False)
    starts = dt.datetime.fromtimestamp(plays[0].scenario.starts / 1e6, dt.UTC)
    panels[-1, 0].set_xlabel(f"hours after {starts:%Y-%m-%d %H:%M} UTC")
    figure.legend(
        *panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(LAYERS)
    )
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=DOTS_PER_INCH, metadata={"Software": "route112"})
    return written.getvalue()


def _pick(counts: Counts, name: str) -> int:
    """Return a figure; delayed calls are taken off the right ones, so that layers add up."""
    if name == "right":
        return counts.right - counts.delayed
    return int(getattr(counts, name))
