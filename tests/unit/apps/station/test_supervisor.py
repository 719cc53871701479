import asyncio
import os
import signal

import pytest
from tests.support.site_offers import OfferWorld
from tests.support.snapshots import NOW

from route112.apps.station.kamailio import KamailioError
from route112.apps.station.supervisor import Supervisor
from route112.model import UtcTime


@pytest.fixture
def world(tmp_path):
    return OfferWorld(tmp_path)


class FakeNative:
    def __init__(self):
        self.due = None
        self.done = []

    async def build(self, staged):
        self.done.append(f"build g{staged.snapshot.generation}")

    def forget(self):
        self.done.append("forget")

    def distrust(self):
        self.done.append("distrust")

    def step(self, staged, *, ready):
        self.done.append(f"step g{staged.snapshot.generation} {ready}")

    async def end(self):
        self.done.append("end")


class FakeDisk:
    def __init__(self):
        self.looks = 0

    def look(self):
        self.looks += 1


class FakeKamailio:
    def __init__(self, wake, *, faults=(), ready=True):
        self.wake = wake
        self.faults = list(faults)
        self.ready = ready
        self.was_ready = ready
        self.starts = self.vain = 0
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


class FakeDraining:
    def __init__(self):
        self.done = []

    def step(self, starts, *, ready):
        self.done.append((starts, ready))

    async def end(self):
        self.done.append("end")


class Site:
    def __init__(self, world, *, make_metrics=None, draining=None, **options):
        self.native = FakeNative()
        self.recording = FakeRecording()
        self.disk = FakeDisk()
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
            disk=self.disk,
            recording=self.recording,
            report=world.report,
            clocks=world.clocks,
            draining=draining,
            make_metrics=make_metrics,
        )

    def run(self, on_step, *, seconds_max=None):
        self.kamailio.on_step = on_step
        asyncio.run(self.supervisor.run(seconds_max=seconds_max))


def test_a_site_that_can_be_drained_is_looked_at_in_each_step(world):
    draining = FakeDraining()
    site = Site(world, draining=draining)
    site.run(lambda count: os.kill(os.getpid(), signal.SIGTERM) if count == 3 else None)
    assert draining.done == [(1, True)] * 3 + ["end"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_site(world, number):
    site = Site(world)
    site.run(lambda _count: os.kill(os.getpid(), number))
    assert site.kamailio.done == ["prepare", "begin", "stop"]
    assert site.recording.done == ["begin", "end"]
    assert site.native.done[0] == "build g42"
    assert site.native.done[1:3] == ["forget", "step g42 True"]
    assert site.native.done[-1] == "end"
    assert site.disk.looks == 1
    assert world.report.events[-1] == ("stop", number.name.lower())


def test_after_a_life_without_an_answer_the_native_table_is_written_anew(world):
    site = Site(world)

    def step(count):
        site.kamailio.vain = min(count, 2)
        if count == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    site.run(step)
    assert site.native.done.count("distrust") == 2


def test_what_is_offered_meanwhile_is_handed_to_the_native_table(world):
    site = Site(world)

    def offer(count):
        if count == 1:
            world.write(43)
        else:
            os.kill(os.getpid(), signal.SIGTERM)

    site.run(offer)
    assert "step g43 True" in site.native.done


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


def test_figures_are_served_while_it_runs(world):
    done = []

    class Figures:
        def begin(self):
            done.append("begin")

        async def end(self):
            done.append("end")

    site = Site(world, make_metrics=lambda kamailio: done.append(kamailio) or Figures())
    site.run(lambda _count: os.kill(os.getpid(), signal.SIGTERM))
    assert done == [site.kamailio, "begin", "end"]
