import sqlite3

import pytest
from tests.support.seen import see

from route112.adapters.watch_store import (
    Calls,
    StoreError,
    check_store,
    copy_store,
    open_store,
    transaction,
)


def give(store, call):
    with transaction(store):
        Calls(store).give(see(call), place="Brest", taken_us=1)


def count(path):
    store = open_store(path)
    try:
        return store.execute("SELECT count(*) FROM people").fetchone()[0]
    finally:
        store.close()


def test_a_copy_is_one_file_while_somebody_writes(tmp_path):
    store, other = open_store(tmp_path / "w.sqlite", create=True), None
    try:
        give(store, "c1")
        other = open_store(tmp_path / "w.sqlite")
        with transaction(other):
            copy_store(store, tmp_path / "copy.sqlite")
    finally:
        store.close()
        other.close()
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.sqlite"]
    assert (tmp_path / "copy.sqlite").stat().st_mode & 0o777 == 0o600
    assert count(tmp_path / "copy.sqlite") == count(tmp_path / "w.sqlite") == 1


def test_a_store_that_is_damaged_or_of_another_version_is_told(tmp_path):
    path = tmp_path / "w.sqlite"
    store = open_store(path, create=True)
    give(store, "c1")
    store.close()
    check_store(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4_096] + b"\xff" * 4_096 + whole[8_192:])
    with pytest.raises(StoreError, match="is damaged"):
        check_store(path)
    path.write_bytes(b"nonsense" * 1_000)
    with pytest.raises(StoreError, match="is damaged: file is not a database"):
        check_store(path)
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 9")
    other.close()
    with pytest.raises(StoreError, match="has version 9"):
        check_store(path)
