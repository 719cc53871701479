"""
What a backup holds, taken while a planner and a watch run.

The journal comes first: it names the snapshots, and the audit log that is taken behind it holds
every permission that the journal acted on. Both are read up to their last whole line. Snapshots
never change under their names. Where one goes while it is being taken, all is taken anew.
"""

import errno
import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path

from route112.access import parse_audit
from route112.adapters.chained_file import FILE_BYTES_MAX
from route112.adapters.source_folder import read_plain
from route112.adapters.watch_store import copy_store, open_store
from route112.apps.backup.places import (
    AUDIT_FILE,
    AUDIT_KEPT,
    JOURNAL_FILE,
    KEPT,
    LISTS,
    PLANNER,
    SECRETS,
    SHELVES,
    WATCH,
    Places,
)
from route112.apps.planner.engine.shelf import list_used
from route112.change import Journal, State, parse_journal, replay

TRIES = 3
"""Of taking a planner that puts snapshots away meanwhile."""
FILE_BYTES_KEPT_MAX = 64 << 20
"""Of a file that is named by hand."""
ROOM_LEFT_BYTES = 256 << 20
"""Free on the journal's disk behind all that a backup puts there: a journal, an audit log, a store
and a few snapshots may grow meanwhile, and an order that cannot be written is refused."""
MODE_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class GatherError(Exception):
    """What is there cannot be backed up; says why and what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be in a backup."""

    places: Places
    with_watch: bool
    kept: tuple[Path, ...] = ()
    """Files that anybody may see."""
    secrets: tuple[Path, ...] = ()
    """Files that nobody else may see."""


@dataclass(slots=True)
class Gathered:
    """What was taken: each piece by its name, where it is now."""

    files: dict[str, Path] = field(default_factory=dict)
    state: State = field(default_factory=State)
    journal: Journal | None = None


def gather(wanted: Wanted, staging: Path) -> Gathered:
    """
    Take everything into a folder of one's own.

    Raises: GatherError, OSError, sqlite3.Error, StoreError.
    """
    gathered = _gather_planner(wanted.places.planner, staging)
    if wanted.with_watch:
        _gather_watch(wanted.places, staging / WATCH, gathered)
    for root, paths in ((KEPT, wanted.kept), (SECRETS, wanted.secrets)):
        for path in paths:
            name = f"{root}/{path.name}"
            if {f"{KEPT}/{path.name}", f"{SECRETS}/{path.name}"} & gathered.files.keys():
                raise GatherError(f"two files are called {path.name}", "Rename one of them")
            if root == SECRETS and path.stat().st_mode & MODE_OTHERS:
                raise GatherError(
                    f"{path} can be read by others",
                    f"Run chmod 600 {path}, and replace the secret if somebody may have read it",
                )
            _put(gathered, name, read_plain(path, FILE_BYTES_KEPT_MAX), staging)
    return gathered


def _gather_planner(folder: Path, staging: Path) -> Gathered:
    for attempt in range(TRIES):
        try:
            return _take_planner(folder, staging / f"{attempt}")
        except FileNotFoundError as error:
            missing = error.filename
            shutil.rmtree(staging / f"{attempt}", ignore_errors=True)
    raise GatherError(
        f"{missing} is not there, and the planner needs it",
        "Name the planner's folder; if a snapshot is gone, activate a plan first",
    )


def _take_planner(folder: Path, staging: Path) -> Gathered:
    gathered = Gathered()
    content = read_plain(folder / JOURNAL_FILE, FILE_BYTES_MAX)
    journal = parse_journal(content)
    if journal.flaw or not journal.events:
        flaw = journal.flaw or "it has not begun"
        raise GatherError(
            f"{folder / JOURNAL_FILE}: {flaw}", "Keep it as it is, and compare it with a backup"
        )
    _put(gathered, f"{PLANNER}/{JOURNAL_FILE}", content[: journal.size], staging)
    gathered.journal, gathered.state = journal, replay(journal.events)
    _take_audit(folder, staging, gathered)
    for name in filter(lambda name: (folder / name).exists(), LISTS):
        _put(
            gathered, f"{PLANNER}/{name}", read_plain(folder / name, FILE_BYTES_KEPT_MAX), staging
        )
    for shelf, used in zip(SHELVES, list_used(gathered.state), strict=True):
        for content_hash in sorted(used):
            name = f"{shelf}/{content_hash}.r112"
            _link(folder / name, staging / PLANNER / name)
            gathered.files[f"{PLANNER}/{name}"] = staging / PLANNER / name
    return gathered


def _take_audit(folder: Path, staging: Path, gathered: Gathered) -> None:
    """Take the audit log, and those that are full; all again where one became full meanwhile."""
    while True:
        full = sorted(folder.glob(AUDIT_KEPT))
        content = read_plain(folder / AUDIT_FILE, FILE_BYTES_MAX)
        if sorted(folder.glob(AUDIT_KEPT)) == full:
            break
    current = folder / AUDIT_FILE
    for path, found in ((current, content), *((path, None) for path in full)):
        whole = read_plain(path, FILE_BYTES_MAX) if found is None else found
        audit = parse_audit(whole)
        if audit.flaw:
            raise GatherError(
                f"{path}: {audit.flaw}", "Keep it as it is, and compare it with a backup"
            )
        name = f"{PLANNER}/{path.name}"
        if audit.torn or path.samefile(current):
            _put(gathered, name, whole[: audit.size], staging)
        else:
            _link(path, staging / name)
            gathered.files[name] = staging / name


def _gather_watch(places: Places, staging: Path, gathered: Gathered) -> None:
    files = places.watch
    staging.mkdir(mode=0o700)
    logs = [path for path in places.list_logs() if path.exists()]
    check_room(staging, sum(path.stat().st_size for path in (files.store, *logs)))
    store = open_store(files.store)
    try:
        copy_store(store, staging / files.store.name)
    finally:
        store.close()
    gathered.files[f"{WATCH}/{files.store.name}"] = staging / files.store.name
    # Keys behind the store: whoever is named in it has one.
    keys = sorted(files.keys.glob("*.key")) if files.keys.is_dir() else []
    for key in keys:
        _put(gathered, f"{WATCH}/{files.keys.name}/{key.name}", key.read_bytes(), staging.parent)
    for path in (files.alarms, files.audit):
        if path.exists():
            content = path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            _put(gathered, f"{WATCH}/{path.name}", whole, staging.parent)


def _put(gathered: Gathered, name: str, content: bytes, staging: Path) -> None:
    path = staging / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_room(path.parent, len(content))
    path.write_bytes(content)
    gathered.files[name] = path


def _link(source: Path, target: Path) -> None:
    """Hold on to a file that its owner may put away."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        check_room(target.parent, source.stat().st_size)
        shutil.copyfile(source, target)


def check_room(folder: Path, size: int) -> None:
    """Raise OSError where so many bytes would leave too little on the journal's disk."""
    free = shutil.disk_usage(folder).free
    if free - size < ROOM_LEFT_BYTES:
        raise OSError(
            errno.ENOSPC,
            f"{free:,} bytes are free, {size:,} wanted, and {ROOM_LEFT_BYTES:,} are left alone "
            "on the disk of the journal",
            str(folder),
        )
