import sqlite3

import click
import pytest
from tests.support.seen import T0, see

from route112.adapters.watch_store import Calls, People
from route112.adapters.watch_store.people import DAY_US
from route112.apps.watch.keeping import Files, forget, lock, open_files


def run_until(store, time_us):
    """Watch has run and forgotten until then."""
    store.execute("INSERT OR REPLACE INTO forgot VALUES (1, ?)", (time_us,))


def test_what_watch_never_kept_is_told(tmp_path):
    with (
        pytest.raises(click.ClickException, match="nothing that watch"),
        open_files(Files(tmp_path)),
    ):
        pass


def test_a_file_of_something_else_is_told(tmp_path):
    Files(tmp_path).store.write_bytes(b"no database" * 100)
    with (
        pytest.raises(click.ClickException, match="cannot be opened"),
        open_files(Files(tmp_path)),
    ):
        pass


def test_a_store_that_fails_is_told(tmp_path):
    def use():
        with open_files(Files(tmp_path), create=True):
            raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(click.ClickException, match="cannot be used: database or disk is full"):
        use()


def test_there_is_one_watch(tmp_path):
    again = pytest.raises(click.ClickException, match="a watch already")
    with lock(Files(tmp_path)), again, lock(Files(tmp_path)):
        pass
    with lock(Files(tmp_path)):
        pass


def test_without_a_key_numbers_stay(tmp_path, capsys):
    files = Files(tmp_path)
    with open_files(files, create=True) as store:
        Calls(store).give(see(), place="", taken_us=T0)
        files.keys.touch()
        forget(store, files, now_us=T0 + 8 * DAY_US)
        assert "numbers in clear are kept on" in capsys.readouterr().err
        assert People(store).list_callbacks()[0].caller
        files.keys.unlink()
        forget(store, files, now_us=T0 + 8 * DAY_US)
        (back,) = People(store).list_callbacks()
        assert back.pseudonym
        assert not back.caller
        assert len(list(files.keys.iterdir())) == 1
        run_until(store, T0 + 500 * DAY_US)
        forget(store, files, now_us=T0 + 500 * DAY_US)
        assert list(files.keys.iterdir()) == []


def test_a_clock_that_jumps_ahead_takes_no_key_from_who_is_on_the_list(tmp_path):
    files = Files(tmp_path)
    with open_files(files, create=True) as store:
        Calls(store).give(see(outcome="failed"), place="Brest", taken_us=T0)
        for day in range(8):
            run_until(store, T0 + day * DAY_US)
            forget(store, files, now_us=T0 + day * DAY_US + 1)
        (key,) = files.keys.iterdir()
        forget(store, files, now_us=T0 + 800 * DAY_US)
        assert list(files.keys.iterdir()) == [key]
        run_until(store, T0 + 800 * DAY_US)
        forget(store, files, now_us=T0 + 800 * DAY_US)
        assert list(files.keys.iterdir()) == []
