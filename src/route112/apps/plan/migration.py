"""`route112 plan migration`: how far the move of lines from the switched network to IP is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from route112.apps._console import EXIT_REFUSED, echo_json, fail, print_table
from route112.apps.plan.options import cache_options, json_option, open_snapshot
from route112.apps.plan.sources import check_sources, choose_cache
from route112.model import LineTable
from route112.planning import make_candidate
from route112.planning.candidate import Lineage
from route112.planning.migration import (
    Calling,
    CallingProgress,
    Joint,
    Migration,
    Progress,
    report_migration,
    with_calling,
)
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

STEPS_SHOWN_MAX = 15
"""Answering points that the table names as next; `--json` has all."""
PSAPS_NAMED_MAX = 4
"""Answering points that a row names before it counts the rest."""
ROWS_SHOWN_MAX = 15
"""Departements with calling lines, and days on which some move, that the tables show."""
NO_KIND = "not said"
COLUMNS = (
    *("rtc", "moving", "ip"),
    *("behind rtc", "behind moving", "behind ip"),
    *("one joint", "behind it"),
)

EPILOG = """\b
Examples:
  route112 plan migration fr.r112             a snapshot
  route112 plan migration var/fr              a source folder, before anything is built
  route112 plan migration fr.r112 --json      every answering point that is left to move

\b
One joint: all gateways that are tried for a line have one vendor or one carrier, and it has no way
by IP; see `one-gateway-vendor` in docs/problems.md. Inhabitants are those who reach the answering
points first; each is counted once in a figure, so that rows do not add up.

\b
Calling lines: rows of `operators/ID/lines.*`, a line or a range each. Their column `one joint`
counts those on RTC from which some number rings behind one joint: such a call crosses the
switched network twice. Only a source folder says how they are connected.

\b
Exit codes: 0 reported, 1 the sources have errors or the snapshot is refused, 2 cannot run."""


@click.command(epilog=EPILOG)
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE|SRC")
@cache_options
@json_option
def migration(path: Path, cache_folder: Path | None, *, no_cache: bool, as_json: bool) -> None:
    """Report how far the lines of a snapshot FILE or a folder SRC have moved from RTC to IP."""
    if not path.exists():
        fail(f"{path} does not exist", "Name a snapshot or a source folder")
    if path.is_dir():
        snapshot, tables = _build(path, choose_cache(cache_folder, off=no_cache))
    else:
        snapshot, tables = open_snapshot(path), {}
    report = report_migration(snapshot)
    if tables:
        report = with_calling(report, snapshot, tables)
    if as_json:
        echo_json(report)
    else:
        _print(report)
        _print_calling(report.calling)


def _build(folder: Path, cache: Path | None) -> tuple[Snapshot, Mapping[str, LineTable]]:
    checked = check_sources(folder, cache=cache)
    if checked.subject is None or checked.refused:
        fail(
            f"{folder} has errors, so that nobody can tell what its lines hang on",
            f"See them with `route112 plan check {folder}`",
            code=EXIT_REFUSED,
        )
    content = make_candidate(
        checked.subject.plan,
        checked.subject.resolution,
        timezones=checked.subject.timezones,
        lineage=Lineage(),
    )
    return Snapshot(write_snapshot(content)), checked.subject.plan.calling_lines


def _print(report: Migration) -> None:
    for what, progresses in (
        ("departement", report.departements),
        ("kind", report.kinds),
        ("carrier", report.carriers),
        ("country", (report.country,)),
    ):
        cells = [_list_cells(progress) for progress in progresses]
        print_table(f"Lines, and inhabitants behind them, by {what}", (what, *COLUMNS), cells)
    _print_joints(report.joints)
    steps = report.steps[:STEPS_SHOWN_MAX]
    if not steps:
        click.echo("No line is left on RTC alone.")
        return
    title = f"Move first ({len(steps)} of {len(report.steps):,} answering points on RTC alone)"
    columns = ("PSAP", "departement", "inhabitants", "lines", "hangs on")
    rows = [
        (step.psap, step.departement, step.inhabitants, step.lines, ", ".join(step.joints) or "-")
        for step in steps
    ]
    print_table(title, columns, rows)


def _list_cells(row: Progress) -> tuple[object, ...]:
    shares = (row.rtc, row.migration, row.ip)
    return (
        row.name,
        *(share.lines for share in shares),
        *(share.inhabitants for share in shares),
        *(row.on_one_joint.lines, row.on_one_joint.inhabitants),
    )


def _print_joints(joints: Sequence[Joint]) -> None:
    if not joints:
        click.echo("No line hangs on the gateways of one vendor or one carrier.")
        return
    columns = ("zone", "all gateways of", "inhabitants", "lines", "PSAPs", "such as")
    rows = [
        (
            joint.zone or "-",
            f"{joint.what} {joint.name}",
            joint.inhabitants,
            joint.lines,
            len(joint.psaps),
            ", ".join(joint.psaps[:PSAPS_NAMED_MAX]),
        )
        for joint in joints
    ]
    print_table("Who hangs on one joint", columns, rows)


def _print_calling(calling: Calling | None) -> None:
    if calling is None:
        click.echo("No source says how calling lines are connected.")
        return
    names = ("kind", "rtc", "ip", "with a day", "first", "last", "one joint")
    rows = [(row.operator, *_list_calling_cells(row)) for row in calling.operators]
    print_table("Calling lines and ranges, by operator", ("operator", *names), rows)
    left = sorted((row for row in calling.departements if row.rtc), key=_rank)
    if left:
        shown = left[:ROWS_SHOWN_MAX]
        title = (
            f"Calling lines left on RTC, enterprises first ({len(shown)} of {len(left):,} rows)"
        )
        cells = [(row.operator, row.departement, *_list_calling_cells(row)) for row in shown]
        print_table(title, ("operator", "departement", *names), cells)
    if calling.joints:
        print_table(
            "Calling lines on RTC that ring behind one joint",
            ("zone", "all gateways of", "lines", "of enterprises", "communes"),
            [
                (
                    row.zone or "-",
                    f"{row.what} {row.name}",
                    row.lines,
                    row.enterprises,
                    row.communes,
                )
                for row in calling.joints
            ],
        )
    if calling.moves:
        moves = calling.moves[:ROWS_SHOWN_MAX]
        print_table(
            f"Days on which calling lines move ({len(moves)} of {len(calling.moves):,})",
            ("day", "operator", "kind", "lines"),
            [(row.day, row.operator, row.kind or NO_KIND, row.lines) for row in moves],
        )


def _rank(row: CallingProgress) -> tuple[bool, int]:
    return row.kind != "enterprise", -row.rtc


def _list_calling_cells(row: CallingProgress) -> tuple[object, ...]:
    return (
        row.kind or NO_KIND,
        *(row.rtc, row.ip, row.dated),
        *(row.first or "-", row.last or "-"),
        row.on_one_joint,
    )
