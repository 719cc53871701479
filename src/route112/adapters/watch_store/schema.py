"""The tables, and how the file is opened."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

VERSION = 1
"""Of the tables below; a file of another version is refused."""
BUSY_SECONDS = 10.0
"""A reader waits for a writer, and the other way round, this long at most."""

_TABLES = """
CREATE TABLE positions (source TEXT PRIMARY KEY, writer TEXT, sequence INTEGER);
CREATE TABLE taken (writer TEXT PRIMARY KEY, floor INTEGER, ahead TEXT);
CREATE TABLE held (id INTEGER PRIMARY KEY, call TEXT, body BLOB);
CREATE INDEX held_call ON held (call);
CREATE TABLE given (call TEXT PRIMARY KEY, at_us INTEGER, awaits INTEGER);
CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER);
CREATE TABLE settings (name TEXT PRIMARY KEY, value INTEGER);
CREATE TABLE people (
    id INTEGER PRIMARY KEY, caller TEXT, pseudonym TEXT DEFAULT '', last_us INTEGER DEFAULT 0,
    assigned TEXT DEFAULT '', done TEXT DEFAULT '', done_us INTEGER DEFAULT 0, note TEXT DEFAULT ''
);
CREATE INDEX people_caller ON people (caller);
CREATE INDEX people_last ON people (last_us);
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, call TEXT, person INTEGER, is_test INTEGER, lost INTEGER,
    began_us INTEGER, ended_us INTEGER, number TEXT, operator TEXT, technology TEXT, commune TEXT,
    place TEXT, edge TEXT, site TEXT, psap TEXT, reached TEXT, outcome TEXT, party TEXT,
    code INTEGER, reason TEXT, ring_ms INTEGER, answer_ms INTEGER
);
CREATE INDEX calls_call ON calls (call);
CREATE INDEX calls_person ON calls (person);
CREATE INDEX calls_lost ON calls (lost) WHERE lost;
CREATE INDEX calls_began ON calls (began_us);
"""
_LATER_TABLES = """
CREATE TABLE IF NOT EXISTS ticked (id INTEGER PRIMARY KEY CHECK (id = 1), at_us INTEGER);
CREATE TABLE IF NOT EXISTS stepped (id INTEGER PRIMARY KEY CHECK (id = 1), wall_us INTEGER);
CREATE TABLE IF NOT EXISTS newest (writer TEXT PRIMARY KEY, time_us INTEGER);
CREATE TABLE IF NOT EXISTS writers (writer TEXT PRIMARY KEY, source TEXT);
CREATE TABLE IF NOT EXISTS forgot (id INTEGER PRIMARY KEY CHECK (id = 1), at_us INTEGER);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS steps (id INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS findings (
    id INTEGER PRIMARY KEY, kind TEXT, series TEXT, since_us INTEGER, at_us INTEGER,
    expected REAL, seen REAL, strength REAL, floor_s REAL, party TEXT, evidence TEXT,
    over_us INTEGER
);
CREATE INDEX IF NOT EXISTS findings_over ON findings (over_us);
CREATE TABLE IF NOT EXISTS alarms (
    id INTEGER PRIMARY KEY, state TEXT, changed_us INTEGER, body BLOB
);
CREATE TABLE IF NOT EXISTS told (id INTEGER PRIMARY KEY AUTOINCREMENT, wall_us INTEGER, body BLOB);
CREATE TABLE IF NOT EXISTS passed (channel TEXT PRIMARY KEY, told INTEGER);
CREATE TABLE IF NOT EXISTS unsent (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT, told INTEGER, wall_us INTEGER, why TEXT
);
CREATE TABLE IF NOT EXISTS reports (
    id INTEGER PRIMARY KEY, wall_us INTEGER, at_us INTEGER, series TEXT, text TEXT, who TEXT
);
CREATE INDEX IF NOT EXISTS reports_at ON reports (at_us);
CREATE TABLE IF NOT EXISTS refusals (
    kind TEXT, station TEXT, generation INTEGER, at_us INTEGER, PRIMARY KEY (kind, station)
);
CREATE TABLE IF NOT EXISTS changes (
    id INTEGER PRIMARY KEY, at_us INTEGER, what TEXT, dimension TEXT, value TEXT
);
CREATE TABLE IF NOT EXISTS fates (
    dimension TEXT, value TEXT, name TEXT, said TEXT, PRIMARY KEY (dimension, value, name)
);
CREATE TABLE IF NOT EXISTS lefts (
    id INTEGER PRIMARY KEY, person INTEGER, began_us INTEGER, number TEXT, commune TEXT, site TEXT
);
CREATE INDEX IF NOT EXISTS lefts_began ON lefts (began_us);
CREATE TABLE IF NOT EXISTS absences (source TEXT PRIMARY KEY, station TEXT, since_us INTEGER);
CREATE TABLE IF NOT EXISTS names (kind TEXT, value TEXT, PRIMARY KEY (kind, value));
"""
"""Tables that a file gets which was made before they were thought of."""

_CLOSED = ("calls", "closed")
_LATER_COLUMNS = frozenset(
    {("calls", "heard_us"), ("calls", "end_heard_us"), _CLOSED, ("held", "heard_us")}
)
"""Numbers that the rows of these tables get in such a file."""

CLOSE_BY_CLOCK = (
    "UPDATE calls SET closed = 1 FROM people WHERE people.id = calls.person"
    " AND max(calls.ended_us, ifnull(calls.end_heard_us, 0)) < people.done_us"
)
"""Of attempts of which nobody noted whether they were on the list when their caller was done."""

_LATER_NAMES = frozenset(re.findall(r"EXISTS (\w+)", _LATER_TABLES))


class BusyError(sqlite3.OperationalError):
    """Somebody else has been writing for too long; nothing was begun, it may be tried again."""


class StoreError(Exception):
    """The file is none of ours, or of another version; says so in a sentence."""


def open_store(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """
    Open the file, mode 0600.

    Raises: StoreError, sqlite3.Error, OSError; FileNotFoundError where there is none to open.
    """
    # A file that is there is opened by SQLite alone: where a process closes a handle of its own,
    # the locks of all its connections are gone, and who closes the file next deletes their log.
    if create:
        with suppress(FileExistsError):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            os.close(os.open(path, flags, 0o600))
    path.stat()
    store = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        _prepare(store, path)
    except BaseException:
        store.close()
        raise
    return store


def _prepare(store: sqlite3.Connection, path: Path) -> None:
    store.execute("PRAGMA journal_mode = WAL")
    # A power cut may undo the last steps, positions and all: they are taken again.
    store.execute("PRAGMA synchronous = NORMAL")
    # Numbers in clear are to be gone when they are deleted.
    store.execute("PRAGMA secure_delete = ON")
    # Who only reads needs nobody's leave: nothing is written where nothing is missing.
    if _has_all(store):
        return
    with transaction(store):
        (version,) = store.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _TABLES.split(";")[:-1]:
                store.execute(statement)
            store.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise StoreError(f"{path} has version {version} of its tables, not {VERSION}")
        for statement in _LATER_TABLES.split(";")[:-1]:
            store.execute(statement)
        missing = _LATER_COLUMNS - _list_columns(store)
        for table, name in sorted(missing):
            store.execute(f"ALTER TABLE {table} ADD COLUMN {name} INTEGER")
        if _CLOSED in missing:
            store.execute(CLOSE_BY_CLOCK)


def _has_all(store: sqlite3.Connection) -> bool:
    (version,) = store.execute("PRAGMA user_version").fetchone()
    names = {name for (name,) in store.execute("SELECT name FROM sqlite_master")}
    has_columns = _list_columns(store) >= _LATER_COLUMNS
    return bool(version == VERSION and names >= _LATER_NAMES and has_columns)


def _list_columns(store: sqlite3.Connection) -> set[tuple[str, str]]:
    return {
        (table, name)
        for table in ("calls", "held")
        for _, name, *_ in store.execute(f"PRAGMA table_info({table})")
    }


@contextmanager
def transaction(store: sqlite3.Connection) -> Iterator[None]:
    """All of what is done inside, or nothing of it; BusyError where it cannot be begun."""
    try:
        store.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise BusyError("somebody else has been writing in it for seconds") from error
        raise
    try:
        yield
    except BaseException:
        store.execute("ROLLBACK")
        raise
    store.execute("COMMIT")


@contextmanager
def part(store: sqlite3.Connection) -> Iterator[None]:
    """All of what is done inside, or nothing of it, within a transaction that goes on."""
    store.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        store.execute("ROLLBACK TO part")
        store.execute("RELEASE part")
        raise
    store.execute("RELEASE part")


@contextmanager
def waiting(store: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Have what is done inside wait for another writer only so long."""
    store.execute(f"PRAGMA busy_timeout = {round(seconds * 1_000)}")
    try:
        yield
    finally:
        store.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1_000)}")
