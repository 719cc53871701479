"""The one table of `route112 status`."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from route112.apps.country_run.state import UpState
from route112.apps.country_run.survey import Sample
from route112.model import UtcTime

COLUMNS = (
    ("member", "left"),
    ("address", "left"),
    ("state", "left"),
    ("for", "right"),
    ("restarts", "right"),
    ("python", "right"),
    ("native", "right"),
    ("calls/s", "right"),
    ("ringing", "right"),
    ("refused", "right"),
    ("MB", "right"),
    ("held off", "left"),
)
STYLES = {"up": "green", "degraded": "yellow", "silent": "bold red", "down": "bold red"}
US_PER_S = 1_000_000
KB_PER_MB = 1024
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def make_table(
    state: UpState, before: Sequence[Sample], after: Sequence[Sample], *, now: UtcTime
) -> Table:
    """Make the table; a dash stands for what a member does not have or does not say."""
    rates = measure_rate(before, after)
    table = Table(
        title=_title(state, after), title_justify="left", title_style="", box=None, pad_edge=False
    )
    for name, side in COLUMNS:
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    for sample in after:
        entry = sample.entry
        rate = rates.get(entry.id)
        table.add_row(
            entry.id,
            entry.address,
            Text(sample.state, style=STYLES[sample.state]),
            "-" if sample.is_down else show_age(now - entry.started_us),
            str(entry.restarts + entry.kamailio_restarts),
            _show_generation(sample.python_generation),
            _show_generation(sample.native_generation),
            "-" if rate is None else f"{rate:.1f}",
            "-" if sample.ringing is None else str(sample.ringing),
            "-" if sample.ringing is None else str(sum(sample.refused.values())),
            str(round(sample.footprint.pss_kb / KB_PER_MB)),
            _show_breakers(sample, now),
        )
    return table


def measure_rate(before: Sequence[Sample], after: Sequence[Sample]) -> dict[str, float]:
    """Return calls per second between two looks, of members whose Kamailio lived through both."""
    earlier = {sample.entry.id: sample for sample in before}
    rates = {}
    for sample in after:
        first = earlier.get(sample.entry.id)
        if first is None or first.invites is None or sample.invites is None:
            continue
        seconds = sample.at_s - first.at_s
        if seconds > 0 and sample.invites >= first.invites:
            rates[sample.entry.id] = round((sample.invites - first.invites) / seconds, 1)
    return rates


def show_age(duration_us: int) -> str:
    """Render how long something runs, in its largest whole unit."""
    seconds = max(0, duration_us // US_PER_S)
    name, size = next((unit for unit in _UNITS if seconds >= unit[1]), _UNITS[-1])
    return f"{seconds // size} {name}"


def _title(state: UpState, samples: Sequence[Sample]) -> Text:
    down = sum(sample.is_down for sample in samples)
    title = Text(f"{state.name}: ")
    if state.exercise:
        title.append("EXERCISE, ", style="bold yellow")
    title.append(f"{len(samples) - down} of {len(samples)} run")
    if not state.up.is_alive():
        title.append("; `up` itself does NOT run: nothing is started again", style="bold red")
    return title


def _show_generation(generation: int | None) -> str:
    return "-" if generation is None else f"g{generation}"


def _show_breakers(sample: Sample, now: UtcTime) -> str:
    """Name the sites that an edge holds off, and for how long still; 0: one call is trying."""
    return (
        " ".join(
            f"{name} {max(0, breaker.until_s - now // US_PER_S)} s"
            for name, breaker in sample.breakers.items()
        )
        or "-"
    )
