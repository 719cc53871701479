"""The clock of the scenario along the bottom of a picture, and bins that can be seen."""

import datetime as dt
from collections.abc import Sequence

from matplotlib.axes import Axes

from route112.apps.replay.pictures.theme import SMALL, Theme
from route112.model import Scenario
from route112.simulation.tally import Counts, Tally, add_up

TICKS_MAX = 12
STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 4_320, 10_080)
"""Minutes between two ticks."""
DAY_MIN = 1_440


def list_edges(tally: Tally, joined: int = 1) -> list[float]:
    """List where bins begin of which `joined` became one, and where the last ends; hours."""
    bins = len(tally.over_time)
    return [at * tally.bin_s / 3600 for at in (*range(0, bins, joined), bins)]


def join_bins(line: Sequence[Counts], most: int) -> tuple[int, list[Counts]]:
    """Join neighbours until at most `most` bins are left; return how many became one, and all."""
    joined = -(-len(line) // most)
    return joined, [add_up(line[at : at + joined]) for at in range(0, len(line), joined)]


def set_clock(axes: Axes, scenario: Scenario, hours: float, theme: Theme) -> None:
    """Write the scenario's own clock along the bottom, and mark the end of the first calls."""
    zone = dt.timezone(dt.timedelta(seconds=scenario.offset_s))
    starts = dt.datetime.fromtimestamp(scenario.starts / 1e6, zone)
    step_min = next((step for step in STEPS_MIN if hours * 60 / step <= TICKS_MAX), STEPS_MIN[-1])
    midnight = starts.replace(hour=0, minute=0, second=0, microsecond=0)
    first_s = (starts - midnight).total_seconds()
    step_s = step_min * 60
    unit_s = min(step_s, DAY_MIN * 60)
    at_s = -(-first_s // unit_s) * unit_s
    ticks, labels = [], []
    while at_s - first_s <= hours * 3600 + 1:
        ticks.append((at_s - first_s) / 3600)
        moment = midnight + dt.timedelta(seconds=at_s)
        labels.append(f"{moment:%d %b}" if step_min >= DAY_MIN else f"{moment:%H:%M}")
        at_s += step_s
    axes.set_xticks(ticks, labels)
    axes.set_xlim(0, hours)
    ends = scenario.length_s / 3600
    if hours > ends:
        axes.axvline(ends, color=theme.faint, linewidth=0.8, linestyle=":")


def name_clock(scenario: Scenario) -> str:
    """Say what clock it is."""
    zone = dt.timezone(dt.timedelta(seconds=scenario.offset_s))
    starts = dt.datetime.fromtimestamp(scenario.starts / 1e6, zone)
    return f"scenario time, {starts:%d %B %Y}, {zone.tzname(None)}"


def note_end(axes: Axes, scenario: Scenario, hours: float, theme: Theme) -> None:
    """Say what the line at the end of the first calls is."""
    ends = scenario.length_s / 3600
    if hours > ends:
        axes.annotate(
            "no new callers", (ends, 1), xycoords=("data", "axes fraction"), xytext=(3, -2),
            textcoords="offset points", color=theme.faint, fontsize=SMALL - 1, va="top",
        )  # fmt: skip
