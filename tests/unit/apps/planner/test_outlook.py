from dataclasses import dataclass
from pathlib import Path

from tests.support.planned import found_engine, tell
from tests.unit.watch.probing.test_paths import TOPOLOGY

from route112.apps.planner.hands import LocalHands
from route112.apps.planner.outlook import Later, open_country
from route112.apps.planner.seams import Handless, Unwatched
from route112.change import Kind, State


@dataclass
class Asked:
    run_dir: Path | None = None
    watch: Path | None = None
    versions: Path | None = None


def open_asked(**asked):
    said = []
    senses, hands = open_country(Asked(**asked), TOPOLOGY, Later(()), say=said.append)
    return senses, hands, said


def test_without_a_watch_nothing_changes_and_the_remedy_is_named():
    senses, hands, said = open_asked()
    assert (type(senses), type(hands)) == (Unwatched, Handless)
    assert said == [
        "neither --run-dir nor --watch: nobody watches, so orders pass and changes do not"
    ]
    [alarm] = senses.measure(State(), 1).alarms
    assert alarm.endswith("no --watch names the folder of a `watch run` on this host")


def test_with_a_watch_stations_of_other_hosts_take_plans_and_say_themselves_how_they_are(tmp_path):
    senses, hands, said = open_asked(watch=tmp_path)
    assert senses.asks_at_gate
    assert hands.kinds == {Kind.PLAN}
    assert said == ["no --run-dir: plans and orders pass, and nobody acts at stations"]
    [alarm] = senses.measure(State(), 1).alarms
    assert str(tmp_path)[:40] in alarm
    senses.close()


def test_stations_of_this_machine_are_looked_at_here(tmp_path):
    senses, hands, said = open_asked(run_dir=tmp_path)
    assert not senses.asks_at_gate
    assert isinstance(hands, LocalHands)
    assert hands.kinds == set(Kind)
    assert said == []
    senses.close()


def test_what_an_engine_has_is_found_as_soon_as_there_is_one(tmp_path):
    engines = []
    later = Later(engines)
    assert (later.find_candidate("a"), later.find_snapshot("a"), later.find_fact("site-1")) == (
        None,
        None,
        None,
    )
    engine = found_engine(tmp_path)
    tell(engine)
    engines.append(engine)
    content_hash = engine.state.candidate
    assert later.find_candidate(content_hash) == engine.find_candidate(content_hash) is not None
    assert later.find_snapshot(content_hash) == engine.find_snapshot(content_hash) is not None
    assert later.find_fact("site-1").report.number == 42
    engine.close()
