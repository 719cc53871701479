"""
A backup comes back: beside where it shall be, looked at, and then renamed there, journal last.

The journal is told that it came back, by whom and why. So its planner learns first which numbers
were given behind the backup (`change.restoring`). Where somebody has the file that is in force at
stations, that is adopted, with its orders.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.backup_file import Manifest, clear_scratch, read_backup, scratch_folder
from route112.adapters.source_folder import read_plain
from route112.apps.backup.examining import DamageError, examine, is_examined
from route112.apps.backup.places import (
    JOURNAL_FILE,
    KEPT,
    LISTS,
    PLANNER,
    SECRETS,
    WATCH,
    Places,
)
from route112.apps.planner.engine.adopting import take_apart
from route112.apps.planner.engine.journal_file import JournalFile
from route112.apps.planner.engine.shelf import Shelf
from route112.change import Generation, State, adopt
from route112.change.events import Event, Restored
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import TRUST_SIZE_MAX, TrustError, parse_trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What came back."""

    manifest: Manifest
    state: State
    """Of the planner, behind its journal."""
    adopted: int
    """Generation that was adopted; 0: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What is in force at stations, as somebody has its file."""

    path: Path
    trust: Path | None
    """Keys that may have signed it."""


def look_at(path: Path, passphrase: bytes | None, beside: Path) -> Manifest:
    """
    Look at a whole backup, and leave nothing.

    Keys are compared while they are read, and written nowhere; what has to be opened lies where
    it would come back, not where the backup is.

    Raises: BackupError, DamageError, OSError.
    """
    with read_backup(path, passphrase) as backup, _made(beside), _scratch(beside) as folder:
        backup.extract(folder, is_examined)
        _examine(folder, backup.manifest, is_examined)
        return backup.manifest


def bring_back(
    path: Path,
    passphrase: bytes | None,
    places: Places,
    restored: Restored,
    in_force: InForce | None,
) -> Returned:
    """
    Restore a backup into places that are empty.

    Raises: BackupError, DamageError, CandidateError, JournalError, OSError; nothing is where it
        should be then, or all but the planner's folder, which comes last.
    """
    beside = places.run_dir
    beside.mkdir(mode=0o700, parents=True, exist_ok=True)
    with read_backup(path, passphrase) as backup, _scratch(beside) as folder:
        backup.extract(folder)
        _examine(folder, backup.manifest)
        state, adopted = _tell_journal(folder / PLANNER, restored, in_force)
        _put_files(folder, places)
        _put_watch(folder / WATCH, places)
        places.planner.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / PLANNER).rename(places.planner)
        for each in (places.run_dir, places.planner.parent):
            _sync(each)
    return Returned(manifest=backup.manifest, state=state, adopted=adopted)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Have a folder be there; one that was not goes again."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield
    finally:
        with suppress(OSError):
            for each in missing:
                each.rmdir()


@contextmanager
def _scratch(beside: Path) -> Iterator[Path]:
    """Have a folder to unpack into; what a restore left that was killed goes."""
    clear_scratch(beside, ".restore-")
    with scratch_folder(beside, ".restore-") as folder:
        yield folder


def _examine(
    folder: Path, manifest: Manifest, is_there: Callable[[str], bool] = lambda _: True
) -> None:
    names = (piece.name for piece in manifest.pieces)
    journal = examine({name: folder / name for name in names if is_there(name)})
    found = (journal.end.number, journal.end.seal)
    if found != (manifest.journal_lines, manifest.journal_seal):
        raise DamageError("the journal does not end where the manifest says")


def list_believed(manifest: Manifest, places: Places) -> list[Path]:
    """List what came back that says who or what counts: revocations since are not in it."""
    names = {piece.name for piece in manifest.pieces}
    lists = [places.planner / name for name in LISTS if f"{PLANNER}/{name}" in names]
    kept = [places.files / Path(name).name for name in names if name.startswith(f"{KEPT}/")]
    return lists + sorted(filter(_is_trust_list, kept))


def _is_trust_list(path: Path) -> bool:
    try:
        parse_trust(read_plain(path, TRUST_SIZE_MAX))
    except (TrustError, OSError):
        return False
    return True


def _tell_journal(
    planner: Path, restored: Restored, in_force: InForce | None
) -> tuple[State, int]:
    journal = JournalFile(planner / JOURNAL_FILE)
    try:
        before = journal.state
        events = adopt(before, restored)
        if in_force is not None:
            shelf = Shelf(planner, in_force.trust)
            snapshot = shelf.keep_candidate(in_force.path, now=UtcTime(restored.at_us))
            shelf.offer_candidate(snapshot.content_hash)
            events = _adopt(before, restored, shelf, snapshot)
        state = journal.append(events)
    finally:
        journal.close()
    return state, state.last_number if state.last_number > before.last_number else 0


def _adopt(
    state: State, restored: Restored, shelf: Shelf, snapshot: Snapshot
) -> tuple[Event, ...]:
    """Take its plan for the candidate, and its orders for those given, but for the plan's own."""
    candidate, given = take_apart(shelf, state, snapshot, restored.at_us)
    generation = Generation(
        number=snapshot.generation,
        candidate=candidate,
        orders=(),
        parent=0,
        content_hash=snapshot.content_hash,
        size=snapshot.size,
    )
    orders = {key: order for key, order in given.items() if restored.at_us < order.expires}
    return adopt(state, restored, generation, orders)


def _put_files(folder: Path, places: Places) -> None:
    """Files that stand elsewhere come back into one folder; whoever uses them knows where."""
    found = [path for root in (KEPT, SECRETS) for path in sorted((folder / root).glob("*"))]
    if found:
        places.files.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in found:
        path.rename(places.files / path.name)


def _put_watch(folder: Path, places: Places) -> None:
    for target in places.list_watch():
        source = folder / target.name
        if source.exists():
            source.rename(target)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
