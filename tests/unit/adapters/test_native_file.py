import sqlite3
import stat
from contextlib import closing

import pytest
from tests.support.snapshots import NOW, small_content

from route112.adapters import native_file
from route112.adapters.native_file import (
    SECONDS_MAX,
    VALUE_LENGTH_MAX,
    describe_table,
    main,
    read_translation,
    render_translation,
    write_native,
)
from route112.model import UtcTime
from route112.native import NativeTable, translate
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

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
    assert describe_table(TABLE).marks["zn"] == {"count": "1", **marks}
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


def test_a_description_travels_and_tells_tables_apart():
    told = describe_table(TABLE, due=UtcTime(9))
    assert read_translation(render_translation(told).encode()) == told
    same = describe_table(
        NativeTable(generation=42, built=UtcTime(8), zones=TABLE.zones, attempts=TABLE.attempts)
    )
    assert same.digest == told.digest
    other = NativeTable(generation=43, built=UtcTime(7), zones=TABLE.zones, attempts={})
    assert describe_table(other).digest != told.digest
    with pytest.raises(ValueError, match="Expecting value"):
        read_translation(b"")
    with pytest.raises(TypeError):
        read_translation(b"{}")


@pytest.fixture
def given(monkeypatch):
    """Give `main` a small country as standard input; its alarm clock is only remembered."""
    content = write_snapshot(small_content())

    def map_input(*_arguments, **_options):
        return content

    alarms = []
    monkeypatch.setattr(native_file.mmap, "mmap", map_input)
    monkeypatch.setattr(native_file.signal, "alarm", alarms.append)
    monkeypatch.setattr(native_file.gc, "disable", lambda: None)
    return Snapshot(content), alarms


def test_the_program_translates_and_leaves_alone_what_is_known(given, tmp_path, capsys):
    snapshot, alarms = given
    path = tmp_path / "made"
    assert main([str(path), str(NOW), ""]) == 0
    told = read_translation(capsys.readouterr().out.encode())
    table = translate(snapshot, now=NOW)
    assert read(path, "c2z")["gen"] == str(told.generation)
    assert (told.zones, told.attempts) == (len(table.zones), len(table.attempts))
    assert told.digest == describe_table(table).digest
    assert told.due > NOW
    path.unlink()
    assert main([str(path), str(NOW), told.digest]) == 0
    assert not path.exists()
    assert alarms == [SECONDS_MAX] * 2


def test_the_program_says_why_it_cannot_write(given, tmp_path, capsys):
    assert main([str(tmp_path / "none" / "made"), str(NOW)]) == 1
    assert "made cannot be written: " in capsys.readouterr().err
