import time
from dataclasses import replace

import pytest
from tests.support.seen import T0, S
from tests.support.snapshots import LINES, NOW, small_content
from tests.unit.apps.planner.senses.test_alarms import alarm, find
from tests.unit.apps.planner.senses.test_trials import met
from tests.unit.watch.probing.test_paths import G1, TOPOLOGY

from route112 import native
from route112.adapters.tables.native import write_native
from route112.apps.planner.senses import eyes as module
from route112.apps.planner.senses import places
from route112.apps.planner.senses.eyes import Eyes
from route112.apps.planner.senses.load import Load
from route112.apps.planner.senses.places import Place
from route112.apps.planner.senses.testing import TRIES_MAX, TRIES_RESTED_MAX
from route112.apps.planner.senses.view import BlindError
from route112.change import Change, Kind, LoadProof, Probing, State, Step
from route112.model import Hop, UtcTime
from route112.snapshot.content import TrunkRow
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

TRUNKS = tuple(
    TrunkRow(name=f"t{number}", hops=(Hop(
        address=G1, transport="udp", technology="rtc", vendor="v", capacity_calls=1
    ),)) for number in range(3)
)  # fmt: skip
OTHER = (replace(LINES[0], number="+33261910099"), *LINES[1:])


class FakeView:
    def __init__(self):
        self.found = []
        self.blind = False
        self.asked = []
        self.loads = {}
        self.alarms = []

    def list_alarms(self, now_us):
        assert now_us >= T0
        if self.blind:
            raise BlindError("watch is not there")
        return self.alarms

    def list_met(self, since_us, calls_after, lefts_after):
        if self.blind:
            raise BlindError("watch is not there")
        self.asked.append((since_us, calls_after, lefts_after))
        found, self.found = self.found, []
        return found

    def measure_load(self, now_us):
        assert now_us >= T0
        if self.blind:
            raise BlindError("watch is not there")
        return self.loads


class FakeRounds:
    def __init__(self):
        self.asked = {}
        self.ended = 0
        self.rung_us = {}

    def look(self, key, make_wanted, *, tries_max):
        self.tries_max = tries_max
        if key not in self.asked:
            wanted = make_wanted()
            if wanted is None:
                return None
            self.asked[key] = wanted
        return Probing(wanted=len(self.asked[key]), passed=0)

    def end(self):
        self.ended += 1


class FakeLives:
    def __init__(self):
        self.ill = self.fallen = ""
        self.asked = []
        self.answers = True

    def has_answered(self, station, key):
        assert (station, key[0]) == ("s1", "c1")
        return self.answers

    def find_ill(self, station, key):
        self.asked.append((station, key))
        return self.ill

    def find_fallen(self, station, version, key):
        assert (station, version, key[0]) == ("s1", "", "c1")
        return self.fallen


class World:
    def __init__(self, folder, monkeypatch):
        self.lives = FakeLives()
        self.folder, self.view, self.rounds = folder, FakeView(), FakeRounds()
        self.seconds = 100.0
        self.files = {}
        self.serving = ("s2",)
        monkeypatch.setattr(module, "list_serving", lambda _run_dir: self.serving)
        self.place = Place(run_dir=folder, topology=TOPOLOGY, find_file=self.files.get)
        self.eyes = Eyes(
            self.place, self.view, self.rounds, lives=self.lives, monotonic_s=lambda: self.seconds
        )

    def keep(self, name, **changes):
        self.files[name] = self.folder / f"{name}.r112"
        self.files[name].write_bytes(write_snapshot(small_content(trunks=TRUNKS, **changes)))
        return self.files[name]

    def serve(self, path, station="s1"):
        """Have a station serve a snapshot, with its native table."""
        folder = self.folder / station
        folder.mkdir(exist_ok=True)
        (folder / "current").write_text(f"{path}\n")
        table = native.translate(Snapshot(path.read_bytes()), now=UtcTime(NOW))
        write_native(folder / "native.sqlite", table)

    def measure(self, step, *, kind=Kind.PLAN, since_us=T0, station="s1"):
        change = Change(
            id="c1", kind=kind, author="a", approver="b", reason="r", stations=(station,),
            candidate="new" if kind is Kind.PLAN else "", begun_us=T0 - S, step=step,
            since_us=since_us,
        )  # fmt: skip
        return self.eyes.measure(State(candidate="old", change=change), T0 + S)

    def gate(self, is_there, **options):
        deadline = time.monotonic() + 60
        while True:
            found = self.measure(Step.GATE, **options).gate
            if found is not None and is_there(found):
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.01)


@pytest.fixture
def world(tmp_path, monkeypatch):
    opened = World(tmp_path, monkeypatch)
    yield opened
    opened.eyes.close()


def test_without_a_change_only_alarms_are_looked_at(world):
    measured = world.eyes.measure(State(), T0)
    assert (measured.alarms, measured.gate, world.view.asked) == ((), None, [])
    assert world.rounds.ended == 1
    world.view.blind = True
    assert world.eyes.measure(State(), T0).alarms == ("nobody-watches: watch is not there",)


def test_the_gate_of_a_plan_has_callers_tests_of_what_moves_and_the_translations(world):
    world.keep("old")
    world.serve(world.keep("new", lines=OTHER, generation=43))
    world.view.found = [met(1, "s1"), met(2, "s2", failed=True)]
    gate = world.gate(lambda found: found.differences is not None)
    assert (gate.station, gate.since_us, gate.differences) == ("s1", T0, 0)
    found = [(each.series, each.served, each.others_failed) for each in gate.trials]
    assert found == [("all", 1, 1), ("15", 1, 1), ("departement 29", 1, 1)]
    assert gate.tests == Probing(wanted=1, passed=0)
    [wanted] = world.rounds.asked.values()
    assert [(path.site, path.hop) for path in wanted] == [("s1", G1)]
    assert world.view.asked[-1] == (T0, 2, 0)


def test_a_plan_that_moves_nothing_wants_no_tests(world):
    world.keep("old")
    world.serve(world.keep("new", generation=43))
    gate = world.gate(lambda found: found.differences is not None)
    assert gate.tests == Probing(wanted=0, passed=0)
    assert [each.series for each in gate.trials] == ["all"]


def test_a_gate_that_nobody_watches_has_no_callers(world):
    world.keep("old")
    world.serve(world.keep("new"))
    world.view.blind = True
    assert world.gate(lambda _found: True).trials == ()


def test_translations_are_looked_for_until_they_are_there(world):
    world.keep("old")
    path = world.keep("new")
    world.serve(path)
    (world.folder / "s1" / "native.sqlite").unlink()
    gate = world.gate(lambda found: found.trials)
    for _ in range(20):
        assert world.measure(Step.GATE).gate.differences is None
        time.sleep(0.005)
    assert gate.tests == Probing(wanted=0, passed=0), "nothing moves"
    world.serve(path)
    world.seconds += module.TRIES_SECONDS
    assert world.gate(lambda found: found.differences is not None).differences == 0


def test_what_cannot_be_compared_with_what_was_is_not_taken_for_nothing(world):
    world.keep("old")
    gate = world.gate(lambda found: found.troubles)
    assert gate.troubles == (
        "it cannot be compared: FileNotFoundError: candidate new is not there",
    )
    assert gate.trials == ()


def test_another_gate_begins_anew(world):
    world.keep("old")
    world.serve(world.keep("new"))
    world.view.found = [met(1, "s1")]
    assert world.gate(lambda found: found.trials).trials[0].served == 1
    assert world.gate(lambda found: found.trials, since_us=T0 + 1).trials[0].served == 0


def test_an_upgrade_tests_every_next_hop_and_moves_nothing(world):
    world.serve(world.keep("old"))
    measured = world.measure(Step.TEST, kind=Kind.UPGRADE)
    assert measured.tests == {"s1": Probing(wanted=1, passed=0)}
    assert world.rounds.tries_max == TRIES_RESTED_MAX
    gate = world.gate(lambda found: found.trials, kind=Kind.UPGRADE)
    assert gate.tests.wanted == 1
    assert world.rounds.tries_max == TRIES_MAX, "callers are served there"


def test_no_test_call_is_placed_before_the_station_answers(world):
    world.serve(world.keep("old"))
    world.lives.answers = False
    assert world.measure(Step.TEST, kind=Kind.UPGRADE).tests == {}
    assert world.rounds.asked == {}


@pytest.mark.parametrize("pointer", [None, "{folder}/gone.r112", "{folder}/half.r112"])
def test_what_is_in_force_cannot_be_read_and_nothing_is_taken_for_tested(world, pointer):
    world.serve(world.keep("old"))
    (world.folder / "half.r112").write_bytes(b"R112")
    current = world.folder / "s1" / "current"
    before = current.read_text()
    if pointer is None:
        current.unlink()
    else:
        current.write_text(pointer.format(folder=world.folder) + "\n")
    assert world.measure(Step.TEST, kind=Kind.UPGRADE).tests == {}
    assert world.measure(Step.GATE, kind=Kind.UPGRADE).gate is None
    current.write_text(before)
    assert world.measure(Step.TEST, kind=Kind.UPGRADE).tests["s1"].wanted == 1
    assert world.gate(lambda found: found.tests, kind=Kind.UPGRADE).tests.wanted == 1


def test_where_nobody_may_place_test_calls_none_is_wanted(world):
    world.serve(world.keep("old"))
    place = replace(world.place, topology=replace(TOPOLOGY, probes=None))
    world.eyes = Eyes(place, world.view, world.rounds)
    assert world.measure(Step.TEST, kind=Kind.UPGRADE).tests["s1"].wanted == 0


def test_when_responders_were_rung_is_not_known_none_is(world, monkeypatch):
    world.serve(world.keep("old"))
    monkeypatch.setattr(module, "read_rung", lambda _run_dir: None)
    assert world.measure(Step.TEST, kind=Kind.UPGRADE).tests["s1"].wanted == 1


def test_load_is_proved_once_a_second_and_not_by_the_blind(world):
    (world.folder / "s2").mkdir()
    (world.folder / "s2" / "site.cfg").write_text("#!define CALLS_MAX 100\n")
    proof = world.measure(Step.PROOF, kind=Kind.UPGRADE).proofs["s1"]
    assert proof.carries
    world.view.loads = {"a": Load(peak_per_s=100.0, rings_s=5.0)}
    assert world.measure(Step.PROOF, kind=Kind.UPGRADE).proofs["s1"] == proof
    world.seconds += module.PROOF_SECONDS
    later = world.measure(Step.PROOF, kind=Kind.UPGRADE).proofs["s1"]
    assert isinstance(later, LoadProof)
    assert not later.carries
    world.seconds += module.PROOF_SECONDS
    world.view.blind = True
    assert world.measure(Step.PROOF, kind=Kind.UPGRADE).proofs == {}


def test_what_points_to_a_site_is_looked_for_when_it_leaves(world, monkeypatch):
    monkeypatch.setattr(module, "list_pointing", lambda _place, station: (f"{station}-edge",))
    measured = world.measure(Step.UNPOINT, kind=Kind.EVACUATION)
    assert measured.pointing == {"s1": ("s1-edge",)}


def test_nothing_is_measured_of_a_step_that_asks_for_nothing(world):
    measured = world.measure(Step.WORK, kind=Kind.MAINTENANCE)
    assert (measured.gate, measured.tests, measured.proofs, measured.pointing) == (
        None,
        {},
        {},
        {},
    )


def test_a_mistake_in_a_comparison_speaks_against_the_station(world, monkeypatch):
    world.keep("old")
    world.serve(world.keep("new"))

    def fail(_folder):
        raise ZeroDivisionError("by nobody")

    monkeypatch.setattr(places, "compare_station", fail)
    gate = world.gate(lambda found: found.troubles)
    assert gate.troubles == ("it cannot be compared: ZeroDivisionError: by nobody",)


def test_a_station_that_is_ill_or_has_an_alarm_of_its_own_needs_no_callers(world):
    world.keep("old")
    world.serve(world.keep("new"))
    world.lives.ill = "it does not answer OPTIONS"
    assert world.gate(lambda _found: True).troubles == ("it does not answer OPTIONS",)
    assert world.lives.asked == [("s1", ("c1", "s1", T0))]
    world.lives.ill = ""
    world.view.alarms = [alarm(find(site="s1"))]
    [trouble] = world.gate(lambda _found: True).troubles
    assert trouble.startswith("alarm 3: s1")


def test_software_that_cannot_run_is_told_while_it_is_exchanged(world):
    world.lives.fallen = "exit code 1, 3 times since it was started"
    measured = world.measure(Step.SWAP, kind=Kind.UPGRADE)
    assert measured.fallen == {"s1": "exit code 1, 3 times since it was started"}
    assert world.measure(Step.SWAP_BACK, kind=Kind.UPGRADE).fallen == {}
