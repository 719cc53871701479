import pytest
from tests.support.planned import write_plan
from tests.unit.watch.probing.test_paths import TOPOLOGY

from route112.apps.planner.senses.afar import FarLives, FarPlace, NeverComparedError
from route112.apps.planner.senses.lives import ASK_SECONDS, ILL_SECONDS
from route112.change import StationFact
from route112.replication import AtGate, Report
from route112.snapshot.reader import Snapshot


class World:
    def __init__(self, folder):
        self.facts, self.files, self.seconds = {}, {}, 100.0
        self.place = FarPlace(
            run_dir=folder, topology=TOPOLOGY, find_file=lambda _hash: None,
            find_snapshot=self.files.get, find_fact=self.facts.get,
        )  # fmt: skip
        self.lives = FarLives(folder, self.facts.get)
        self.lives._monotonic_s = lambda: self.seconds

    def say(self, *, age_s=0.5, content_hash="", serving=True, at_gate=None):
        report = Report(
            station="s1", number=1, content_hash=content_hash, serving=serving, at_gate=at_gate
        )
        self.facts["s1"] = StationFact(report=report, age_s=age_s)

    def ill(self):
        """Look until whatever is wrong has lasted long enough."""
        for _ in range(int(ILL_SECONDS / ASK_SECONDS) + 1):
            self.seconds += ASK_SECONDS
            found = self.lives.find_ill("s1", "k")
        return found


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_station_compares_its_translations_itself(world):
    assert world.place.asks_at_gate
    assert world.place.compare("s1") is None
    world.say()
    assert world.place.compare("s1") is None, "it was not asked yet"
    world.say(at_gate=AtGate())
    assert world.place.compare("s1") is None
    world.say(at_gate=AtGate(differences=3))
    assert world.place.compare("s1") == 3
    world.say(at_gate=AtGate(flaw="ZeroDivisionError: by nobody"))
    with pytest.raises(NeverComparedError, match="ZeroDivisionError: by nobody"):
        world.place.compare("s1")


def test_what_it_has_in_force_is_among_the_planners_own_files(world, tmp_path):
    assert world.place.read_in_force("s1") is None
    path = write_plan(tmp_path / "plan.r112")
    snapshot = Snapshot(path.read_bytes())
    world.say(content_hash=snapshot.content_hash)
    assert world.place.read_in_force("s1") is None
    world.files[snapshot.content_hash] = path
    assert world.place.read_in_force("s1").content_hash == snapshot.content_hash
    path.write_bytes(b"nonsense")
    assert world.place.read_in_force("s1") is None
    path.unlink()
    assert world.place.read_in_force("s1") is None


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, ""),
        ({"at_gate": AtGate()}, ""),
        ({"at_gate": AtGate(status=200)}, ""),
        ({"at_gate": AtGate(status=503), "serving": False}, ""),
        ({"at_gate": AtGate(status=503), "age_s": 6.0}, ""),
        (
            {"at_gate": AtGate(status=503)},
            "it answers OPTIONS with 503: Python decides no call there",
        ),
        ({"at_gate": AtGate(status=0)}, "it does not answer OPTIONS"),
    ],
)
def test_what_is_wrong_with_it_is_what_it_says(world, said, text):
    assert world.lives.find_ill("s1", "k") == ""
    world.say(**said)
    assert world.lives.find_ill("s1", "k") == "", "it may have taken something a moment ago"
    assert world.ill() == text
