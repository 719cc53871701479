"""
Colours of the report, light and dark, and how a figure is made and written.

The four outcomes differ in brightness as well as in hue, so that they are told apart without
colour vision and in print; the bad ones are hatched besides.
"""

import io
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from route112.simulation.tally import Counts

DOTS_PER_INCH = 110
SMALL = 8
"""Points of ticks and notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours of one picture."""

    name: str
    paper: str
    ink: str
    faint: str
    """Of lines and words that stand back."""
    empty: str
    """Where there is no attempt."""
    outcomes: tuple[str, str, str, str]
    """Of LAYERS."""


LAYERS: tuple[tuple[str, str, str], ...] = (
    ("right", "right", ""),
    ("delayed", "right, but delayed", ""),
    ("misrouted", "misrouted", "...."),
    ("lost", "lost", "////"),
)
"""Name, legend and hatching, from the bottom up."""

LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#1b1b1b",
    faint="#8a8a8a",
    empty="#ececec",
    outcomes=("#2f6fb7", "#9ecbf2", "#e69f00", "#a50f15"),
)
DARK = Theme(
    name="dark",
    paper="#161616",
    ink="#eeeeee",
    faint="#8a8a8a",
    empty="#2a2a2a",
    outcomes=("#3f80c9", "#b5dbff", "#e69f00", "#ff5a4f"),
)


def make_figure(theme: Theme, width_in: float, height_in: float) -> Figure:
    """Make a figure that is drawn without a display."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained", facecolor=theme.paper)
    FigureCanvasAgg(figure)
    return figure


def dress(axes: Axes, theme: Theme) -> None:
    """Give axes the colours of a theme."""
    axes.set_facecolor(theme.paper)
    axes.tick_params(colors=theme.ink, labelsize=SMALL)
    axes.xaxis.label.set_color(theme.ink)
    axes.yaxis.label.set_color(theme.ink)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(theme.faint)


def head(axes: Axes, text: str, theme: Theme, *, size: int = SMALL + 1) -> None:
    """Write a heading over axes, to the left."""
    axes.set_title(text, loc="left", fontsize=size, color=theme.ink)


def add_legend(figure: Figure, axes: Axes, theme: Theme) -> None:
    """Explain the layers once for all panels, above them."""
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside upper left", ncols=len(LAYERS), frameon=False, labelcolor=theme.ink,
        fontsize=SMALL + 1,
    )  # fmt: skip


def write_figure(figure: Figure) -> bytes:
    """Return a figure as a PNG; the same figures give the same bytes."""
    written = io.BytesIO()
    with mpl.rc_context({"hatch.linewidth": 0.4}):
        figure.savefig(
            written,
            format="png",
            dpi=DOTS_PER_INCH,
            facecolor=figure.get_facecolor(),
            metadata={"Software": "route112"},
        )
    return written.getvalue()


def pick(counts: Counts, name: str) -> int:
    """Return a layer's figure; delayed calls are taken off the right ones, so that they add up."""
    if name == "right":
        return counts.right - counts.delayed
    return int(getattr(counts, name))
