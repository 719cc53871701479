"""`route112 plan build`: a source folder becomes a snapshot, or a list of problems."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from route112.adapters.atomic_file import write_atomically
from route112.adapters.source_folder import read_plain
from route112.apps._console import (
    EXIT_REFUSED,
    count_severities,
    echo_json,
    echo_problems,
    fail,
    own_name,
    print_table,
)
from route112.apps.plan.diff import compare_now, exceeds, print_impact, say_gate
from route112.apps.plan.options import (
    FILE,
    FOLDER,
    accept_impact_option,
    all_problems_option,
    cache_options,
    impact_max_option,
    json_option,
    open_snapshot,
)
from route112.apps.plan.sources import CheckedSources, check_sources, choose_cache
from route112.model import PlanFile, Severity
from route112.planning import Impact, make_candidate
from route112.planning.candidate import Lineage
from route112.planning.resolve import CELLS_PER_ROW
from route112.snapshot.content import SnapshotContent
from route112.snapshot.layout import MAGIC
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

FILES_SHOWN_MAX = 20
"""Files with problems that the summary lists by name."""
GENERATION_MAX = 2**63 - 1
"""Highest number that the format holds for all readers."""

BUILD_EPILOG = """\b
Examples:
  route112 plan build var/fr -o fr.r112
  route112 plan build var/fr -o fr-2.r112 --parent fr.r112
  route112 plan build var/fr -o fr-2.r112 --parent fr.r112 --accept-impact

\b
Nothing is written on any error (exit 1), or when more of the population than --impact-max
changes against --parent. A snapshot is replaced by one that names it as --parent, or by --force.
The same sources give the same bytes. Next: `route112 plan sign`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What was typed after `plan build`."""

    src: Path
    output: Path
    parent: Path | None
    generation: int | None
    force: bool
    accept_impact: bool
    impact_max: float
    cache_folder: Path | None
    no_cache: bool
    as_json: bool
    all_problems: bool


@click.command(epilog=BUILD_EPILOG)
@click.argument("src", type=FOLDER)
@click.option("-o", "--output", type=FILE, required=True, help="Snapshot to write.")
@click.option("--parent", type=FILE, help="Snapshot that this one follows; compared with it.")
@click.option(
    "--generation",
    type=click.IntRange(min=1, max=GENERATION_MAX),
    help="Number of the snapshot  [default: 1, or one above the parent's]",
)
@click.option("--force", is_flag=True, help="Replace a snapshot without naming it as --parent.")
@accept_impact_option
@impact_max_option
@cache_options
@json_option
@all_problems_option
def build(**options: Any) -> None:  # noqa: ANN401
    """Check the source folder SRC and write it as one snapshot."""
    run_build(BuildOptions(**options))


def run_build(options: BuildOptions) -> None:
    """Check, compare, and write; end with exit code 1 where something refuses it."""
    parent = open_snapshot(options.parent) if options.parent else None
    lineage = _choose_lineage(parent, options.generation)
    if not options.output.parent.is_dir():
        folder = options.output.parent
        fail(f"{folder} is not a folder", f"Make it first: mkdir -p {folder}")
    if parent is None and not options.force:
        _keep_snapshot(options.output)
    cache = choose_cache(options.cache_folder, off=options.no_cache)
    checked = check_sources(options.src, cache=cache)
    snapshot = None
    if checked.subject and not checked.refused:
        content = make_candidate(
            checked.subject.plan,
            checked.subject.resolution,
            timezones=checked.subject.timezones,
            lineage=lineage,
        )
        snapshot = _render(content)
    impact = compare_now(parent, Snapshot(snapshot)) if parent and snapshot else None
    held = impact is not None and exceeds(impact, options.impact_max) and not options.accept_impact
    if snapshot and not held:
        _write(options.output, snapshot)
    report = _Report(checked, snapshot=snapshot, impact=impact, held=held)
    try:
        (report.echo_json if options.as_json else report.print)(options)
    except OSError as error:
        if isinstance(error, BrokenPipeError) or held or snapshot is None:
            raise
        text = f"{options.output} was written, but the report could not be printed"
        fail(f"{text}: {error.strerror}", f"See it with `route112 plan stats {options.output}`")
    if held or snapshot is None:
        raise click.exceptions.Exit(EXIT_REFUSED)


def _keep_snapshot(path: Path) -> None:
    """Refuse to replace a snapshot by an unsigned one that does not follow it."""
    try:
        known = read_plain(path, len(MAGIC)).startswith(MAGIC)
    except OSError:
        return  # nothing there; whether it can be written is told in its time
    if known:
        fail(
            f"{path} is a snapshot already, which this build would replace without following it",
            f"Build its successor with --parent {path}, or replace it with --force",
        )


def _render(content: SnapshotContent) -> bytes:
    try:
        return write_snapshot(content)
    except ValueError as error:
        remedy = "docs/formats/snapshot.md has the limits of the format; shorten what exceeds them"
        fail(f"the plan cannot be a snapshot: {error}", remedy, code=EXIT_REFUSED)


def _choose_lineage(parent: Snapshot | None, generation: int | None) -> Lineage:
    if parent is None:
        return Lineage(generation=generation or 1)
    if parent.generation >= GENERATION_MAX:
        fail(
            f"no generation can follow the parent's {parent.generation}",
            "Find out who gave it this number; a first snapshot needs no --parent",
        )
    if generation is not None and generation <= parent.generation:
        fail(
            f"generation {generation} does not follow the parent's {parent.generation}",
            f"Leave --generation out, or give {parent.generation + 1} or more",
        )
    return Lineage(generation=generation or parent.generation + 1, parent=parent.content_hash)


def _write(path: Path, snapshot: bytes) -> None:
    try:
        write_atomically(path, snapshot)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}", "Name another file with -o")


@dataclass(frozen=True, slots=True)
class _Report:
    """What a build did, for people or for machines."""

    checked: CheckedSources
    snapshot: bytes | None
    impact: Impact | None
    held: bool

    def echo_json(self, options: BuildOptions) -> None:
        """Print everything as JSON."""
        opened = Snapshot(self.snapshot) if self.snapshot else None
        echo_json(
            {
                "written": None if opened is None or self.held else str(options.output),
                "generation": opened.generation if opened else None,
                "content_hash": opened.content_hash if opened else None,
                "files": list_files(self.checked.files),
                "parsed": self.checked.parsed,
                "impact": self.impact,
                "problems": self.checked.problems,
            }
        )

    def print(self, options: BuildOptions) -> None:
        """Print tables, problems, and what to do next."""
        print_sources(self.checked, show_all=options.all_problems)
        if self.impact:
            print_impact(self.impact)
        if self.snapshot is None:
            fail(
                "nothing was written: the sources have errors",
                "Mend the errors above and build again",
                code=EXIT_REFUSED,
            )
        if self.impact and self.held:
            say_gate(self.impact, options.impact_max)
        opened = Snapshot(self.snapshot)
        click.echo(
            f"{options.output}: generation {opened.generation}, {len(self.snapshot):,} bytes, "
            f"content {opened.content_hash[:16]}"
        )
        click.echo(f"Next: {own_name()} plan sign {options.output}")


def print_sources(checked: CheckedSources, *, show_all: bool) -> None:
    """Print what was read, file by format, the files that have problems, then the problems."""
    formats: dict[str, list[PlanFile]] = {}
    for file in checked.files:
        formats.setdefault(Path(file.file).suffix.lstrip(".").lower(), []).append(file)
    columns = ("files", "rows", "repairs", "warnings", "errors")
    rows = [(name, len(files), *_count(files)) for name, files in sorted(formats.items())]
    if len(rows) > 1:
        rows.append(("all", len(checked.files), *_count(checked.files)))
    print_table("Plans by format", ("format", *columns), rows)
    wrong = [file for file in checked.files if file.problems]
    wrong.sort(key=lambda file: _count([file])[:0:-1], reverse=True)
    shown = wrong if show_all else wrong[:FILES_SHOWN_MAX]
    if shown:
        title = f"Plans with problems ({len(shown)} of {len(wrong)})"
        print_table(title, ("file", *columns[1:]), [(f.file, *_count([f])) for f in shown])
    totals = count_severities(checked.problems)
    click.echo(
        f"{checked.parsed} of {len(checked.files)} plans parsed, the others unchanged; in all "
        + ", ".join(f"{count:,} {severity}s" for severity, count in totals.items())
    )
    echo_problems(checked.problems, show_all=show_all)


def _count(files: Sequence[PlanFile]) -> tuple[int, int, int, int]:
    """Count rows, repairs, warnings and errors."""
    found = count_severities([problem for file in files for problem in file.problems])
    rows = sum(len(file.cells) // CELLS_PER_ROW for file in files)
    return rows, found[Severity.REPAIR], found[Severity.WARNING], found[Severity.ERROR]


def list_files(files: Sequence[PlanFile]) -> list[dict[str, object]]:
    """Return what `--json` says of each file."""
    keys = ("rows", "repairs", "warnings", "errors")
    return [
        {
            "file": file.file,
            "sha256": file.sha256,
            "departement": file.departement,
            "refused": file.refused,
            **dict(zip(keys, _count([file]), strict=True)),
        }
        for file in files
    ]
