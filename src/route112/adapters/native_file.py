"""
The native table as the SQLite file from which Kamailio's htable module loads.

The file has two tables, `c2z` and `zn`, whose rows are described in `route112.native`. The
configuration of a site loads each of them into two htables, of which one is in use:

    modparam("htable", "db_url", "@{native_url}")         sqlite:///FILE, absolute
    modparam("htable", "fetch_rows", 5000)
    modparam("htable", "htable", "c2z_a=>size=14;autoexpire=0;dbtable=c2z;")    and c2z_b
    modparam("htable", "htable", "zn_a=>size=12;autoexpire=0;dbtable=zn;")      and zn_b
    modparam("pv", "shvset", "slot=s:a")
    modparam("jsonrpcs", "dgram_socket", "@{rpc_socket}") and transport 4, pretty_format 0

(`native_url`, `rpc_socket` and all other names: `route112.apps.site.setup`.)

At a start all four hold the same rows and slot `a` is in use. Later the supervisor replaces the
file, reloads the two htables of the idle slot, compares `count`, `gen` and `built` of both with
what it wrote, and only then sets `$shv(slot)`. A route reads `$shv(slot)` once for each look-up.

"""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Mapping

from route112.native import NativeTable

MODE = 0o600
VALUE_LENGTH_MAX = 1_024
"""Characters of a row's value: three targets with two next hops take some 400."""
MARKS = ("count", "gen", "built")
"""Rows of each table that say what the table is; they do not count."""

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


def list_marks(table: NativeTable) -> Mapping[str, Mapping[str, str]]:
    """Return the rows that tell what each table is, by table and key."""
    rows = {"c2z": table.zones, "zn": table.attempts}
    return {
        name: {
            "count": str(len(texts)),
            "gen": str(table.generation),
            "built": f"{table.generation}@{table.built}",
        }
        for name, texts in rows.items()
    }


def write_native(path: Path, table: NativeTable) -> None:
    """
    Replace `path` by the table, whole or not at all.

    Raises: OSError or sqlite3.Error where the folder is missing, full or not ours; the old file
        then stays. ValueError where a value is longer than VALUE_LENGTH_MAX.
    """
    marks = list_marks(table)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        os.fchmod(handle, MODE)
        with closing(sqlite3.connect(name, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")  # synced once, below
            database.execute("BEGIN")
            _fill(database, "c2z", {**table.zones, **marks["c2z"]})
            _fill(database, "zn", {**table.attempts, **marks["zn"]})
            database.execute("COMMIT")
        os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _fill(database: sqlite3.Connection, name: str, rows: Mapping[str, str]) -> None:
    longest = max(map(len, rows.values()))
    if longest > VALUE_LENGTH_MAX:
        raise ValueError(f"a row of {name} has {longest} characters, at most {VALUE_LENGTH_MAX}")
    database.execute(_SCHEMA.format(name=name))
    database.executemany(_INSERT.format(name=name), rows.items())
