import pytest

from route112.apps.backup.options import make_places


def test_the_store_of_watch_comes_back_last(tmp_path):
    places = make_places(tmp_path, None)
    assert places.list_watch()[-1] == tmp_path / "watch.sqlite"


def test_what_stands_in_the_way_is_found(tmp_path):
    places = make_places(tmp_path, None)
    assert places.find_taken() is None
    places.planner.mkdir()
    assert places.find_taken() is None
    (places.planner / "journal.log").touch()
    assert places.find_taken() == places.planner / "journal.log"
    (places.planner / "journal.log").unlink()
    places.files.touch()
    assert places.find_taken() == places.files
    places.files.unlink()
    (tmp_path / "watch-keys").mkdir()
    assert places.find_taken() == tmp_path / "watch-keys"


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_a_log_of_the_store_stands_in_the_way_without_its_store(tmp_path, ending):
    log = tmp_path / f"watch.sqlite{ending}"
    log.touch()
    assert make_places(tmp_path, None).find_taken() == log
