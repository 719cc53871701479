import stat

import pytest

from route112.adapters.watch_store.schema import VERSION, StoreError, open_store, transaction


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
