import dataclasses

import pytest
from tests.support.changing import HASHES, NEW, OLD, STATIONS, S, Table, order, wish

from route112.change import Generation, Kind, adopt, apply
from route112.change.deciding import Act, Build
from route112.change.events import OrderGiven, Restored
from route112.change.restoring import AGE_MAX, NUMBERS_LEFT_OUT
from route112.change.values import AHEAD_MAX
from route112.replication import Oddity

LATER = Generation(number=7, candidate=NEW, orders=(), parent=0, content_hash=HASHES[7], size=70)


def restore(table, generation=LATER, orders=None, *, heard=()):
    """Let the planner of a table come out of a backup, and have heard of these stations."""
    restored = Restored(at_us=table.now, author="root", reason="burnt")
    events = adopt(table.state, restored, generation, orders or {})
    for event in events:
        table.state = apply(table.state, event)
    table.listening_s = 0.0
    table.reports = {name: each for name, each in table.reports.items() if name in heard}
    return [type(event).__name__ for event in events]


def test_no_number_is_given_before_all_stations_have_said_what_they_have():
    table = Table()
    known = dict(table.reports)
    assert restore(table, dataclasses.replace(LATER, number=1)) == ["Restored"]
    table.give()
    assert table.look() == []
    table.reports = {name: known[name] for name in STATIONS[:2]}
    assert table.look() == []
    table.reports = known
    assert table.look(build=False) == ["NumbersLearned", "GenerationBegun"]
    assert table.state.last_number == 1 + NUMBERS_LEFT_OUT + 1


def test_who_says_nothing_is_waited_for_five_seconds():
    table = Table()
    restore(table, dataclasses.replace(LATER, number=1))
    table.give()
    table.listening_s = 4.9
    assert table.look() == []
    table.listening_s = 5.0
    assert table.look(build=False) == ["NumbersLearned", "GenerationBegun"]


def test_the_count_goes_on_beyond_what_stations_have():
    table = Table()
    restore(table, dataclasses.replace(LATER, number=1), heard=STATIONS)
    table.report("site-1", number=9, content_hash=HASHES[9])
    table.odd["site-1"] = (Oddity.AHEAD,)
    assert table.look() == ["StationHeld", "NumbersLearned"]
    assert table.state.last_number == 9 + NUMBERS_LEFT_OUT
    assert table.state.forgotten == range(2, 9 + NUMBERS_LEFT_OUT + 1)
    assert table.state.held == {"site-1": "ahead"}
    table.give()
    table.run()
    number = 9 + NUMBERS_LEFT_OUT + 1
    assert [table.state.wanted[name] for name in STATIONS] == [9, number, number]


@pytest.mark.parametrize("heard", [(), STATIONS])
@pytest.mark.parametrize("age_s", [0, 86_400, 400 * 86_400])
def test_two_planners_of_one_backup_give_no_number_twice(age_s, heard):
    """Even where neither hears of what the other one gave."""
    given = []
    for lived_s in (0, 60):
        table = Table()
        table.now = table.state.at_us + (age_s + lived_s) * S
        restore(table, dataclasses.replace(LATER, number=1), heard=heard)
        table.listening_s = 5.0
        table.give()
        table.look(build=False)
        given.append(table.state.last_number)
        assert 1 + NUMBERS_LEFT_OUT <= given[-1] <= 1 + NUMBERS_LEFT_OUT + AGE_MAX < AHEAD_MAX
    assert abs(given[1] - given[0]) >= 60


def test_what_was_unknown_before_a_second_restore_stays_unknown():
    table = Table()
    older = dataclasses.replace(LATER, number=1)
    restore(table, older, heard=STATIONS)
    assert table.look() == ["NumbersLearned"]
    table.give()
    table.run()
    known = table.state.last_number
    assert table.state.forgotten == range(2, known)
    restore(table, older, heard=STATIONS)
    assert table.look() == ["NumbersLearned"]
    assert table.state.forgotten.start == 2
    assert table.state.forgotten.stop > known
    assert known in table.state.generations, "and what it gave itself it knows"


def test_who_claims_more_than_any_country_has_is_not_believed():
    table = Table()
    restore(table, dataclasses.replace(LATER, number=1), heard=STATIONS)
    table.report("site-1", number=10**15, content_hash=HASHES[9])
    table.look()
    assert table.state.last_number == 1 + NUMBERS_LEFT_OUT


def test_a_number_that_was_being_made_is_never_used_again():
    table = Table()
    table.give()
    assert table.look(build=False) == ["GenerationBegun"]
    restore(table, dataclasses.replace(LATER, number=1), heard=STATIONS)
    assert list(table.state.generations) == [1]
    assert table.look(build=False) == ["NumbersLearned", "GenerationBegun"]
    assert max(table.state.generations) == 2 + NUMBERS_LEFT_OUT + 1


def test_what_is_in_force_is_adopted_with_its_orders():
    table = Table()
    table.give("o-1")
    table.give("o-2")
    table.run()
    in_force = {"o-2": order("o-2"), "o-3": order("o-3", psap="CIC17-29")}
    assert restore(table, LATER, in_force) == [
        "Restored", "OrderEnded", "OrderGiven", "SnapshotAdopted",
    ]  # fmt: skip
    state = table.state
    assert dict(state.orders) == in_force
    assert set(state.assigned.values()) == {NEW} == {state.candidate}
    assert set(state.wanted.values()) == {7}
    assert state.generations[7].orders == ("o-2", "o-3")
    table.settle()
    assert table.look() == ["NumbersLearned"], "who has it has all, and nothing is made anew"
    table.give("o-4")
    table.run()
    assert set(state.assigned.values()) == {table.state.candidate}
    assert table.list_numbers() == [7 + NUMBERS_LEFT_OUT + 1] * 3
    assert table.state.generations[7 + NUMBERS_LEFT_OUT + 1].candidate == NEW


def test_a_change_that_ran_is_left_to_people_where_something_later_is_in_force():
    table = Table()
    table.do(wish())
    assert restore(table) == ["Restored", "ChangeEnded", "SnapshotAdopted"]
    assert table.state.change is None
    assert table.state.history[-1].outcome == "stuck"


@pytest.mark.parametrize("kind", [Kind.UPGRADE, Kind.MAINTENANCE, Kind.EVACUATION])
def test_what_has_hands_is_left_to_people_whatever_is_in_force(kind):
    table = Table()
    table.start(kind)
    older = dataclasses.replace(LATER, number=1)
    assert restore(table, older) == ["Restored", "ChangeEnded"]
    assert table.look() == []
    assert table.commands == ()
    ended = table.state.history[-1]
    assert (ended.outcome, "nobody knows what became of it" in ended.cause) == ("stuck", True)
    assert restore(table, None) == ["Restored"], "it has ended"


def test_a_plan_goes_on_and_nothing_is_done_before_stations_are_heard():
    table = Table()
    table.start()
    known = dict(table.reports)
    assert restore(table, None) == ["Restored"]
    table.look()
    assert table.commands == ()
    assert table.state.change is not None
    table.reports = known
    table.look(build=False)
    assert [type(each) for each in table.commands] == [Build, Act]


def test_an_older_snapshot_is_not_adopted():
    table = Table()
    assert restore(table, dataclasses.replace(LATER, number=1)) == ["Restored"]
    assert table.state.candidate == OLD


def test_the_events_say_what_they_are_about():
    now = 5 * S
    state = Table().state
    restored = Restored(at_us=now, author="root", reason="burnt")
    *_, given, adopted = adopt(state, restored, LATER, {"o-3": order("o-3")})
    assert isinstance(given, OrderGiven)
    assert (adopted.number, adopted.candidate) == (7, NEW)
    assert (adopted.content_hash, adopted.size) == (HASHES[7], 70)
    assert {event.at_us for event in (given, adopted)} == {now}
