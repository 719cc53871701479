from dataclasses import replace

from tests.support.seen import T0
from tests.unit.watch.probing.test_paths import TOPOLOGY

from route112.apps.planner.seams import Senses
from route112.apps.planner.senses.opening import list_own, open_eyes
from route112.change import State
from route112.model.topology import ProbeNode


def test_eyes_are_open_for_a_country_that_nobody_watches_yet(tmp_path):
    eyes: Senses = open_eyes(tmp_path, TOPOLOGY, lambda _hash: None)
    (alarm,) = eyes.measure(State(), T0).alarms
    assert alarm.startswith("nobody-watches: ")
    assert str(tmp_path / "watch.sqlite") in alarm
    elsewhere = open_eyes(tmp_path, TOPOLOGY, lambda _hash: None, watch=tmp_path / "w")
    assert str(tmp_path / "w" / "watch.sqlite")[:40] in elsewhere.measure(State(), T0).alarms[0]


def test_test_calls_come_from_where_edges_take_them():
    sources = ("127.0.14.0/28", "127.0.14.9/32", "::1/128")
    named = replace(TOPOLOGY, probes=ProbeNode(sources=sources))
    assert list_own(named) == {4: "127.0.14.1", 6: "::1"}
    assert list_own(replace(TOPOLOGY, probes=None)) == {}
