"""`route112 backup`: what a person types."""

import datetime as dt
import platform
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from route112 import __version__
from route112.adapters.backup_file import (
    MANIFEST_VERSION,
    BackupError,
    Manifest,
    clear_scratch,
    hash_file,
    scratch_folder,
    write_backup,
)
from route112.adapters.clock import utc_now
from route112.adapters.watch_store import StoreError
from route112.apps._console import EXIT_REFUSED, echo_json, fail
from route112.apps._signals import Leaving
from route112.apps.backup.examining import DamageError, examine
from route112.apps.backup.gathering import Gathered, GatherError, Wanted, check_room, gather
from route112.apps.backup.options import (
    get_passphrase,
    make_places,
    passphrase_option,
    place_options,
)
from route112.apps.backup.places import WATCH
from route112.apps.plan.options import FILE, json_option
from route112.apps.planner.engine.shelf import BACKUP_PREFIX

NAME = "route112-%Y%m%dT%H%M%SZ.backup"
"""Of a backup in a folder, by the time at which it was made."""
EPILOG = """\b
Examples:
  route112 backup backups/ --run-dir var/country --passphrase-file backup.pass \\
      --keep trust.json --keep fr/profile.yaml --secret planner.key
  route112 backup plan-only.backup --without-watch --unsealed

\b
TARGET is a new file, or a folder that gets one named by the time. In it: the planner's journal
(plans, changes, orders, their history), its audit log, who may command, the snapshots in use; the
call-back list and alarms of watch with the keys of its pseudonyms; and the files that are named.
Planner and watch may run meanwhile. docs/backup.md says what is not in it. Exit codes: 0 written
and read again, 1 what is there is damaged, 2 cannot run."""
TARGET = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was typed after `backup`."""

    target: Path
    run_dir: Path
    folder: Path | None
    keep: tuple[Path, ...]
    secret: tuple[Path, ...]
    without_watch: bool
    passphrase_file: Path | None
    unsealed: bool
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("target", type=TARGET)
@place_options
@click.option("--keep", type=FILE, multiple=True, help="A file beside; may be repeated.")
@click.option("--secret", type=FILE, multiple=True, help="The same, for a private key.")
@click.option("--without-watch", is_flag=True, help="Leave out who has to be called back.")
@passphrase_option
@click.option(
    "--unsealed", is_flag=True, help="Write it so that whoever has the file can read it."
)
@json_option
def backup(**typed: Any) -> None:  # noqa: ANN401
    """Write all that a planner and a watch know into one file."""
    with Leaving():
        _back_up(Options(**typed))


def _back_up(options: Options) -> None:
    places = make_places(options.run_dir, options.folder)
    with_watch = not options.without_watch and places.watch.store.exists()
    passphrase = get_passphrase(options.passphrase_file)
    has_secrets = with_watch or bool(options.secret)
    _check_seal(passphrase, unsealed=options.unsealed, has_secrets=has_secrets)
    path = _name_target(options.target)
    wanted = Wanted(
        places=places, with_watch=with_watch, kept=options.keep, secrets=options.secret
    )
    try:
        # Where the originals are: a copy of them must not lie where it is less safe.
        clear_scratch(places.planner, BACKUP_PREFIX)
        with scratch_folder(places.planner, BACKUP_PREFIX) as staging:
            gathered = gather(wanted, staging)
            manifest = _describe(gathered)
            if path.parent.stat().st_dev == places.planner.stat().st_dev:
                check_room(path.parent, sum(piece.size for piece in manifest.pieces))
            write_backup(path, manifest, gathered.files, passphrase)
    except GatherError as error:
        fail(error.message, error.remedy, code=EXIT_REFUSED)
    except (DamageError, StoreError, sqlite3.Error) as error:
        _refuse(error)
    except BackupError as error:
        fail(error.message, error.remedy)
    except OSError as error:
        fail(
            f"{error.filename or path}: {error.strerror}", "Check the name, the room and the user"
        )
    _tell(path, manifest, is_sealed=passphrase is not None, as_json=options.as_json)


def _check_seal(passphrase: bytes | None, *, unsealed: bool, has_secrets: bool) -> None:
    if passphrase is not None and unsealed:
        fail("--passphrase-file and --unsealed", "Give one of them")
    if passphrase is None and has_secrets and not unsealed:
        fail(
            "callers' numbers or private keys would be in it for whoever has the file",
            "Give --passphrase-file; or say --unsealed, and keep the file like a key",
        )


def _name_target(target: Path) -> Path:
    """Return the file, or end the command where it would lie open."""
    parent = target if target.is_dir() else target.parent
    try:
        mode = parent.stat().st_mode
    except OSError as error:
        fail(f"{parent}: {error.strerror}", "Name a folder that is there")
    if mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX:
        fail(f"others may write into {parent}", f"Name another folder, or chmod go-w {parent}")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        fail(f"{target} exists already", "Choose another name; a backup is never overwritten")
    if target.is_dir():
        return target / dt.datetime.fromtimestamp(utc_now() / 1e6, dt.UTC).strftime(NAME)
    return target


def _describe(gathered: Gathered) -> Manifest:
    journal = examine(gathered.files)
    return Manifest(
        version=MANIFEST_VERSION,
        made_us=utc_now(),
        software=__version__,
        host=platform.node(),
        generation=gathered.state.last_number,
        journal_lines=journal.end.number,
        journal_seal=journal.end.seal,
        pieces=tuple(hash_file(name, path) for name, path in gathered.files.items()),
    )


def _refuse(error: Exception) -> NoReturn:
    fail(
        f"what is there is damaged: {error}",
        "Keep it as it is, and look at the backup before; this one would be of no use",
        code=EXIT_REFUSED,
    )


def _tell(path: Path, manifest: Manifest, *, is_sealed: bool, as_json: bool) -> None:
    size = sum(piece.size for piece in manifest.pieces)
    has_watch = any(piece.name.startswith(f"{WATCH}/") for piece in manifest.pieces)
    if as_json:
        echo_json(
            {"file": str(path), "sealed": is_sealed, "watch": has_watch, "manifest": manifest}
        )
        return
    click.echo(
        f"{path}: {len(manifest.pieces)} files, {size:,} bytes, g{manifest.generation}, "
        f"{manifest.journal_lines} lines of journal, {'sealed' if is_sealed else 'not sealed'}; "
        "read again"
    )
    if not has_watch:
        click.echo("  the call-back list is not in it", err=True)
