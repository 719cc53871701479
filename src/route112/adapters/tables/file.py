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
import sqlite3
import tempfile
from contextlib import closing
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


def write_htables(path: Path, tables: Mapping[str, Mapping[str, str]]) -> None:
    """
    Replace `path` by a file with these tables, whole or not at all.

    Args:
        path: absolute or not; its folder must exist.
        tables: rows by the table's name, which is one of ours and an SQL word.
    Raises: OSError or sqlite3.Error where the folder is missing, full or not ours; the old file
        then stays. ValueError where a value is longer than VALUE_LENGTH_MAX.

    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        os.fchmod(handle, MODE)
        with closing(sqlite3.connect(name, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")  # synced once, below
            database.execute("BEGIN")
            for table, rows in tables.items():
                _fill(database, table, rows)
            database.execute("COMMIT")
        os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _fill(database: sqlite3.Connection, name: str, rows: Mapping[str, str]) -> None:
    longest = max(map(len, rows.values()), default=0)
    if longest > VALUE_LENGTH_MAX:
        raise ValueError(f"a row of {name} has {longest} characters, at most {VALUE_LENGTH_MAX}")
    database.execute(_SCHEMA.format(name=name))
    database.executemany(_INSERT.format(name=name), rows.items())
