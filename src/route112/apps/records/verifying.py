"""`route112 records verify`: whether what a site wrote down is still what it wrote."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import click

from route112.adapters.record_spool import Folder, Verified, verify_folder
from route112.adapters.record_spool.segments import list_segments
from route112.apps._console import EXIT_REFUSED, echo_json, fail, print_table, progress
from route112.apps.records.show import NONE, clean, render_time

FOLDER = click.Path(path_type=Path, file_okay=False)
PROGRESS_SEGMENTS_MIN = 50
"""Fewer are verified before anybody wonders."""
FLAWS_SHOWN_MAX = 100
"""Printed for people of one folder; `--json` has all."""
COLUMNS = (
    "writer",
    "segments",
    "records",
    "sequences",
    "first (UTC)",
    "last (UTC)",
    "gaps",
    "broken links",
    "altered",
    "damaged",
)


@click.command(
    epilog="""\b
Examples:
  route112 records verify var/site-1/records
  route112 records verify var/*/records --json

\b
Segments hold each other by a chain of hashes, recorder.state holds the newest one. Damaged records
were torn when they were written, by a kill or a full disk; they are nobody's doing. What is not
sealed yet is protected by nothing. A chain is no signature: keep the newest seal elsewhere.

\b
Exit codes: 0 intact; 1 something is wrong; 2 cannot read."""
)
@click.argument("directories", metavar="DIR...", type=FOLDER, nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def verify(directories: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell whether sealed records are missing or were altered, and which."""
    found = _verify([_find_folder(directory) for directory in directories])
    if as_json:
        echo_json(found)
    else:
        for each in found:
            _echo(each)
        _echo_sum(found)
    if not all(each.is_intact for each in found):
        raise SystemExit(EXIT_REFUSED)


def _find_folder(directory: Path) -> Folder:
    """Return the records folder that a directory is or holds, whatever is left of it."""
    folders = [Folder(path) for path in (directory, directory / "records")]
    found = next((folder for folder in folders if _is_used(folder)), None)
    if found is None:
        fail(
            f"{directory} is no records folder, or cannot be read",
            "Name the `records` folder in the run directory of a site",
        )
    return found


def _is_used(folder: Folder) -> bool:
    return folder.segments.is_dir() or folder.state.exists() or folder.raw.exists()


def _verify(folders: Sequence[Folder]) -> list[Verified]:
    total = sum(len(list_segments(folder.segments)) for folder in folders)
    shown = progress("verify", total) if total >= PROGRESS_SEGMENTS_MIN else nullcontext(_pass)
    found = []
    with shown as advance:
        for folder in folders:
            try:
                found.append(verify_folder(folder.path, advance))
            except OSError as error:
                fail(
                    f"{error.filename or folder.path} cannot be read: {error.strerror}",
                    "Read it as the user of the site",
                )
    return found


def _pass(_label: str = "", _steps: int = 1, /) -> None:
    """Show nothing."""


def _echo(found: Verified) -> None:
    rows = [
        (
            tally.writer,
            tally.segments,
            tally.records,
            f"{tally.first}-{tally.last}",
            render_time(tally.begin_us) if tally.begin_us else NONE,
            render_time(tally.finish_us) if tally.finish_us else NONE,
            tally.gaps,
            tally.broken_links,
            tally.altered,
            tally.damaged,
        )
        for tally in found.writers
    ]
    if rows:
        print_table(found.folder, COLUMNS, rows)
    else:
        click.echo(f"{found.folder}\nno segments")
    for note in found.notes:
        click.echo(f"  {note}")
    if found.seal:
        click.echo(f"  newest seal: segment {found.number} {found.seal}")
    for flaw in found.flaws[:FLAWS_SHOWN_MAX]:
        at = f", record {flaw.sequence:,}" if flaw.sequence else ""
        click.echo(f"  WRONG {flaw.kind}: {clean(flaw.file)}{at}: {clean(flaw.text)}")
        click.echo(f"    {flaw.next}")
    if (more := len(found.flaws) - FLAWS_SHOWN_MAX) > 0:
        click.echo(f"  ... and {more:,} more; --json has them all")
    click.echo()


def _echo_sum(found: Sequence[Verified]) -> None:
    wrong = [each for each in found if not each.is_intact]
    segments, records = (
        sum(getattr(each, name) for each in found) for name in ("segments", "records")
    )
    what = f"{len(found):,} folders, {segments:,} segments, {records:,} records"
    if wrong:
        click.echo(f"something is wrong in {len(wrong):,} of {what}")
    else:
        click.echo(f"intact: {what}")
