import pytest
from tests.support.changing import HASHES, NEW, OLD, STATIONS, Table, order

from route112.change import Kind
from route112.change.asking import Refusal, WithdrawOrder
from route112.change.holding import AdoptServed, list_unknown
from route112.change.values import AHEAD_MAX, NUMBER_MAX, ORDERS_MAX
from route112.replication import Oddity

FOREIGN = "f" * 64


def adopt(**changed):
    values = {
        "content_hash": FOREIGN,
        "number": 50,
        "candidate": NEW,
        "author": "planner",
        "approver": "operator",
        "reason": "copied by hand",
    }
    return AdoptServed(**values | changed)


def hold(table, *stations, number=50, oddity=Oddity.AHEAD):
    for each in stations:
        table.report(each, number=number, content_hash=FOREIGN)
        table.odd[each] = (oddity,)
    table.look()
    assert set(table.state.held) == set(stations)


def test_a_held_station_keeps_its_plan_and_gets_orders_on_it():
    table = Table()
    hold(table, "site-2")
    table.give()
    assert table.look() == ["GenerationBegun"]
    table.look()
    assert table.list_numbers() == [51, 50, 51], "nothing is sent there"
    granted = table.do(adopt())
    assert (granted.stations, dict(table.state.held)) == (("site-2",), {})
    table.odd.clear()
    table.run()
    wanted = table.state.generations[table.state.wanted["site-2"]]
    assert (wanted.number, wanted.candidate, wanted.orders) == (52, NEW, ("o-1",))
    assert table.list_numbers() == [51, 52, 51], "no other station gets its plan"
    assert table.state.candidate == OLD


def test_it_is_not_held_again_before_it_has_taken_what_comes_next():
    table = Table()
    hold(table, "site-2")
    table.do(adopt())
    table.settle = lambda: None
    assert "StationHeld" not in table.run()
    assert table.state.wanted["site-2"] > 50
    table.report("site-2", number=70)
    assert "StationHeld" in table.run(), "what it gets elsewhere afterwards is strange again"


def test_what_all_stations_have_is_in_force():
    table = Table()
    hold(table, *STATIONS)
    assert table.do(adopt()).stations == STATIONS
    assert table.state.candidate == NEW
    assert set(table.state.assigned.values()) == {NEW}
    table.run()
    assert table.list_numbers() == [51, 51, 51]


def test_who_gets_the_same_later_is_held_as_well():
    """Numbers have gone on above it by then; what was given here between is known."""
    table = Table()
    hold(table, "site-2")
    assert table.state.forgotten == range(2, 51)
    table.do(adopt())
    table.odd.clear()
    table.give()
    table.run()
    assert table.state.last_number == 52
    hold(table, "site-1", number=60)
    assert table.state.forgotten == range(2, 61)


def test_what_it_got_while_it_was_held_counts():
    table = Table()
    hold(table, "site-2")
    table.report("site-2", number=60)
    table.look()
    assert table.state.strange["site-2"] == 50, "what it claims meanwhile is not written down"
    table.do(adopt(number=60))
    table.odd.clear()
    table.run()
    assert table.list_numbers() == [1, 61, 1]


def test_one_so_far_ahead_that_it_was_not_believed_is_believed_with_its_file():
    table = Table()
    far = AHEAD_MAX * 3
    hold(table, "site-2", number=far)
    assert table.state.last_number == 1
    table.do(adopt(number=far))
    table.settle = lambda: None
    table.look(build=False)
    assert (table.state.last_number, dict(table.state.held)) == (far + 1, {})


def test_two_contents_under_one_number_end_in_a_new_one():
    table = Table()
    hold(table, "site-2", number=1, oddity=Oddity.TWO_CONTENTS)
    table.do(adopt(number=1, candidate=OLD))
    table.odd.clear()
    table.run()
    assert table.list_numbers() == [1, 2, 1]
    assert table.state.generations[1].content_hash == HASHES[1]


def test_orders_that_nobody_gave_here_are_given_and_none_that_was_taken_back():
    table = Table()
    table.give("o-1")
    table.give("o-2")
    table.do(WithdrawOrder(id="o-2", author="a", approver="b", reason="r"))
    mine, gone, over, new = (
        order("o-1"), order("o-2"), order("o-3", expires=table.now), order("o-4"),
    )  # fmt: skip
    wish = adopt(orders=(mine, gone, over, new))
    assert [each.id for each in list_unknown(table.state, wish, table.now)] == ["o-4"]
    assert next(list_unknown(table.state, wish, 0)).at_us == table.state.at_us


def reason(refusal):
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason


def test_only_what_a_held_station_serves_is_adopted():
    table = Table()
    assert reason(table.do(adopt())) == "nothing-held"
    hold(table, "site-2")
    assert reason(table.do(adopt(content_hash=HASHES[1]))) == "nothing-held"
    del table.reports["site-2"]
    assert reason(table.do(adopt())) == "nothing-held", "nobody knows what it has now"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"number": NUMBER_MAX + 1}, "bad-generation"),
        ({"orders": tuple(order(f"n-{each}") for each in range(ORDERS_MAX + 1))}, "too-many"),
    ],
)
def test_numbers_and_orders_stay_within_their_bounds(changed, why):
    table = Table()
    hold(table, "site-2")
    assert reason(table.do(adopt(**changed))) == why


def test_nothing_is_adopted_while_a_change_runs():
    table = Table()
    hold(table, "site-2")
    table.start(Kind.MAINTENANCE)
    assert reason(table.do(adopt())) == "another-change"
