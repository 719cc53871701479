import msgspec
import pytest
from tests.support.seen import T0, S, see
from tests.unit.adapters.watch_store.test_alarm_book import raise_alarm

from route112.adapters.watch_store import AlarmBook, Calls, Looks, open_store, transaction
from route112.apps.planner.senses import view as module
from route112.apps.planner.senses.load import Load
from route112.apps.planner.senses.view import BlindError, Met, View
from route112.apps.watch.keeping import Files
from route112.apps.watch.shown import Shown


class World:
    def __init__(self, folder):
        self.files = Files(folder)
        self.store = open_store(self.files.store, create=True)
        self.view = View(self.files)
        self.calls = Calls(self.store)

    def show(self, **changes):
        shown = Shown(**{"at_us": T0, "watch_us": T0, "sources": 3, **changes})
        with transaction(self.store):
            Looks(self.store).publish(msgspec.json.encode(shown))

    def give(self, *calls):
        with transaction(self.store):
            for call in calls:
                self.calls.give(call, place="", taken_us=T0)


@pytest.fixture
def world(tmp_path):
    opened = World(tmp_path)
    yield opened
    opened.store.close()


def test_open_alarms_are_those_of_a_watch_that_sees(world):
    world.show()
    assert world.view.list_alarms(T0 + 10 * S) == []
    alarm = raise_alarm(site="site-2").alarm
    with transaction(world.store):
        AlarmBook(world.store).save(alarm)
    assert world.view.list_alarms(T0) == [alarm]


@pytest.mark.parametrize(
    ("shown", "now_us", "why"),
    [
        ({}, T0 + 16 * S, "16 s ago"),
        ({}, T0 - 6 * S, "-6 s ago"),
        ({"sources": 0}, T0, "follows no station"),
        ({"trouble": ("site-2",)}, T0, "cannot read site-2"),
    ],
)
def test_a_watch_that_does_not_see_is_none(world, shown, now_us, why):
    world.show(**shown)
    with pytest.raises(BlindError, match=why):
        world.view.list_alarms(now_us)


def test_a_watch_that_has_not_looked_or_is_not_there_or_is_broken_is_none(world, tmp_path):
    with pytest.raises(BlindError, match="has not looked yet"):
        world.view.list_alarms(T0)
    with pytest.raises(BlindError, match="No such file"):
        View(Files(tmp_path / "nowhere")).list_alarms(T0)
    (tmp_path / "broken").mkdir()
    Files(tmp_path / "broken").store.write_bytes(b"no database" * 100)
    with pytest.raises(BlindError, match="not a database"):
        View(Files(tmp_path / "broken")).list_alarms(T0)
    with transaction(world.store):
        Looks(world.store).publish(b"{")
    with pytest.raises(BlindError, match="cannot be read"):
        world.view.list_alarms(T0)


def test_whoever_writes_for_long_keeps_nobody_from_looking(world):
    world.show()
    world.store.execute("BEGIN IMMEDIATE")
    world.store.execute("DELETE FROM alarms")
    assert world.view.list_alarms(T0) == []
    world.store.execute("ROLLBACK")


def test_callers_are_told_once_each_with_the_sites_that_they_met_in_vain(world):
    world.give(
        see("c0", -1, outcome="answered", caller="+33639980000"),
        see("c1", outcome="answered"),
        see("c2", caller="+33639980002", passed=("site-3", "site-1")),
        see("c3", is_test=True),
        see("c4", outcome="refused", party="origin", caller="+33639980004"),
    )
    found = world.view.list_met(T0, 0, 0)
    assert found == [
        Met(2, 2, "15", "29019", "bruyere-edge-1", "site-1", True, False, "", T0),
        Met(3, 3, "15", "29019", "bruyere-edge-1", "site-1", False, True, "", T0),
        Met(1, 3, "15", "29019", "", "site-3", False, True, "left", T0),
    ]
    assert world.view.list_met(T0, 3, 1) == []


def test_a_look_is_bounded_and_the_next_one_goes_on(world, monkeypatch):
    monkeypatch.setattr(module, "CALLS_AT_ONCE", 2)
    world.give(*(see(f"c{number}", caller=f"+3363998000{number}") for number in range(3)))
    assert [met.id for met in world.view.list_met(T0, 0, 0)] == [1, 2]
    assert [met.id for met in world.view.list_met(T0, 2, 0)] == [3]


def test_load_is_that_of_the_busiest_minute(world):
    begun = [0, 1, 2, 65, 66]
    world.give(
        *(
            see(
                f"c{at_s}",
                at_s,
                outcome="answered",
                answer_ms=4_000,
                caller=f"+336399801{at_s:02}",
            )
            for at_s in begun
        ),
        see("c9", 3, operator="dolmen", lasts_s=10, caller="+33639980199"),
        see("ca", -1_000, operator="fougere", caller="+33639980198"),
        see("cb", 5, operator="", site="", caller="+33639980197"),
    )
    minute = 60 * S
    first_us = T0 - T0 % minute
    loads = world.view.measure_load(T0 + 100 * S)
    in_minutes = {}
    for at_s in begun:
        place = (T0 + at_s * S - first_us) // minute
        in_minutes[place] = in_minutes.get(place, 0) + 1
    assert loads == {
        "bruyere": Load(peak_per_s=max(in_minutes.values()) / 60, rings_s=4.0),
        "dolmen": Load(peak_per_s=1 / 60, rings_s=10.0),
        "": Load(peak_per_s=1 / 60, rings_s=5.0),
    }
