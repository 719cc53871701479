import errno
import shutil

import pytest
from tests.support.records import World

from route112.adapters.record_spool import Bounds, Folder, Position, segments
from route112.apps.watch.following.folders import (
    FolderSource,
    find_records,
    list_expected,
    list_folders,
)


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


@pytest.mark.parametrize("is_restarted", [False, True])
def test_an_empty_folder_in_its_place_is_none_that_can_be_read(world, tmp_path, is_restarted):
    """The disk that had the records is not mounted any more."""
    source = FolderSource(world.path)
    world.path.rename(tmp_path / "aside")
    world.path.mkdir()
    assert read(source) == [], "who never wrote has written nothing"
    world.path.rmdir()
    (tmp_path / "aside").rename(world.path)
    world.write(2)
    *_, last = source.read(100)
    world.path.rename(tmp_path / "aside")
    world.path.mkdir()
    if is_restarted:
        source = FolderSource(world.path, Position(last.writer, last.sequence))
    with pytest.raises(FileNotFoundError, match="empty"):
        source.read(1)
    world.path.rmdir()
    world.write(1)
    (tmp_path / "aside").rename(world.path)
    assert read(source) == ["3"]


def test_segments_alone_are_a_folder_that_can_be_read(world):
    source = FolderSource(world.path)
    world.write(2)
    assert read(source) == ["1", "2"]
    world.recorder().close()
    recorder = world.recorder()
    recorder.step()
    recorder.close()
    assert world.list_sealed()
    Folder(world.path).raw.unlink()
    assert read(source) == []


def test_what_lies_before_a_place_that_cannot_be_read_is_given(world, monkeypatch):
    world.bounds = Bounds(seal_seconds=0)
    for _ in range(3):
        world.write(1)
        recorder = world.recorder()
        recorder.step()
        recorder.close()
    bad = world.path / "segments" / world.list_sealed()[1]
    real = segments.open_regular

    def fail(path):
        if path == bad:
            raise OSError(errno.EIO, "Input/output error")
        return real(path)

    source = FolderSource(world.path)
    with monkeypatch.context() as patch:
        patch.setattr(segments, "open_regular", fail)
        assert read(source) == ["1"]
        for _ in range(3):
            with pytest.raises(OSError, match="Input/output"):
                source.read(100)
    assert read(source) == ["2", "3"]


def test_what_cannot_be_understood_is_read_again(world, monkeypatch):
    source = FolderSource(world.path)
    world.write(2)
    with monkeypatch.context() as patch:
        name = "route112.adapters.record_spool.reader.parse_piece"
        patch.setattr(name, lambda *_, **__: int("no number"))
        with pytest.raises(ValueError, match="no number"):
            source.read(1)
    assert read(source) == ["1", "2"]


def test_the_folders_of_all_members_are_found(world, tmp_path):
    World(tmp_path / "edge-1" / "records")
    (tmp_path / "psaps").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "records").touch()
    assert list_folders(tmp_path) == [tmp_path / "edge-1" / "records", world.path]
    assert list_folders(tmp_path / "absent") == []


def test_a_records_folder_is_named_by_itself_or_by_the_one_that_it_is_in(world):
    assert find_records(world.path) == find_records(world.path.parent) == world.path


def test_a_folder_that_was_read_is_expected_while_it_is_away(world, tmp_path):
    known = {str(world.path), str(tmp_path / "disk"), str(tmp_path / "gone" / "records")}
    (tmp_path / "edge-1").mkdir()
    (tmp_path / "edge-1" / "records").symlink_to(tmp_path / "disk")
    shutil.rmtree(world.path.parent)
    stations = {"site-1", "site-2", "edge-1"}
    assert list_expected(tmp_path, stations, known) == [tmp_path / "disk", world.path]
    assert find_records(world.path.parent, known) == world.path
    assert find_records(world.path.parent) == world.path.parent
