import sqlite3
import stat
from contextlib import closing

import pytest

from route112.adapters.tables.file import (
    VALUE_LENGTH_MAX,
    patch_htables,
    read_rows,
    write_htables,
)

ROWS = {"c:29019": "0.1", "y:0": "\x1e^([0-9]+)$\x1e\x1f\\1\x1f\x1e", "pmax": "2"}


def read(path, table="plan"):
    with closing(sqlite3.connect(path)) as database:
        return dict(database.execute(f"SELECT key_name, key_value FROM {table}"))


def test_the_file_has_every_table_whole(tmp_path):
    path = tmp_path / "plan.sqlite"
    write_htables(path, {"plan": ROWS, "more": {"a": "b"}, "none": {}})
    assert (read(path), read(path, "more"), read(path, "none")) == (ROWS, {"a": "b"}, {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["plan.sqlite"]


def test_the_columns_are_those_of_kamailio(tmp_path):
    path = tmp_path / "plan.sqlite"
    write_htables(path, {"plan": ROWS})
    with closing(sqlite3.connect(path)) as database:
        columns = {row[1]: row[2] for row in database.execute("PRAGMA table_info(plan)")}
        row = database.execute("SELECT key_type, value_type, expires FROM plan").fetchone()
    assert columns == {
        "id": "INTEGER",
        "key_name": "VARCHAR(64)",
        "key_type": "INTEGER",
        "value_type": "INTEGER",
        "key_value": "VARCHAR(1024)",
        "expires": "INTEGER",
    }
    assert row == (0, 0, 0)


def test_equal_tables_make_equal_files(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for path in (first, second):
        write_htables(path, {"plan": ROWS})
    assert first.read_bytes() == second.read_bytes()


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "plan.sqlite"
    write_htables(path, {"plan": ROWS})
    with pytest.raises(ValueError, match="a row of plan has 1025 characters, at most 1024"):
        write_htables(path, {"plan": {"a": "x" * (VALUE_LENGTH_MAX + 1)}})
    assert read(path) == ROWS
    assert [file.name for file in tmp_path.iterdir()] == ["plan.sqlite"]
    with pytest.raises(FileNotFoundError):
        write_htables(tmp_path / "none" / "plan.sqlite", {"plan": ROWS})


def test_rows_are_replaced_in_a_copy(tmp_path):
    source, path = tmp_path / "plan.sqlite", tmp_path / "next.sqlite"
    write_htables(source, {"plan": ROWS, "more": {"a": "b"}, "kept": {"old": "1"}})
    patch_htables(source, path, {"plan": {"pmax": "3"}, "more": {}}, kept={"kept": {"c": "d"}})
    assert read(source) == ROWS
    assert read(path) == {**ROWS, "pmax": "3"}
    assert (read(path, "more"), read(path, "kept")) == ({"a": "b"}, {"c": "d"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    patch_htables(path, path, {"plan": {"pmax": "4"}}, kept={})
    assert read_rows(path, "plan") == {**ROWS, "pmax": "4"}
    assert read_rows(path, "plan", like="kept") == {}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"plan": {"none": "1", "pmax": "3"}}, "plan.sqlite has 1 of 2 rows of plan"),
        ({"plan": {"pmax": "x" * 1025}}, "a row of plan has 1025 characters, at most 1024"),
    ],
)
def test_what_cannot_be_replaced_leaves_no_copy(tmp_path, rows, message):
    source = tmp_path / "plan.sqlite"
    write_htables(source, {"plan": ROWS})
    with pytest.raises(ValueError, match=message):
        patch_htables(source, tmp_path / "next.sqlite", rows, kept={})
    assert [file.name for file in tmp_path.iterdir()] == ["plan.sqlite"]
