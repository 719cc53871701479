"""`route112 restore`: what a person types."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from route112.adapters.backup_file import BackupError, Manifest
from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_REFUSED, echo_json, fail
from route112.apps._signals import Leaving
from route112.apps.backup.examining import DamageError
from route112.apps.backup.options import (
    get_passphrase,
    make_places,
    passphrase_option,
    place_options,
)
from route112.apps.backup.places import Places
from route112.apps.backup.returning import InForce, Returned, bring_back, list_believed, look_at
from route112.apps.commanding.times import show_instant
from route112.apps.plan.options import FILE, FOLDER, json_option
from route112.apps.planner.engine import CandidateError, JournalError
from route112.apps.records.audit import name_reader
from route112.apps.watch.keeping import is_locked
from route112.change.events import Restored

REASON_CHARS_MAX = 500
EPILOG = """\b
Examples:
  route112 restore route112-20261123T120000Z.backup --check --passphrase-file backup.pass
  route112 restore route112-20261123T120000Z.backup --run-dir var/country \\
      --passphrase-file backup.pass --reason "disk of the planner failed" \\
      --in-force var/country/plans/site-1.r112 --trust trust.json

\b
Planner and watch are stopped meanwhile, and their places are empty; stations go on. What was given
out behind the backup the planner does not know: it learns from stations where the count goes on
before it gives a number. --in-force names the snapshot that stations have now, so that its plan
and orders count; without it a station that has a later one is held, and no order gets there, until
`route112 change adopt`. Exit codes: 0 restored, 1 the
backup is damaged or refused, 2 cannot run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was typed after `restore`."""

    backup_file: Path
    run_dir: Path
    folder: Path | None
    files: Path | None
    in_force: Path | None
    trust: Path | None
    reason: str
    check: bool
    passphrase_file: Path | None
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("backup_file", metavar="BACKUP", type=FILE)
@place_options
@click.option(
    "--files", type=FOLDER, help="For keys and other files.  [default: restored in --run-dir]"
)
@click.option("--in-force", type=FILE, help="A later snapshot that stations have in force.")
@click.option("--trust", type=FILE, help="Trust list that --in-force must be signed by.")
@click.option("--reason", default="", help="Why; it stands in the journal.")
@click.option("--check", is_flag=True, help="Only look whether it could be restored.")
@passphrase_option
@json_option
def restore(**typed: Any) -> None:  # noqa: ANN401
    """Bring back what `backup` wrote, into empty places, whole or not at all."""
    options = Options(**typed)
    if not options.check and not 0 < len(options.reason.strip()) <= REASON_CHARS_MAX:
        fail("a restore has a reason", f"Give --reason, {REASON_CHARS_MAX} characters at most")
    if options.trust is not None and options.in_force is None:
        fail("--trust without --in-force", "Leave it out")
    passphrase = get_passphrase(options.passphrase_file)
    with Leaving():
        _act(options, passphrase)


def _act(options: Options, passphrase: bytes | None) -> None:
    try:
        if options.check:
            manifest = look_at(options.backup_file, passphrase, options.run_dir)
            _tell_checked(manifest, options)
        else:
            _restore(options, passphrase)
    except BackupError as error:
        fail(error.message, error.remedy, code=EXIT_REFUSED)
    except (DamageError, JournalError) as error:
        remedy = "Take the backup before it, and restore the newest that is whole"
        fail(f"the backup is damaged: {error}", remedy, code=EXIT_REFUSED)
    except CandidateError as error:
        remedy = "Take the file from another station, or restore without it"
        fail(f"--in-force is refused: {error}", remedy, code=EXIT_REFUSED)
    except OSError as error:
        fail(
            f"{error.filename or options.backup_file}: {error.strerror}",
            "Check the name, the room and the user; all places have to be on one file system",
        )


def _restore(options: Options, passphrase: bytes | None) -> None:
    places = make_places(options.run_dir, options.folder, options.files)
    _check_places(places)
    author = str(name_reader()["user"])
    restored = Restored(at_us=utc_now(), author=author, reason=options.reason.strip())
    later = None
    if options.in_force is not None:
        later = InForce(path=options.in_force, trust=options.trust)
    returned = bring_back(options.backup_file, passphrase, places, restored, later)
    _tell(returned, places, as_json=options.as_json)


def _check_places(places: Places) -> None:
    if is_locked(places.watch):
        fail(f"a watch runs in {places.run_dir}", "Stop it first; it follows records afterwards")
    if (taken := places.find_taken()) is not None:
        logs = [path for path in places.list_logs() if path.exists()]
        what = "it"
        if taken in logs:
            # Without its log a list has lost its last lines, and another list would get them.
            what = ", ".join(path.name for path in (places.watch.store, *logs)) + " together"
        fail(
            f"{taken} is there: a backup is restored into empty places",
            f"Move {what} aside, and keep it: it may know more than the backup",
        )


def _tell_checked(manifest: Manifest, options: Options) -> None:
    path = options.backup_file
    if options.as_json:
        echo_json({"file": str(path), "restorable": True, "manifest": manifest})
        return
    made = show_instant(manifest.made_us, utc_now())
    click.echo(
        f"{path}: whole; of {made}, {manifest.host}, route112 {manifest.software}, "
        f"g{manifest.generation}, {manifest.journal_lines} lines of journal"
    )
    for piece in manifest.pieces:
        click.echo(f"  {piece.size:>12,}  {piece.name}")


def _tell(returned: Returned, places: Places, *, as_json: bool) -> None:
    manifest, state = returned.manifest, returned.state
    believed = list_believed(manifest, places)
    if as_json:
        echo_json(
            {
                "manifest": manifest,
                "generation": state.last_number,
                "adopted": returned.adopted,
                "orders": sorted(state.orders),
                "compare": [str(path) for path in believed],
                "planner": str(places.planner),
                "watch": str(places.run_dir),
                "files": str(places.files) if places.files.exists() else "",
            }
        )
        return
    made = show_instant(manifest.made_us, utc_now())
    click.echo(f"restored what was there at {made}: g{manifest.generation}")
    click.echo(f"  planner: {places.planner}, {len(state.orders)} orders in force")
    if returned.adopted:
        click.echo(f"  g{returned.adopted} is adopted: all stations shall have it")
    else:
        click.echo(
            "  a station that has a later snapshot than this is held, and gets no order: name its "
            "file with --in-force now, or type `route112 change adopt FILE` afterwards"
        )
    if places.files.exists():
        click.echo(f"  keys and other files: {places.files}; put them where they are used")
    for path in believed:
        click.echo(f"  {path}: as it was at {made}; who or what was revoked since counts again")
    if believed:
        click.echo("  compare these with what is in force elsewhere before you start the planner")
    click.echo("  start planner and watch: the next generation is above all that stations have")
