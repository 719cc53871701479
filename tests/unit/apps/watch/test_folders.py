import shutil

import pytest
from tests.support.records import World

from route112.adapters.record_spool import Position
from route112.apps.watch.folders import FolderSource, find_records, list_folders


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "site-1" / "records")


def read(source, count_max=100):
    return [record.call for record in source.read(count_max)]


def test_each_record_comes_once(world):
    source = FolderSource(world.path)
    world.write(3)
    assert read(source, 2) == ["1", "2"]
    assert read(source, 2) == ["3"]
    assert read(source) == []
    world.write(1)
    assert read(source) == ["4"]
    assert source.name == str(world.path)


def test_it_goes_on_behind_a_position(world):
    source = FolderSource(world.path)
    world.write(3)
    *_, last = source.read(2)
    again = FolderSource(world.path, Position(last.writer, last.sequence))
    assert read(again) == ["3"]


def test_a_folder_that_goes_and_comes_back_is_read_on(world, tmp_path):
    source = FolderSource(world.path)
    world.write(2)
    assert read(source) == ["1", "2"]
    aside = tmp_path / "aside"
    shutil.move(world.path, aside)
    with pytest.raises(FileNotFoundError):
        source.read(1)
    world.write(1)
    shutil.move(aside, world.path)
    assert read(source) == ["3"]


def test_a_new_folder_in_its_place_is_read_from_its_beginning(world):
    source = FolderSource(world.path)
    world.write(2)
    assert read(source) == ["1", "2"]
    shutil.rmtree(world.path)
    other = World(world.path)
    other.write(1)
    assert read(source) == ["1"]


def test_the_folders_of_all_members_are_found(world, tmp_path):
    World(tmp_path / "edge-1" / "records")
    (tmp_path / "psaps").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "records").touch()
    assert list_folders(tmp_path) == [tmp_path / "edge-1" / "records", world.path]
    assert list_folders(tmp_path / "absent") == []


def test_a_records_folder_is_named_by_itself_or_by_the_one_that_it_is_in(world):
    assert find_records(world.path) == find_records(world.path.parent) == world.path
