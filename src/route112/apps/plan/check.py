"""`route112 plan check`: look at a source folder, or at a snapshot, and write nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_REFUSED, echo_json, echo_problems, fail
from route112.apps.plan.build import list_files, print_sources
from route112.apps.plan.options import (
    all_problems_option,
    cache_options,
    json_option,
    open_snapshot,
)
from route112.apps.plan.sources import check_sources, choose_cache
from route112.model import Problem, Severity, UtcTime
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot
from route112.wire.problems import make_problem

EPILOG = """\b
Examples:
  route112 plan check var/fr            a source folder: every check of a build, no file written
  route112 plan check fr.r112           a snapshot: whole, complete, in its period of validity

\b
Exit codes: 0 no error (warnings are shown), 1 errors, 2 cannot run.
Signatures are looked at by `route112 plan verify`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What was typed after `plan check`."""

    path: Path
    cache_folder: Path | None
    no_cache: bool
    as_json: bool
    all_problems: bool


@click.command(epilog=EPILOG)
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE|SRC")
@cache_options
@json_option
@all_problems_option
def check(**options: Any) -> None:  # noqa: ANN401
    """Check the snapshot FILE or the source folder SRC, and write nothing."""
    chosen = CheckOptions(**options)
    if not chosen.path.exists():
        fail(f"{chosen.path} does not exist", "Name a snapshot or a source folder")
    problems = _check_folder(chosen) if chosen.path.is_dir() else _check_file(chosen)
    if any(problem.severity == Severity.ERROR for problem in problems):
        raise click.exceptions.Exit(EXIT_REFUSED)


def _check_folder(options: CheckOptions) -> tuple[Problem, ...]:
    cache = choose_cache(options.cache_folder, off=options.no_cache)
    checked = check_sources(options.path, cache=cache)
    if options.as_json:
        echo_json({"files": list_files(checked.files), "problems": checked.problems})
    else:
        print_sources(checked, show_all=options.all_problems)
        if not checked.refused:
            click.echo(f"{options.path} can be built: route112 plan build {options.path} -o FILE")
    return checked.problems


def _check_file(options: CheckOptions) -> tuple[Problem, ...]:
    snapshot = open_snapshot(options.path)
    problems = tuple(check_snapshot(snapshot, file=str(options.path), now=utc_now()))
    if options.as_json:
        echo_json({"generation": snapshot.generation, "problems": problems})
    else:
        echo_problems(problems, show_all=options.all_problems)
        keys = snapshot.communes_count * len(snapshot.short_numbers)
        click.echo(f"{options.path}: generation {snapshot.generation}, {keys:,} keys looked at")
    return problems


def check_snapshot(snapshot: Snapshot, *, file: str, now: UtcTime) -> Iterator[Problem]:
    """Yield what a site would meet in a snapshot that opens; `now` is for validity and orders."""
    width = len(snapshot.short_numbers)
    empty = sum(
        snapshot.route_index(commune, number) == NONE
        for commune in range(snapshot.communes_count)
        for number in range(width)
    )
    if empty:
        yield make_problem(
            Severity.ERROR,
            "unresolved-key",
            f"{empty:,} keys have no route and would go to a default",
            "Build the snapshot again from its sources",
            file=file,
        )
    if now >= snapshot.valid_until:
        yield make_problem(
            Severity.WARNING,
            "validity-over",
            "its period of validity is over; sites route by it and mark each call degraded",
            "Build and activate the edition in force",
            file=file,
        )
    elif now < snapshot.valid_from:
        yield make_problem(
            Severity.WARNING,
            "validity-ahead",
            "its period of validity has not begun",
            "Activate it on its day",
            file=file,
        )
    if snapshot.signature is None:
        yield make_problem(
            Severity.WARNING,
            "unsigned",
            "it is not signed, so that sites refuse it",
            "Sign it with `route112 plan sign`",
            file=file,
        )
    for order in snapshot.orders:
        if order.expires <= now:
            yield make_problem(
                Severity.WARNING,
                "override-expired",
                f"the order {order.id!r} of {order.author} is over and does nothing",
                "Remove it from overrides/ before the next build",
                file=file,
                value=order.id,
            )
