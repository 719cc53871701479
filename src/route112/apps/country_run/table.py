"""The one table of `route112 status`."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from route112.apps.country_run.members import Kind
from route112.apps.country_run.state import UpState
from route112.apps.country_run.survey import Sample
from route112.model import UtcTime

COLUMNS = (
    "member",
    "address",
    "state",
    "for",
    "restarts",
    "python",
    "native",
    "calls/s",
    "ringing",
    "refused",
    "MB",
)
LEFT = ("member", "address", "state")
WIDE_ONLY = ("address", "for", "MB")
"""Columns that a narrow terminal does without."""
WIDE_LEAST = 100
"""Characters of a terminal that shows all columns."""
STYLES = {
    "up": "green",
    "drained": "bold yellow",
    "degraded": "yellow",
    "unsupervised": "bold yellow",
    "silent": "bold red",
    "down": "bold red",
}
US_PER_S = 1_000_000
KB_PER_MB = 1024
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def make_table(
    state: UpState,
    before: Sequence[Sample],
    after: Sequence[Sample],
    *,
    now: UtcTime,
    width: int,
    faults: Sequence[str] = (),
) -> Table:
    """
    Make the table; a dash stands for what a member does not have or does not say.

    Args:
        state: what was started.
        before: of an earlier look, for calls per second.
        after: of this one, a row each.
        now: wall clock.
        width: characters of the terminal.
        faults: those in force, a line each.

    """
    rates = measure_rate(before, after)
    table = Table(
        title=_title(state, after, faults),
        title_justify="left",
        title_style="",
        caption=_list_troubles(after, now),
        caption_justify="left",
        caption_style="",
        box=None,
        pad_edge=False,
    )
    columns = [name for name in COLUMNS if width >= WIDE_LEAST or name not in WIDE_ONLY]
    for name in columns:
        table.add_column(name, justify="left" if name in LEFT else "right", no_wrap=True)
    for sample in after:
        cells = _make_cells(sample, rates.get(sample.entry.id), now)
        table.add_row(*(cells[name] for name in columns))
    return table


def _make_cells(sample: Sample, rate: float | None, now: UtcTime) -> dict[str, str | Text]:
    entry = sample.entry
    refused = str(sum(sample.refused.values()))
    return {
        "member": entry.id,
        "address": entry.address,
        "state": Text(sample.state, style=STYLES[sample.state]),
        "for": "-" if sample.is_down else show_age(now - entry.started_us),
        "restarts": str(entry.restarts + entry.kamailio_restarts),
        "python": _show_generation(sample.python_generation),
        "native": _show_generation(sample.native_generation),
        "calls/s": "-" if rate is None else f"{rate:.1f}",
        "ringing": "-" if sample.ringing is None else str(sample.ringing),
        "refused": refused if sample.ringing is not None and entry.kind == Kind.SITE else "-",
        "MB": str(round(sample.footprint.pss_kb / KB_PER_MB)),
    }


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


def _title(state: UpState, samples: Sequence[Sample], faults: Sequence[str]) -> Text:
    down = sum(sample.is_down for sample in samples)
    title = Text(f"{state.name}: ")
    if state.exercise:
        title.append("EXERCISE, ", style="bold yellow")
    title.append(f"{len(samples) - down} of {len(samples)} run")
    if not state.up.is_alive():
        title.append("; `up` itself does NOT run: nothing is started again", style="bold red")
    for fault in faults:
        title.append(f"\nfault {fault}", style="bold yellow")
    return title


def _show_generation(generation: int | None) -> str:
    return "-" if generation is None else f"g{generation}"


def _list_troubles(samples: Sequence[Sample], now: UtcTime) -> Text | None:
    """Say who is deaf at one of its addresses, which sites an edge holds off and for how long."""
    lines = []
    for sample in samples:
        if sample.silent:
            lines.append(f"{sample.entry.id} does not answer at {sample.silent}")
        for name, breaker in sample.breakers.items():
            left_s = breaker.until_s - now // US_PER_S
            until = f"for {left_s} s more" if left_s > 0 else "but for one call that tries"
            lines.append(f"{sample.entry.id} holds {name} off, {until}")
    return Text("\n".join(lines), style="yellow") if lines else None
