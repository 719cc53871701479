"""The one table of `route112 watch status`."""

from collections.abc import Collection, Iterator, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from route112.adapters.watch_store import Found
from route112.apps._console import make_printable
from route112.apps.callbacks.show import render_time
from route112.apps.watch.shown import Figures, Shown, ShownSeries

COLUMNS = (
    *("series", "calls/min", "callers", "served", "failed by", "rings", "usual/min", "floor"),
    "state",
)
RED = "bold red"
LEFT = ("series", "failed by", "state")
WIDE_ONLY = ("callers", "failed by", "usual/min")
"""Columns that a narrow terminal does without."""
WIDE_LEAST = 110
WIDE_CUTS = ((), ("number",), ("operator", "technology"), ("edge",), ("site",))
"""Series that are shown without `--all`, in this order; beside them those with a finding."""
OPEN_SHOWN_MAX = 30
"""Findings that are listed; `--json` has all."""
SECONDS_PER_MINUTE = 60
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def make_table(
    shown: Shown | None,
    found: Collection[Found],
    *,
    runs: bool,
    with_all: bool,
    width: int,
) -> Group:
    """
    Make the table with what stands above and below it; a dash stands for what is not known.

    Args:
        shown: what watch showed last; None: it has not looked yet.
        found: findings that are open.
        runs: a watch runs now.
        with_all: every series, not only the wide ones.
        width: characters of the terminal.
    """
    listed = _list_series(shown, found, with_all=with_all)
    table = Table(box=None, pad_edge=False)
    columns = [name for name in COLUMNS if width >= WIDE_LEAST or name not in WIDE_ONLY]
    for name in columns:
        table.add_column(name, justify="left" if name in LEFT else "right", no_wrap=True)
    for series in listed:
        cells = _make_cells(series, shown.window_s if shown else 1, found)
        table.add_row(*(cells[name] for name in columns))
    return Group(_title(shown, runs=runs), table, *_list_open(found))


def _list_series(
    shown: Shown | None, found: Collection[Found], *, with_all: bool
) -> Sequence[ShownSeries]:
    """List what is shown: the wide ones first, within a cut the busiest first."""
    if shown is None:
        return []
    wrong = {each.finding.series.pairs for each in found}
    chosen = []
    for each in shown.series:
        cut = tuple(name for name, _ in each.pairs)
        if with_all or cut in WIDE_CUTS or each.pairs in wrong:
            place = WIDE_CUTS.index(cut) if cut in WIDE_CUTS else len(WIDE_CUTS)
            chosen.append(((place, cut, -each.late.attempts, each.name), each))
    return [each for _, each in sorted(chosen, key=lambda pair: pair[0])]


def _make_cells(
    series: ShownSeries, window_s: int, found: Collection[Found]
) -> dict[str, str | Text]:
    late = series.late
    kinds = [each.finding.kind for each in found if each.finding.series.pairs == series.pairs]
    usual = series.usual_per_min
    return {
        "series": make_printable(series.name),
        "calls/min": f"{late.attempts * SECONDS_PER_MINUTE / window_s:.1f}",
        "callers": "-" if series.is_tries else str(late.callers),
        "served": _show_served(late, is_tries=series.is_tries),
        "failed by": ", ".join(f"{party} {count}" for party, count in late.parties.items()) or "-",
        "rings": "-" if late.ring_ms is None else f"{late.ring_ms} ms",
        "usual/min": "-" if usual is None else f"{usual:.1f}",
        "floor": "-" if series.floor_s is None else show_time(series.floor_s),
        "state": Text(", ".join(kinds), style="bold red") if kinds else Text("ok", style="green"),
    }


def _show_served(late: Figures, *, is_tries: bool) -> str:
    """Show the share of callers who got through; of tries, the share that was answered."""
    if is_tries:
        return f"{late.answered / late.ended:.0%}" if late.ended else "-"
    return f"{(late.callers - late.failed) / late.callers:.0%}" if late.callers else "-"


def show_time(seconds: float) -> str:
    """Return `20 s`, `5 min`, `3.1 h`, `2.0 d`."""
    name, size = next((unit for unit in _UNITS[:2] if seconds >= 2 * unit[1]), ("", 0))
    if size:
        return f"{seconds / size:.1f} {name}"
    if seconds >= 2 * SECONDS_PER_MINUTE:
        return f"{seconds / SECONDS_PER_MINUTE:.0f} min"
    return f"{seconds:.0f} s"


def _title(shown: Shown | None, *, runs: bool) -> Text:
    title = Text()
    if not runs:
        last = "" if shown is None else f" at {render_time(shown.at_us)}"
        title.append(f"watch does NOT run, or hangs; this is what it said last{last}\n", RED)
    if shown is None or shown.watch_us is None:
        title.append("no call has been looked at yet")
    if shown is not None and not shown.sources:
        title.append("\nno records folder is there: is --run-dir the country's?", RED)
    if shown is None or shown.watch_us is None:
        return title
    title.append(f"at {render_time(shown.watch_us)}")
    if shown.scenario:
        title.append(f" of {shown.scenario}", style="bold yellow")
    title.append(
        f": {shown.calls:,} calls in {shown.records:,} records of {shown.sources} folders"
    )
    if shown.has_backlog:
        title.append(", more to be read", style="yellow")
    if shown.tests:
        title.append(f"; {shown.tests_answered:,} of {shown.tests:,} test calls answered")
    for text, style in _warn(shown):
        title.append(f"\n{text}", style)
    return title


def _warn(shown: Shown) -> Iterator[tuple[str, str]]:
    """Yield what may be missing in all figures, with its style."""
    for each in shown.trouble:
        yield each, RED
    if shown.unsent_late:
        yield make_printable(shown.unsent_late), RED
    for count, what in (
        (shown.known, "had come before: a folder was copied, or put back"),
        (shown.missing, "never came"),
    ):
        if count:
            yield f"{count:,} records {what}", "yellow"


def _list_open(found: Collection[Found]) -> list[Text]:
    lines = [
        f"{each.finding.kind} of {each.finding.series}, since {render_time(each.finding.since_us)}"
        for each in list(found)[:OPEN_SHOWN_MAX]
    ]
    if more := len(found) - len(lines):
        lines.append(f"and {more:,} more; --json has all")
    return [Text(line, style="red") for line in lines]
