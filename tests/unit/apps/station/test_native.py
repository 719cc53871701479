import asyncio
import contextlib
import io

import pytest
from tests.support.snapshots import NOW, VALID_FROM, small_content

from route112.adapters.errand import ErrandError
from route112.adapters.kamailio_rpc import RpcError
from route112.adapters.staging import Staged
from route112.adapters.tables import translation
from route112.adapters.tables.file import read_rows
from route112.adapters.tables.native import REORDERING, main
from route112.adapters.tables.translation import read_translation, reorder_file
from route112.apps.station import slots as module
from route112.apps.station.native import (
    LATE_SECONDS,
    NICE,
    ORDERS_PACE_SECONDS,
    PACE_SECONDS,
    RETRY_SECONDS,
    NativeError,
    NativeTables,
)
from route112.apps.station.slots import LEVEL_SECONDS
from route112.apps.station.translating import translate_beside
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

HOUR = 3_600_000_000


class World:
    """Clocks, a Kamailio, a translator and a reporter that only remember."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.now = NOW
        self.seconds = 100.0
        self.slot, self.marks = "a", {"a": "", "b": ""}
        self.switched = []
        self.patched = []
        self.by_orders = []
        self.translated = []
        self.nice = []
        self.events = []
        self.texts = []
        self.delays_ms = []
        self.fault = None
        self.held = None
        """Set for a translation that takes until somebody lets it go."""
        for name in ("read_slot", "read_built", "load_slot", "patch_slot", "use_slot"):
            monkeypatch.setattr(module, name, getattr(self, name))
        self.file = folder / "native.sqlite"
        self.native = NativeTables(
            self.file,
            folder / "rpc.sock",
            self,
            now=lambda: self.now,
            monotonic_s=lambda: self.seconds,
            translate=self.translate,
        )

    async def translate(self, snapshot, target, *, now, known, basis, nice):
        self.translated.append(Snapshot(snapshot.read_bytes()).generation)
        self.nice.append(nice)
        self.by_orders.append(basis is not None)
        if self.held:
            await self.held.wait()
        return self.make(snapshot, target, now=now, known=known, basis=basis)

    def make(self, snapshot, target, *, now, known, basis):
        """Do in this process what is done beside it."""
        content = snapshot.read_bytes()
        if basis:
            return reorder_file(
                REORDERING, Snapshot(content), basis=basis, target=target, now=now, known=known
            )
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
            patch.setattr(translation.mmap, "mmap", lambda *_arguments, **_options: content)
            patch.setattr(translation.signal, "alarm", lambda _seconds: None)
            patch.setattr(translation.gc, "disable", lambda: None)
            if main([str(target), str(now), known]):
                raise OSError(f"{target} was not written")
        return read_translation(said.getvalue())

    @property
    def built(self):
        return self.marks[self.slot]

    @built.setter
    def built(self, mark):
        self.marks[self.slot] = mark

    async def read_slot(self, _path, _tables):
        if self.fault:
            raise RpcError(self.fault)
        return self.slot, self.built

    async def read_built(self, _path, slot, _tables):
        if self.fault:
            raise RpcError(self.fault)
        return self.marks[slot]

    async def load_slot(self, _path, slot, marks):
        assert slot != self.slot
        self.marks[slot] = marks["zn"]["built"]

    async def patch_slot(self, _path, slot, rows, marks):
        assert slot != self.slot
        self.marks[slot] = marks["zn"]["built"]
        self.patched.append((slot, rows))

    async def use_slot(self, _path, slot):
        self.slot = slot
        self.switched.append((slot, self.built.partition("@")[0]))

    def tell(self, event, text, *, generation=0, reason="", ms=None):
        self.events.append((event, generation, reason))
        self.texts.append(text)
        self.delays_ms.append(ms)

    def stage(self, **changes):
        content = write_snapshot(small_content(**changes))
        path = self.folder / f"g{Snapshot(content).generation}.r112"
        path.write_bytes(content)
        return Staged(path, Snapshot(content))

    def build(self, staged):
        return asyncio.run(self.native.build(staged))

    def step(self, staged, *, ready=True, wait_s=PACE_SECONDS):
        """Step, and wait for what was begun; then let the pace pass."""

        async def step():
            self.native.step(staged, ready=ready)
            if self.native._task:
                await asyncio.wait((self.native._task,))
                self.native.step(staged, ready=ready)
                await self.native.end()

        asyncio.run(step())
        self.seconds += wait_s


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def test_a_table_is_built_once_and_put_in_use_once(world):
    staged = world.stage()
    assert world.build(staged)
    assert not world.build(staged)
    world.step(staged, ready=False)
    assert world.switched == []
    world.step(staged)
    world.step(staged)
    assert world.switched == [("b", "42")]
    assert world.events == [("native-flip", 42, "slot-b")]
    assert world.delays_ms == [0]


def test_what_kamailio_loaded_at_its_start_needs_no_switch(world):
    staged = world.stage()
    world.build(staged)
    world.built = f"42@{NOW}"
    world.step(staged)
    assert world.switched == []
    assert world.events == [("native-flip", 42, "slot-a")]
    world.built = "0"
    world.step(staged)
    assert world.switched == [], "it is taken for granted until it starts anew"
    world.native.forget()
    world.step(staged)
    assert world.switched == [("b", "42")]


def test_another_snapshot_an_order_and_a_clock_set_back_build_anew(world):
    world.step(world.stage())
    staged = world.stage(generation=43)
    world.step(staged)
    assert world.switched == [("b", "42"), ("a", "43")]
    world.now = world.native.due
    world.step(staged)
    assert world.switched[2:] == [("b", "43")]
    world.now = NOW
    world.step(staged)
    assert world.switched[3:] == [("a", "43")]


def test_an_instant_that_changes_no_answer_changes_no_table(world):
    staged = world.stage(orders=())
    assert world.build(staged)
    due = world.native.due
    world.now = due
    assert world.build(staged), "the fire service has the nights"
    world.now = NOW + 2 * HOUR
    assert world.build(staged)
    world.now = NOW + 1 * HOUR
    assert not world.build(staged), "the clock was set back, within the day"
    assert world.native.due == due


def test_without_anything_that_ends_there_is_nothing_due(world):
    routes = tuple((row[-1],) for row in small_content().routes)
    world.step(world.stage(orders=(), hours=(), routes=routes))
    assert world.native.due is None
    assert world.events == [("native-flip", 42, "slot-b")]


def test_only_the_newest_is_translated_one_at_a_time_and_the_delay_is_told(world):
    first, others = world.stage(), [world.stage(generation=g) for g in (43, 44, 45)]
    world.step(first)

    async def storm():
        world.held = asyncio.Event()
        for staged in others:
            world.native.step(staged, ready=True)  # returns at once
            await asyncio.sleep(0)
            world.seconds += 1.0
        assert world.translated == [42, 43]
        assert world.native.due is None, "nothing to wake up for while it works"
        world.held.set()
        await asyncio.wait((world.native._task,))
        assert world.delays_ms[-1] == 3_000, "since 43 came"
        world.native.step(others[-1], ready=True)
        await asyncio.wait((world.native._task,))
        await world.native.end()

    asyncio.run(storm())
    assert world.translated == [42, 43, 45]
    assert world.switched == [("b", "42"), ("a", "43"), ("b", "45")]
    assert world.delays_ms[-1] == 2_000, "since 44 came"
    assert "g45 in slot b, 2.0 s behind" in world.texts[-1]


def test_snapshots_that_come_thick_are_paced_and_hours_are_not(world):
    world.step(world.stage(), wait_s=0.5)
    staged = world.stage(generation=43, edition="2030")
    world.step(staged, wait_s=PACE_SECONDS - 0.5)
    assert world.translated == [42]
    world.step(staged, wait_s=0.0)
    assert world.translated == [42, 43]
    world.now = world.native.due
    world.step(staged, wait_s=0.0)
    assert world.translated == [42, 43, 43]
    assert world.nice == [NICE, NICE, 0]


def test_a_table_that_stays_behind_is_an_alarm_once_until_it_follows(world):
    world.step(world.stage())
    world.fault = "no answer"
    late = world.stage(generation=43)
    world.step(late)
    world.seconds += LATE_SECONDS
    world.step(late)
    world.step(late)
    names = [name for name, _, _ in world.events]
    assert names == ["native-flip", "native-failed", "native-late"]
    assert world.events[-1][2] == "behind"
    assert world.delays_ms[-1] == (LATE_SECONDS + PACE_SECONDS) * 1_000
    assert world.native.behind_s > LATE_SECONDS
    world.fault = None
    world.step(late)
    assert world.events[-1] == ("native-flip", 43, "slot-a")
    assert world.delays_ms[-1] > LATE_SECONDS * 1_000
    assert world.native.behind_s == 0.0
    world.step(late)
    assert len(world.events) == 4


def test_a_kamailio_that_does_not_answer_is_asked_again_later_and_told_once(world):
    staged = world.stage()
    world.fault = "no answer"
    world.step(staged, wait_s=0.0)
    assert world.native.due is None, "nothing to wake up for before the next trial"
    world.step(staged, wait_s=RETRY_SECONDS)
    world.step(staged, wait_s=RETRY_SECONDS)
    assert world.events == [("native-failed", 42, "not-loaded")]
    world.fault = None
    world.step(staged)
    assert world.switched == [("b", "42")]


def test_a_kamailio_that_began_anew_meanwhile_is_asked_again(world):
    staged = world.stage()
    world.build(staged)

    async def use(_path, slot):
        world.native.forget()
        await World.use_slot(world, _path, slot)

    module.use_slot, kept = use, module.use_slot
    world.step(staged)
    module.use_slot = kept
    world.built = "0"
    world.step(staged)
    assert world.switched == [("b", "42"), ("a", "42")]


def test_a_file_that_cannot_be_written_leaves_the_table_in_use(world):
    world.step(world.stage())
    world.file.unlink()
    world.file.mkdir()
    staged = world.stage(generation=43)
    world.step(staged)
    assert world.events[-1] == ("native-failed", 43, "not-written")
    assert world.native.table.generation == 42
    with pytest.raises(NativeError, match=r"native\.sqlite cannot be made: "):
        world.build(staged)
    world.file.rmdir()
    world.step(staged)
    assert world.switched[-1] == ("a", "43")


def test_what_a_killed_child_left_is_removed(world):
    async def fail(*_arguments, **_options):
        (world.folder / ".native-next.new.abc.new").write_bytes(b"half")
        raise ErrandError("took longer than 60 s")

    world.native._translate = fail
    world.step(world.stage())
    assert world.events == [("native-failed", 42, "not-written")]
    assert "took longer than 60 s; tried again every 1 s" in world.texts[0]
    assert not list(world.folder.glob(".native-next*"))


def test_a_mistake_of_ours_is_not_hidden(world):
    async def fail(*_arguments, **_options):
        raise ZeroDivisionError

    world.native._translate = fail
    with pytest.raises(ZeroDivisionError):
        world.step(world.stage())


def test_an_order_is_followed_at_once_and_replaces_rows_only(world):
    plain = world.stage(orders=())
    world.build(plain)
    world.marks = dict.fromkeys("ab", f"42@{NOW}")
    world.step(plain, wait_s=LEVEL_SECONDS)
    world.step(plain, wait_s=0.0)
    ordered = world.stage(generation=43)
    world.step(ordered, wait_s=ORDERS_PACE_SECONDS)
    world.step(world.stage(generation=44, orders=()), wait_s=0.0)
    assert world.by_orders == [False, True, True]
    assert world.nice == [0, 0, 0]
    assert world.switched == [("b", "43"), ("a", "44")]
    rows = read_rows(world.file, "zn")
    [(_, first), (_, second)] = world.patched
    assert first["zn"].keys() == second["zn"].keys() < rows.keys()
    assert second["zn"].items() <= rows.items()
    assert f"of which {len(first['zn'])} were replaced" in world.texts[-1]


def test_an_order_that_begins_or_ends_takes_the_same_way(world):
    staged = world.stage()
    world.step(staged)
    world.now = UtcTime(VALID_FROM - 1)
    world.step(staged, wait_s=LEVEL_SECONDS)
    world.step(staged)
    world.by_orders.clear()
    hours = world.native._stands_until
    while world.native.due < hours:
        world.now = world.native.due
        world.step(staged, wait_s=1.0)
    assert world.now == VALID_FROM
    assert world.by_orders == [True]
    assert world.patched[-1][1]["zn"]
    world.now = hours
    world.step(staged)
    assert world.by_orders == [True, False]


def test_what_differs_in_more_than_orders_is_translated_whole(world):
    world.step(world.stage())
    world.step(world.stage(generation=43, edition="2030"))
    world.now = UtcTime(NOW - 1)
    world.step(world.stage(generation=44, edition="2030"))
    assert world.by_orders == [False, False, False], "clocks were set back"
    world.now = world.native._stands_until
    world.step(world.stage(generation=45, edition="2030"))
    assert world.by_orders[3:] == [False], "hours change as well"
    assert world.patched == []


def test_after_a_trial_that_failed_all_is_translated(world):
    world.step(world.stage())
    kept, world.make = world.make, None
    world.native._translate, translate = fail, world.native._translate
    world.step(world.stage(generation=43, orders=()))
    assert world.events[-1][2] == "not-written"
    world.native._translate, world.make = translate, kept
    world.step(world.stage(generation=43, orders=()))
    assert world.by_orders == [False, False]
    assert world.switched[-1] == ("a", "43")


async def fail(*_arguments, **_options):
    raise ErrandError("took longer than 60 s")


def test_a_copy_that_cannot_be_made_equal_is_tried_again_and_told_once(world):
    staged = world.stage()
    world.step(staged, wait_s=LEVEL_SECONDS)
    world.fault = "no answer"
    world.step(staged, wait_s=RETRY_SECONDS)
    world.step(staged, wait_s=RETRY_SECONDS)
    assert world.events[1:] == [("native-failed", 42, "not-loaded")]
    world.fault = None
    world.step(staged)
    world.step(world.stage(generation=43, orders=()))
    assert len(world.patched) == 1


def test_the_child_makes_the_table_that_this_process_would_make(world, tmp_path):
    staged, target = world.stage(), tmp_path / "made"
    again = tmp_path / "again"
    beside = translate_beside("native", reordering=REORDERING)
    expected = world.make(staged.path, again, now=NOW, known="", basis=None)
    assert (
        asyncio.run(beside(staged.path, target, now=NOW, known="", basis=None, nice=0)) == expected
    )
    assert target.read_bytes() == again.read_bytes()
