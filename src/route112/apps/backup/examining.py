"""Whether what was taken, or came back, is whole: chains, snapshots, the store of watch."""

from collections.abc import Mapping
from pathlib import Path

from route112.access import parse_audit
from route112.adapters.chained_file import FILE_BYTES_MAX
from route112.adapters.source_folder import read_plain
from route112.adapters.watch_store import StoreError, check_store
from route112.apps.backup.places import AUDIT_FILE, JOURNAL_FILE, PLANNER, SHELVES, WATCH
from route112.apps.planner.engine.shelf import list_used
from route112.change import Journal, parse_journal, replay
from route112.snapshot.errors import SnapshotError
from route112.snapshot.layout import TOTAL_SIZE_MAX
from route112.snapshot.reader import Snapshot

_STORE = f"{WATCH}/watch.sqlite"


def is_examined(name: str) -> bool:
    """Tell whether `examine` opens a piece: no key, nor what somebody named."""
    return name == _STORE or name.startswith(f"{PLANNER}/")


class DamageError(Exception):
    """Something is not as its writer left it; says what."""


def examine(files: Mapping[str, Path]) -> Journal:
    """
    Look at all pieces of a backup, by their names; return the journal.

    Raises: DamageError, OSError.
    """
    journal = _examine_journal(files)
    audits = [name for name in files if name.startswith(f"{PLANNER}/audit")]
    if f"{PLANNER}/{AUDIT_FILE}" not in audits:
        raise DamageError("the audit log is not there")
    for name in audits:
        audit = parse_audit(read_plain(files[name], FILE_BYTES_MAX))
        if audit.flaw or audit.torn:
            raise DamageError(f"{name}: {audit.flaw or 'its last line is cut off'}")
    for shelf, used in zip(SHELVES, list_used(replay(journal.events)), strict=True):
        for content_hash in sorted(used):
            name = f"{PLANNER}/{shelf}/{content_hash}.r112"
            if name not in files:
                raise DamageError(f"the journal needs {name}, which is not there")
            _examine_snapshot(name, files[name], content_hash)
    if _STORE in files:
        try:
            check_store(files[_STORE])
        except StoreError as error:
            raise DamageError(str(error)) from error
    return journal


def _examine_journal(files: Mapping[str, Path]) -> Journal:
    name = f"{PLANNER}/{JOURNAL_FILE}"
    if name not in files:
        raise DamageError("the journal is not there")
    journal = parse_journal(read_plain(files[name], FILE_BYTES_MAX))
    if journal.flaw or journal.torn or not journal.events:
        what = journal.flaw or ("its last line is cut off" if journal.torn else "it is empty")
        raise DamageError(f"{name}: {what}")
    return journal


def _examine_snapshot(name: str, path: Path, content_hash: str) -> None:
    try:
        snapshot = Snapshot(read_plain(path, TOTAL_SIZE_MAX))
    except SnapshotError as error:
        raise DamageError(f"{name} ({error.reason_code}): {error.message}") from error
    if snapshot.content_hash != content_hash:
        raise DamageError(f"{name} has the content of another one")
