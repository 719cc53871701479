import os
from types import SimpleNamespace

import pytest

from route112.apps.station import disk as module
from route112.apps.station.disk import FULL_BYTES, OVER_BYTES, DiskWatch, describe_lack


class World:
    def __init__(self, folder, monkeypatch):
        self.told = []
        self.free = 100 * OVER_BYTES
        self.names = 10
        self.fault = None
        monkeypatch.setattr(module.os, "statvfs", self.statvfs)
        self.watch = DiskWatch(folder, self)

    def statvfs(self, _folder):
        if self.fault:
            raise self.fault
        return SimpleNamespace(
            f_bavail=self.free // 512, f_frsize=512, f_files=100, f_favail=self.names
        )

    def tell(self, event, text, *, reason):
        self.told.append((event, reason, text))

    def look(self, **changes):
        for name, value in changes.items():
            setattr(self, name, value)
        self.watch.look()
        return [(event, reason) for event, reason, _ in self.told]


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def test_a_full_disk_is_told_once_with_what_to_do_and_once_when_it_is_over(world, tmp_path):
    assert world.look() == []
    assert world.look(free=FULL_BYTES) == []
    full = [("disk-full", "no-space")]
    assert world.look(free=FULL_BYTES - 512) == full
    assert world.look(free=0) == full
    assert "`df -h`" in world.told[0][2]
    assert f"never {tmp_path}/records/raw.log" in world.told[0][2]
    assert world.look(free=OVER_BYTES - 512) == full, "a few lines less are no news"
    assert world.look(free=OVER_BYTES) == [*full, ("disk-free", "room")]
    assert len(world.look(free=0)) == 3, "the next time it is news again"


def test_a_disk_without_room_for_names_is_full_as_well(world):
    assert world.look(names=0) == [("disk-full", "no-inodes")]
    assert world.look() == [("disk-full", "no-inodes")]
    assert world.look(names=1)[1:] == [("disk-free", "room")]


def test_a_disk_that_is_gone_is_no_news(world):
    assert world.look(fault=OSError(5, os.strerror(5))) == []


def test_what_stations_need_at_first_is_compared_with_what_is_free(tmp_path, monkeypatch):
    free = SimpleNamespace(f_bavail=9_000, f_frsize=1_000)
    monkeypatch.setattr(module.os, "statvfs", lambda _folder: free)
    plan = tmp_path / "plan.r112"
    plan.write_bytes(bytes(2_000_000))
    assert describe_lack(2, plan, tmp_path) == ""
    assert describe_lack(3, plan, tmp_path) == (
        f"the disk of {tmp_path} is full: 9 MB are free, and 3 sites and edges need 12 MB "
        "to begin with"
    )
