import sqlite3
import stat
from contextlib import closing

import pytest

from route112.adapters.native_file import VALUE_LENGTH_MAX, list_marks, write_native
from route112.model import UtcTime
from route112.native import NativeTable

TABLE = NativeTable(
    generation=42,
    built=UtcTime(7),
    zones={"29019": "0", "*": "1"},
    attempts={"0:15": "+33261910010|127.0.4.1:5060|udp|2000|30000|CRRA15-29"},
)


def read(path, table):
    with closing(sqlite3.connect(path)) as database:
        return dict(database.execute(f"SELECT key_name, key_value FROM {table}"))


def test_the_file_has_both_tables_and_their_marks(tmp_path):
    path = tmp_path / "native.sqlite"
    write_native(path, TABLE)
    marks = {"gen": "42", "built": "42@7"}
    assert read(path, "c2z") == {**TABLE.zones, "count": "2", **marks}
    assert read(path, "zn") == {**TABLE.attempts, "count": "1", **marks}
    assert list_marks(TABLE)["zn"] == {"count": "1", **marks}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["native.sqlite"]


def test_the_columns_are_those_of_kamailio(tmp_path):
    path = tmp_path / "native.sqlite"
    write_native(path, TABLE)
    with closing(sqlite3.connect(path)) as database:
        columns = {row[1]: row[2] for row in database.execute("PRAGMA table_info(c2z)")}
        row = database.execute("SELECT key_type, value_type, expires FROM c2z").fetchone()
    assert columns == {
        "id": "INTEGER",
        "key_name": "VARCHAR(64)",
        "key_type": "INTEGER",
        "value_type": "INTEGER",
        "key_value": "VARCHAR(1024)",
        "expires": "INTEGER",
    }
    assert row == (0, 0, 0)


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "native.sqlite"
    write_native(path, TABLE)
    long = NativeTable(
        generation=43, built=UtcTime(8), zones={"a": "x" * (VALUE_LENGTH_MAX + 1)}, attempts={}
    )
    with pytest.raises(ValueError, match="a row of c2z has 1025 characters, at most 1024"):
        write_native(path, long)
    assert read(path, "c2z")["gen"] == "42"
    assert [file.name for file in tmp_path.iterdir()] == ["native.sqlite"]
    with pytest.raises(FileNotFoundError):
        write_native(tmp_path / "none" / "native.sqlite", TABLE)
