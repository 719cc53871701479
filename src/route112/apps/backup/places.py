"""Where things stand in a run directory, and what they are called in a backup."""

from dataclasses import dataclass
from pathlib import Path

from route112.apps.planner.auditing import AUDIT_FILE, KEPT_PATTERN
from route112.apps.planner.desk import PEOPLE_FILE
from route112.apps.planner.engine.engine import JOURNAL_FILE
from route112.apps.planner.stations import STATIONS_FILE
from route112.apps.watch.keeping import Files

PLANNER, WATCH, KEPT, SECRETS = "planner", "watch", "files", "secrets"
"""First part of a piece's name: the planner's folder, watch's files, public and private files."""
AUDIT_KEPT = KEPT_PATTERN.format(at="*")
LISTS = (PEOPLE_FILE, STATIONS_FILE)
SHELVES = ("candidates", "snapshots")
STORE_LOGS = ("-wal", "-shm", "-journal")

__all__ = [
    "AUDIT_FILE",
    "AUDIT_KEPT",
    "JOURNAL_FILE",
    "KEPT",
    "LISTS",
    "PLANNER",
    "SECRETS",
    "SHELVES",
    "WATCH",
    "Places",
]


@dataclass(frozen=True, slots=True)
class Places:
    """Of one run directory."""

    run_dir: Path
    planner: Path
    """Folder of the planner."""
    files: Path
    """Where files come back that stand elsewhere: keys, trust list, profile."""

    @property
    def watch(self) -> Files:
        """What watch keeps."""
        return Files(self.run_dir)

    def list_watch(self) -> list[Path]:
        """List what watch keeps but its locks; `watch.sqlite` comes last."""
        files = self.watch
        return [files.keys, files.alarms, files.audit, files.store]

    def find_taken(self) -> Path | None:
        """Return what stands where something shall be restored; None: all is empty."""
        for folder in (self.planner, self.files):
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                return folder
            if folder.is_dir() and (found := next(folder.iterdir(), None)) is not None:
                return found
        return next(
            (path for path in (*self.list_logs(), *self.list_watch()) if path.exists()), None
        )

    def list_logs(self) -> list[Path]:
        """List what SQLite keeps beside `watch.sqlite`; it plays them into whatever is there."""
        store = self.watch.store
        return [store.with_name(store.name + ending) for ending in STORE_LOGS]
