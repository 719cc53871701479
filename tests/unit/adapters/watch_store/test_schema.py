import sqlite3
import stat
import subprocess
import sys

import pytest

from route112.adapters.watch_store import schema
from route112.adapters.watch_store.schema import (
    VERSION,
    BusyError,
    StoreError,
    open_store,
    part,
    transaction,
    waiting,
)


def test_the_file_is_its_owners_alone(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    with transaction(store):
        store.execute("INSERT INTO counts VALUES ('a', 1)")
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    store.close()
    again = open_store(tmp_path / "w.sqlite")
    assert again.execute("SELECT * FROM counts").fetchall() == [("a", 1)]
    again.close()


def test_without_a_file_there_is_none_to_open(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_store(tmp_path / "w.sqlite")


def test_other_tables_are_refused(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    store.execute(f"PRAGMA user_version = {VERSION + 1}")
    store.close()
    with pytest.raises(StoreError, match=f"version {VERSION + 1}"):
        open_store(tmp_path / "w.sqlite")


def test_half_a_transaction_is_none(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)

    def write_half():
        with transaction(store):
            store.execute("INSERT INTO counts VALUES ('a', 1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert store.execute("SELECT * FROM counts").fetchall() == []
    store.close()


def test_a_second_connection_of_one_process_takes_no_locks_from_the_first(tmp_path):
    """Somebody else who closes the file must not take himself for the last one, and its log."""
    path = tmp_path / "w.sqlite"

    def look_from_elsewhere():
        code = "import sqlite3, sys; s = sqlite3.connect(sys.argv[1]);"
        code += "print(s.execute('SELECT count(*) FROM counts').fetchone()[0]); s.close()"
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    store = open_store(path, create=True)
    with transaction(store):
        store.execute("INSERT INTO counts VALUES ('a', 1)")
    second = open_store(path)
    assert look_from_elsewhere() == "1"
    with transaction(store):
        store.execute("INSERT INTO counts VALUES ('b', 1)")
    assert look_from_elsewhere() == "2"
    second.close()
    store.close()


def test_whoever_reads_waits_for_no_writer(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.01)
    store = open_store(tmp_path / "w.sqlite", create=True)
    with transaction(store):
        reader = open_store(tmp_path / "w.sqlite")
        assert reader.execute("SELECT * FROM counts").fetchall() == []
        with pytest.raises(BusyError), transaction(reader):
            pytest.fail("two write at once")
        with waiting(reader, 0.0), pytest.raises(BusyError), transaction(reader):
            pytest.fail("two write at once")
    reader.close()
    store.close()


def test_what_cannot_be_begun_for_another_reason_is_no_wait(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    with transaction(store), pytest.raises(sqlite3.OperationalError) as caught, transaction(store):
        pytest.fail("one within another")
    assert not isinstance(caught.value, BusyError)
    store.close()


def test_a_part_of_a_transaction_is_done_or_not_and_the_rest_goes_on(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    with transaction(store):
        with part(store):
            store.execute("INSERT INTO settings VALUES ('kept', 1)")
        with pytest.raises(ZeroDivisionError), part(store):
            assert store.execute("INSERT INTO settings VALUES ('left', 1)").rowcount / 0
        store.execute("INSERT INTO settings VALUES ('more', 1)")
    rows = store.execute("SELECT name FROM settings WHERE value = 1 ORDER BY name").fetchall()
    assert rows == [("kept",), ("more",)]
    store.close()


def test_tables_that_were_thought_of_later_are_added(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    store.execute("DROP TABLE stepped")
    store.close()
    store = open_store(tmp_path / "w.sqlite")
    assert store.execute("SELECT * FROM stepped").fetchall() == []
    store.close()


def test_columns_that_were_thought_of_later_are_added(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    store.execute("INSERT INTO calls (call) VALUES ('c1')")
    store.execute("ALTER TABLE calls DROP COLUMN heard_us")
    store.execute("ALTER TABLE held DROP COLUMN heard_us")
    store.close()
    for _ in range(2):
        store = open_store(tmp_path / "w.sqlite")
        rows = store.execute("SELECT call, heard_us, end_heard_us FROM calls").fetchall()
        assert rows == [("c1", None, None)]
        assert store.execute("SELECT heard_us FROM held").fetchall() == []
        store.close()


def test_what_is_forgotten_at_each_step_is_found_without_reading_all(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    plan = store.execute("EXPLAIN QUERY PLAN DELETE FROM lefts WHERE began_us < 7").fetchall()
    assert [row[-1] for row in plan] == ["SEARCH lefts USING INDEX lefts_began (began_us<?)"]
    store.close()
