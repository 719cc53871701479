"""
Tables of keys and values as the SQLite file from which Kamailio's htable module loads.

    modparam("htable", "db_url", "sqlite:///FILE")        absolute
    modparam("htable", "fetch_rows", 5000)
    modparam("htable", "htable", "plan_a=>size=14;autoexpire=0;dbtable=plan;")      and plan_b

Equal tables make equal files. A reload that fails keeps what was loaded, but a half-written table
loads silently: files are written aside and renamed, and whoever reloads compares rows that tell
what the table is (`route112.adapters.kamailio_rpc.switch_slot`) before it puts the copy in use.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Mapping

MODE = 0o600
VALUE_LENGTH_MAX = 1_024
"""Characters of a row's value: four targets with two next hops each take 983 at most."""

_SCHEMA = """
CREATE TABLE {name} (
    id INTEGER PRIMARY KEY NOT NULL,
    key_name VARCHAR(64) DEFAULT '' NOT NULL,
    key_type INTEGER DEFAULT 0 NOT NULL,
    value_type INTEGER DEFAULT 0 NOT NULL,
    key_value VARCHAR(1024) DEFAULT '' NOT NULL,
    expires INTEGER DEFAULT 0 NOT NULL
)"""
"""As Kamailio's own htable-create.sql has it, with longer values; TEXT columns are refused."""
_INSERT = "INSERT INTO {name} (key_name, key_value) VALUES (?, ?)"
_UPDATE = "UPDATE {name} SET key_value = wanted.v FROM temp.wanted WHERE key_name = wanted.k"
_SELECT = "SELECT key_name, key_value FROM {name}"
_LIKE = " WHERE key_name IN (SELECT key_name FROM {name})"


def write_htables(path: Path, tables: Mapping[str, Mapping[str, str]]) -> None:
    """
    Replace `path` by a file with these tables, whole or not at all.

    Args:
        path: absolute or not; its folder must exist.
        tables: rows by the table's name, which is one of ours and an SQL word.
    Raises: OSError or sqlite3.Error where the folder is missing, full or not ours; the old file
        then stays. ValueError where a value is longer than VALUE_LENGTH_MAX.

    """
    with _replacing(path) as database:
        for table, rows in tables.items():
            _fill(database, table, rows)


def patch_htables(
    source: Path,
    path: Path,
    rows: Mapping[str, Mapping[str, str]],
    *,
    kept: Mapping[str, Mapping[str, str]],
) -> None:
    """
    Replace `path` by a copy of the file `source` in which some rows have other values.

    It is not synced: an order has no time for a disk, and after a loss of power whoever starts a
    station makes its table anew before anybody reads it.

    Args:
        rows: by table and key, of rows that the file has.
        kept: whole tables, in the place of those of their names if there are some.
    Raises: as `write_htables`; ValueError also where the file does not have a row.

    """
    with _replacing(path, source) as database:
        for table, changed in rows.items():
            _check_lengths(table, changed)
            database.execute("CREATE TEMP TABLE wanted (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID")
            database.executemany("INSERT INTO wanted VALUES (?, ?)", changed.items())
            found = database.execute(_UPDATE.format(name=table)).rowcount
            database.execute("DROP TABLE wanted")
            if found != len(changed):
                raise ValueError(f"{source} has {found} of {len(changed)} rows of {table}")
        for table, whole in kept.items():
            database.execute(f"DROP TABLE IF EXISTS {table}")
            _fill(database, table, whole)


def read_rows(path: Path, table: str, *, like: str = "") -> dict[str, str]:
    """
    Read the rows of a table, or with `like` those whose keys another table has.

    Raises: sqlite3.Error.
    """
    select = _SELECT.format(name=table) + (_LIKE.format(name=like) if like else "")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return dict(database.execute(select))


@contextmanager
def _replacing(path: Path, source: Path | None = None) -> Iterator[sqlite3.Connection]:
    """Give a database, or a copy of `source`, that takes the place of `path` whole."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        os.fchmod(handle, MODE)
        if source is not None:
            shutil.copyfile(source, name)
        with closing(sqlite3.connect(name, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")  # synced once, below
            database.execute("BEGIN")
            yield database
            database.execute("COMMIT")
        if source is None:
            os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _fill(database: sqlite3.Connection, name: str, rows: Mapping[str, str]) -> None:
    _check_lengths(name, rows)
    database.execute(_SCHEMA.format(name=name))
    database.executemany(_INSERT.format(name=name), rows.items())


def _check_lengths(name: str, rows: Mapping[str, str]) -> None:
    longest = max(map(len, rows.values()), default=0)
    if longest > VALUE_LENGTH_MAX:
        raise ValueError(f"a row of {name} has {longest} characters, at most {VALUE_LENGTH_MAX}")
