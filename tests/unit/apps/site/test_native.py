import asyncio

import pytest
from tests.support.snapshots import NOW, small_content

from route112.adapters.kamailio_rpc import RpcError
from route112.apps.site import native as module
from route112.apps.site.native import RETRY_SECONDS, NativeError, NativeTables
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

HOUR = 3_600_000_000


class World:
    """Clocks, a Kamailio and a reporter that only remember."""

    def __init__(self, folder, monkeypatch):
        self.now = NOW
        self.seconds = 100.0
        self.slot, self.built = "a", ""
        self.switched = []
        self.events = []
        self.fault = None
        monkeypatch.setattr(module, "read_slot", self.read_slot)
        monkeypatch.setattr(module, "switch_slot", self.switch_slot)
        self.file = folder / "native.sqlite"
        self.native = NativeTables(
            self.file,
            folder / "rpc.sock",
            self,
            now=lambda: self.now,
            monotonic_s=lambda: self.seconds,
        )

    async def read_slot(self, _path):
        if self.fault:
            raise RpcError(self.fault)
        return self.slot, self.built

    async def switch_slot(self, _path, slot, marks):
        self.slot, self.built = slot, marks["zn"]["built"]
        self.switched.append((slot, marks["c2z"]["gen"]))

    def tell(self, event, _text, *, generation=0, reason=""):
        self.events.append((event, generation, reason))

    def step(self, snapshot, *, ready=True):
        asyncio.run(self.native.step(snapshot, ready=ready))


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def opened(**changes):
    return Snapshot(write_snapshot(small_content(**changes)))


def test_a_table_is_built_once_and_put_in_use_once(world):
    snapshot = opened()
    assert world.native.build(snapshot)
    assert not world.native.build(snapshot)
    world.step(snapshot, ready=False)
    assert world.switched == []
    world.step(snapshot)
    world.step(snapshot)
    assert world.switched == [("b", "42")]
    assert world.events == [("native-flip", 42, "slot-b")]


def test_what_kamailio_loaded_at_its_start_needs_no_switch(world):
    snapshot = opened()
    world.native.build(snapshot)
    world.built = f"42@{NOW}"
    world.step(snapshot)
    assert world.switched == []
    assert world.events == [("native-flip", 42, "slot-a")]
    world.built = "0"
    world.step(snapshot)
    assert world.switched == [], "it is taken for granted until it starts anew"
    world.native.forget()
    world.step(snapshot)
    assert world.switched == [("b", "42")]


def test_another_snapshot_an_order_and_a_clock_set_back_build_anew(world):
    world.step(opened())
    world.step(opened(generation=43))
    assert world.switched == [("b", "42"), ("a", "43")]
    world.now = world.native.due
    world.step(opened(generation=43))
    assert world.switched[2:] == [("b", "43")]
    world.now = NOW
    world.step(opened(generation=43))
    assert world.switched[3:] == [("a", "43")]


def test_an_instant_that_changes_no_answer_changes_no_table(world):
    snapshot = opened(orders=())
    assert world.native.build(snapshot)
    due = world.native.due
    world.now = due
    assert world.native.build(snapshot), "the fire service has the nights"
    world.now = NOW + 2 * HOUR
    assert world.native.build(snapshot)
    world.now = NOW + 1 * HOUR
    assert not world.native.build(snapshot), "the clock was set back, within the day"
    assert world.native.due == due


def test_without_anything_that_ends_there_is_nothing_due(world):
    routes = tuple((row[-1],) for row in small_content().routes)
    world.step(opened(orders=(), hours=(), routes=routes))
    assert world.native.due is None
    assert world.events == [("native-flip", 42, "slot-b")]


def test_a_kamailio_that_does_not_answer_is_asked_again_later(world):
    snapshot = opened()
    world.fault = "no answer"
    world.step(snapshot)
    world.step(snapshot)
    assert world.events == [("native-failed", 42, "not-loaded")]
    world.fault = None
    world.seconds += RETRY_SECONDS
    world.step(snapshot)
    assert world.switched == [("b", "42")]


def test_a_file_that_cannot_be_written_leaves_the_table_in_use(world):
    world.step(opened())
    world.file.unlink()
    world.file.mkdir()
    world.step(opened(generation=43))
    assert world.events[-1] == ("native-failed", 43, "not-written")
    assert world.native.table.generation == 42
    with pytest.raises(NativeError, match=r"native\.sqlite cannot be written: "):
        world.native.build(opened(generation=43))
    world.file.rmdir()
    world.seconds += RETRY_SECONDS
    world.step(opened(generation=43))
    assert world.switched[-1] == ("a", "43")
