import pytest
from tests.support.planned import write_plan

from route112.apps.receiver.loop import Loop, Parts
from route112.apps.receiver.planner_link import LinkError
from route112.replication import NOTHING, Report, Wanted
from route112.snapshot.reader import Snapshot


class World:
    """A planner that is asked without a network, and a clock."""

    def __init__(self, tmp_path):
        self.now_s, self.said, self.asked = 100.0, [], 0
        self.wanted, self.content = NOTHING, b""
        self.heeded = []
        self.into = tmp_path / "into" / "fr.r112"
        self.into.parent.mkdir()
        self.report = Report(station="site-1", number=1, content_hash="1" * 64)
        self.loop = Loop(
            Parts(
                link=self,
                read_report=lambda: self.report,
                heed=self.heeded.append,
                into=self.into,
                say=self.said.append,
                monotonic_s=lambda: self.now_s,
            )
        )

    def ask(self, _report):
        self.asked += 1
        if isinstance(self.wanted, LinkError):
            raise self.wanted
        return self.wanted

    def fetch(self, _wanted, progressed):
        progressed()
        if isinstance(self.content, LinkError):
            raise self.content
        return self.content

    def want(self, path, **changes):
        self.content = path.read_bytes()
        snapshot = Snapshot(self.content)
        values = {
            "number": snapshot.generation,
            "content_hash": snapshot.content_hash,
            "size": len(self.content),
        }
        self.wanted = Wanted(**values | changes)

    def step(self):
        self.now_s += 1
        self.loop.step()
        return self.loop._receiver.flaw


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_what_is_newer_is_fetched_and_offered_once(world, tmp_path):
    world.want(write_plan(tmp_path / "g7", generation=7))
    assert world.step() == ""
    assert world.into.read_bytes() == world.content
    assert world.into.stat().st_mode & 0o777 == 0o600
    stamp = world.into.stat()
    assert world.step() == ""
    assert world.into.stat() == stamp
    assert world.said == [f"g7 is offered at {world.into}"]


def test_it_is_asked_once_a_second(world):
    for _ in range(30):
        if world.loop.is_due:
            world.loop.step()
        world.now_s += 0.1
    assert world.asked == 3


@pytest.mark.parametrize(
    ("spoil", "flaw"),
    [
        (lambda world: setattr(world, "content", world.content[:-1]), "altered"),
        (lambda world: setattr(world, "content", b"nonsense"), "altered"),
        (lambda world: setattr(world, "content", world.content + b"x"), "altered"),
        (lambda world: world.want(world.other), "altered"),
        (lambda world: setattr(world, "content", LinkError("cut", "cut")), "cut"),
        (lambda world: setattr(world, "wanted", LinkError("unreachable", "")), "unreachable"),
    ],
)
def test_what_is_not_what_was_wanted_is_not_offered(world, tmp_path, spoil, flaw):
    world.want(write_plan(tmp_path / "g7", generation=7))
    wanted = world.wanted
    world.other = write_plan(tmp_path / "x7", generation=7, edition="other")
    spoil(world)
    if isinstance(world.wanted, Wanted):
        world.wanted = wanted
    assert world.step() == flaw
    assert not world.into.exists()
    assert world.said == [f"nothing new: {flaw}; asked again each second"]
    world.want(tmp_path / "g7")
    assert world.step() == ""
    assert world.into.exists()
    assert world.said[-1] == "the planner answers"


def test_a_number_that_is_not_the_files_is_a_lie(world, tmp_path):
    world.want(write_plan(tmp_path / "g7", generation=7), number=9)
    assert world.step() == "other-generation"
    assert not world.into.exists()


def test_nothing_older_is_ever_offered(world, tmp_path):
    world.report = Report(station="site-1", number=8, content_hash="8" * 64)
    world.want(write_plan(tmp_path / "g7", generation=7))
    assert world.step() == "older-generation"
    assert not world.into.exists()


def test_without_room_the_file_of_before_stays(world, tmp_path):
    world.want(write_plan(tmp_path / "g7", generation=7))
    world.into.parent.rmdir()
    assert world.step() == "not-written"
    world.into.parent.mkdir()
    assert world.step() == ""
    assert world.into.exists()


def test_a_station_that_was_stopped_says_nothing_and_takes_nothing(world, tmp_path):
    report, world.report = world.report, None
    world.want(write_plan(tmp_path / "g7", generation=7))
    for _ in range(30):
        if world.loop.is_due:
            world.loop.step()
        world.now_s += 0.1
    assert (world.asked, world.into.exists()) == (0, False)
    assert world.said == ["was stopped: the planner is told nothing"]
    world.report = report
    world.step()
    assert world.asked == 1
    assert world.said[1:] == ["runs again", f"g7 is offered at {world.into}"]


def test_what_the_planner_wants_to_know_is_heeded(world):
    world.wanted = Wanted(0, "", at_gate=True)
    world.step()
    assert [each.at_gate for each in world.heeded] == [True]
    world.wanted = LinkError("unreachable", "")
    world.step()
    assert len(world.heeded) == 1
