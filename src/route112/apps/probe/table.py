"""Paths with what their latest test calls showed, and how soon a failure could show at all."""

from collections.abc import Iterator

import click

from route112.apps._console import print_table
from route112.apps.country_run.table import show_age
from route112.apps.probe.keeping import US_PER_S, Kept, Latest
from route112.watch.probing.watching import FAILED_MIN

ROWS_MAX = 200
"""Rows shown; those that failed come first."""
SHOWN_MAX = 5
"""Gateways named that are not tested."""
COLUMNS = ("edge", "site", "trunk", "last", "age", "ring ms", "audio", "pace", "floor")


def echo_table(kept: Kept, *, now_us: int) -> None:
    """Print all of it for people."""
    ranked = sorted(kept.paths, key=lambda each: (_rank(each), each.path))
    rows = [_make_row(each, now_us=now_us) for each in ranked[:ROWS_MAX]]
    print_table("", COLUMNS, rows)
    if more := len(ranked) - len(rows):
        click.echo(f"... and {more:,} more; --json gives them all")
    for line in describe(kept):
        click.echo(line)


def describe(kept: Kept) -> Iterator[str]:
    """Say how often paths are tested, and which are not."""
    yield (
        f"{len(kept.paths):,} paths, {kept.calls_per_s:.2g} test calls a second "
        f"(at most {kept.calls_per_s_max:g}): over a gateway every {kept.loop_s:.3g} s, "
        f"an IP responder every {kept.responder_s / 60:.3g} min over one path after the other"
    )
    yield (
        f"a link that breaks shows: edge and site after {_show_floor(kept.link_floor_s)}, "
        f"site and trunk after {_show_floor(kept.trunk_floor_s)} at most"
    )
    if kept.untested:
        names = ", ".join(kept.untested[:SHOWN_MAX])
        more = len(kept.untested) - SHOWN_MAX
        yield f"not tested, no loop number: {names}" + (f" and {more:,} more" if more > 0 else "")


def _rank(latest: Latest) -> int:
    return 2 if not latest.said else int(latest.said == "well")


def _make_row(latest: Latest, *, now_us: int) -> tuple[object, ...]:
    audio = {"both": "both ways", "heard": "heard", "none": "NONE"}.get(latest.audio, "-")
    return (
        latest.edge,
        latest.site,
        latest.hop,
        _show_said(latest),
        show_age(now_us - latest.at_us) if latest.said else "-",
        "-" if latest.ring_ms is None else str(latest.ring_ms),
        f"{audio} {latest.heard}/{latest.sent}" if latest.audio else "-",
        show_age(int(latest.every_s * US_PER_S)),
        show_age(int(FAILED_MIN * latest.every_s * US_PER_S)),
    )


def _show_floor(seconds: float) -> str:
    return show_age(int(seconds * US_PER_S))


def _show_said(latest: Latest) -> str:
    if latest.said in ("", "well", "busy"):
        return latest.said or "-"
    if latest.said == "audio":
        return "FAILED: answered without audio"
    return f"FAILED at {latest.said}"
