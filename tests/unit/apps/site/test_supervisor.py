import asyncio
import os
import signal

import pytest
from tests.support.snapshots import NOW, VALID_UNTIL, sign_blindly, small_content, small_trust

from route112.adapters.staging import Staging
from route112.apps.site.events import Reporter
from route112.apps.site.kamailio import KamailioError
from route112.apps.site.supervisor import Clocks, Offers, Supervisor, describe
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot


class Remembering(Reporter):
    """A reporter whose events a test reads."""

    def __init__(self, folder):
        raw = os.open(folder / "raw.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        super().__init__("site-3", raw=raw, key="", now=lambda: NOW)
        self.events = []
        self.said = []

    def say(self, text):
        self.said.append(text)

    def tell(self, event, text, *, generation=0, reason=""):
        self.events.append((event, reason))
        super().tell(event, text, generation=generation, reason=reason)


class World:
    def __init__(self, folder, *, trust=False):
        self.folder = folder
        self.plan = folder / "plan.r112"
        self.trust = folder / "trust.json" if trust else None
        if self.trust:
            self.trust.write_bytes(render_trust(small_trust()))
        self.report = Remembering(folder)
        self.clocks = Clocks(lambda: NOW, lambda: 0.0)
        trusted = small_trust() if trust else None
        self.staging = Staging(folder / "run", trusted, now=NOW)
        self.offers = Offers(self.plan, self.trust, self.staging, self.report, self.clocks)

    def write(self, generation, *, key="a", rename=True, cut=0):
        content = sign_blindly(write_snapshot(small_content(generation=generation)), key)
        path = self.folder / "new" if rename else self.plan
        path.write_bytes(content[: len(content) - cut])
        path.replace(self.plan)

    @property
    def generation(self):
        staged = self.staging.in_force
        return None if staged is None else staged.snapshot.generation


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_file_is_judged_when_it_is_replaced_and_not_else(world):
    world.write(42)
    assert world.offers.take()
    assert world.report.events == [("snapshot", "offered")]
    assert world.report.generation == 42
    assert not world.offers.take()
    world.write(43)
    assert world.offers.take()
    assert world.generation == 43


def test_a_refusal_names_the_reason_and_what_stays(world):
    world.write(42)
    world.offers.take()
    world.write(41)
    assert not world.offers.take()
    assert world.report.events[-1] == ("snapshot-refused", "older-generation")
    assert world.report.said[-1] == (
        f"{world.plan} is refused (older-generation): "
        "generation 41 is older than 42, already accepted; g42 stays"
    )
    assert not world.offers.take()
    assert len(world.report.events) == 2, "said once"


def test_a_missing_file_is_told_once_and_taken_when_it_comes(world):
    assert not world.offers.take()
    assert not world.offers.take()
    assert world.report.events == [("snapshot-refused", "unreadable")]
    assert world.report.said[-1].endswith("; nothing is in force")
    world.write(42)
    assert world.offers.take()


def test_a_file_that_is_being_written_is_judged_when_it_stands_still(world):
    world.write(42)
    world.offers.take()
    content = sign_blindly(write_snapshot(small_content(generation=43)), "a")
    for end in (1_000, 2_000, len(content)):
        with world.plan.open("wb") as file:
            file.write(content[:end])
        assert not world.offers.take()
    assert world.offers.take()
    assert world.report.events == [("snapshot", "offered")] * 2


def test_whoever_asks_gets_an_answer_about_the_same_file(world):
    world.write(42)
    world.offers.take()
    world.offers.asked = True
    assert not world.offers.take(), "it is in force already"
    assert len(world.report.events) == 1
    world.plan.write_bytes(b"not a snapshot")
    world.offers.asked = True
    world.offers.take()
    assert world.report.events[-1] == ("snapshot-refused", "not-a-snapshot")


def test_a_new_trust_list_counts_at_once_and_a_bad_one_changes_nothing(tmp_path):
    world = World(tmp_path, trust=True)
    world.write(42, key="e")
    world.offers.take()
    assert world.report.events == [("snapshot-refused", "unknown-key")]
    world.write(42)
    assert world.offers.take()
    aside = tmp_path / "aside"
    aside.write_text("{")
    aside.replace(world.trust)
    world.write(43)
    assert world.offers.take()
    assert any(text.startswith("the trust list stays as it was") for text in world.report.said)


def test_a_disk_that_is_full_leaves_the_one_in_force(world, monkeypatch):
    world.write(42)
    world.offers.take()

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("route112.adapters.staging.os.fsync", full)
    world.write(43)
    assert not world.offers.take()
    assert world.report.events[-1] == ("snapshot-refused", "not-staged")
    assert world.generation == 42


def test_a_snapshot_past_its_time_says_so():
    snapshot = Snapshot(write_snapshot(small_content()))
    assert describe(snapshot, NOW) == "g42 (edition 2026-11, 3 orders, until 2027-12-31T00:00:00Z)"
    assert "OUT OF DATE since" in describe(snapshot, VALID_UNTIL)


class FakeNative:
    def __init__(self):
        self.due = None
        self.done = []

    def build(self, snapshot):
        self.done.append(f"build g{snapshot.generation}")

    def forget(self):
        self.done.append("forget")

    async def step(self, snapshot, *, ready):
        self.done.append(f"step g{snapshot.generation} {ready}")


class FakeKamailio:
    def __init__(self, wake, *, faults=(), ready=True):
        self.wake = wake
        self.faults = list(faults)
        self.ready = ready
        self.was_ready = ready
        self.starts = 0
        self.steps = 0
        self.done = []
        self.on_step = lambda _count: None

    def prepare(self):
        self.done.append("prepare")

    async def begin(self):
        self.done.append("begin")

    async def step(self):
        self.steps += 1
        self.starts = max(self.starts, 1)
        self.on_step(self.steps)
        if self.faults:
            raise self.faults.pop()

    async def stop(self):
        self.done.append("stop")


class FakeRecording:
    def __init__(self):
        self.done = []

    def begin(self):
        self.done.append("begin")

    async def end(self):
        self.done.append("end")


class Site:
    def __init__(self, world, **options):
        self.native = FakeNative()
        self.recording = FakeRecording()
        world.write(42)
        world.offers.take()

        def make(wake):
            self.kamailio = FakeKamailio(wake, **options)
            return self.kamailio

        self.supervisor = Supervisor(
            offers=world.offers,
            staging=world.staging,
            native=self.native,
            make_kamailio=make,
            recording=self.recording,
            report=world.report,
            clocks=world.clocks,
        )

    def run(self, on_step, *, seconds_max=None):
        self.kamailio.on_step = on_step
        asyncio.run(self.supervisor.run(seconds_max=seconds_max))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_site(world, number):
    site = Site(world)
    site.run(lambda _count: os.kill(os.getpid(), number))
    assert site.kamailio.done == ["prepare", "begin", "stop"]
    assert site.recording.done == ["begin", "end"]
    assert site.native.done[0] == "build g42"
    assert site.native.done[1:3] == ["forget", "step g42 True"]
    assert world.report.events[-1] == ("stop", number.name.lower())


def test_hangup_offers_the_same_file_again_and_time_may_be_short(world):
    site = Site(world, ready=False)
    world.staging.in_force = None
    world.staging._floor_digits = None

    def hang_up(count):
        if count == 1:
            world.write(44)
            os.kill(os.getpid(), signal.SIGHUP)

    world.offers.asked = True
    world.offers.take()
    site.run(hang_up, seconds_max=0.1)
    assert world.generation == 44
    assert world.report.events[-1] == ("stop", "time-is-over")
    assert site.native.done.count("forget") == 1


def test_a_first_start_that_fails_ends_everything(world):
    site = Site(world, ready=False, faults=[KamailioError("taken", "look")])
    with pytest.raises(KamailioError, match="taken"):
        site.run(lambda _count: None)
    assert site.kamailio.done[-1] == "stop"
    assert site.recording.done == ["begin", "end"]


@pytest.mark.parametrize(
    "fault", [KamailioError("taken", "look"), OSError(28, "No space left on device")]
)
def test_a_later_start_that_fails_is_told_and_tried_again(world, fault):
    site = Site(world, faults=[fault])
    site.run(lambda _count: None, seconds_max=0.05)
    assert world.report.events[-2:] == [
        ("restart-failed", "not-started"),
        ("stop", "time-is-over"),
    ]


def test_what_is_due_soon_shortens_the_wait(world):
    site = Site(world)
    site.native.due = UtcTime(NOW + 1_000)
    site.run(lambda _count: None, seconds_max=0.05)
    assert site.kamailio.steps > 5
