"""A worker follows the file in force, and keeps what it has when it cannot."""

import pytest
from tests.support.snapshots import small_content

from route112.adapters.kemi import feed as feed_module
from route112.adapters.kemi.feed import BEHIND_NS, RETRY_NS, Feed
from route112.snapshot.errors import SnapshotError
from route112.snapshot.writer import write_snapshot


class Clock:
    ns = 1_000_000_000

    def __call__(self):
        return self.ns


def point(folder, name):
    aside = folder / "current.new"
    aside.write_text(f"{folder / name}\n", encoding="utf-8")
    aside.replace(folder / "current")


def write(folder, generation):
    name = f"g{generation}.r112"
    (folder / name).write_bytes(write_snapshot(small_content(generation=generation)))
    point(folder, name)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def feed(tmp_path, clock):
    write(tmp_path, 42)
    return Feed(tmp_path / "current", monotonic_ns=clock)


def test_it_begins_with_what_is_in_force(feed):
    assert feed.snapshot.generation == 42
    assert feed.refresh() == ""
    assert feed.snapshot.generation == 42


def test_nothing_to_begin_with_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Feed(tmp_path / "current")
    (tmp_path / "bad.r112").write_bytes(b"not a snapshot" * 50)
    point(tmp_path, "bad.r112")
    with pytest.raises(SnapshotError):
        Feed(tmp_path / "current")


def test_a_new_file_is_opened_without_the_checks_that_were_made(feed, tmp_path, monkeypatch):
    opened = []
    real = feed_module.map_snapshot

    def spy(path, *, checked=False):
        opened.append((path.name, checked))
        return real(path, checked=checked)

    monkeypatch.setattr(feed_module, "map_snapshot", spy)
    write(tmp_path, 43)
    assert feed.refresh() == ""
    assert feed.snapshot.generation == 43
    assert feed.refresh() == ""
    assert opened == [("g43.r112", True)]


@pytest.mark.parametrize("damage", ["missing", "garbage", "empty", "truncated"])
def test_a_bad_file_leaves_the_old_one_and_is_tried_again_later(feed, tmp_path, clock, damage):
    write(tmp_path, 43)
    path = tmp_path / "g43.r112"
    good = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"garbage": b"x" * 900, "empty": b"", "truncated": good[:-40]}[damage])
    assert feed.refresh().startswith("keeps g42: ")
    assert feed.refresh() == ""  # not at every call
    assert feed.snapshot.generation == 42
    clock.ns += RETRY_NS
    assert feed.refresh().startswith("keeps g42: ")
    assert not feed.is_behind()
    clock.ns += BEHIND_NS
    assert feed.is_behind()
    path.write_bytes(good)
    assert feed.refresh() == ""
    assert feed.snapshot.generation == 43
    assert not feed.is_behind()


def test_a_pointer_that_is_gone_is_trouble_until_it_is_back(feed, tmp_path, clock):
    (tmp_path / "current").unlink()
    assert feed.refresh().startswith("keeps g42: FileNotFoundError")
    assert feed.refresh() == ""
    clock.ns += RETRY_NS
    point(tmp_path, "g42.r112")
    assert feed.refresh() == ""
    assert not feed.is_behind()


def test_a_good_file_after_a_bad_one_does_not_wait(feed, tmp_path):
    (tmp_path / "bad.r112").write_bytes(b"not a snapshot" * 50)
    point(tmp_path, "bad.r112")
    assert feed.refresh().startswith("keeps g42: ")
    write(tmp_path, 43)
    assert feed.refresh() == ""
    assert feed.snapshot.generation == 43
