import pytest
from tests.support.changing import NEW, OLD, S, Table, order

from route112.change import JOURNAL, Built, render_event
from route112.change.asking import AbortChange, WithdrawOrder
from route112.change.deciding import Build
from route112.change.events import OrderEnded
from route112.replication import Oddity


def test_nothing_moves_while_nothing_is_wanted():
    table = Table()
    assert table.run(4) == []
    assert table.commands == ()


def test_an_order_is_a_new_generation_for_everybody():
    table = Table()
    table.give()
    assert table.look(build=False) == ["GenerationBegun"]
    expected = Build(number=2, candidate=OLD, orders=(order(),), parent_hash=f"{1:064x}")
    assert table.commands == (expected,)
    assert table.look(build=False) == [], "it is said again, and begun once"
    assert table.commands == (expected,)
    assert table.look() == ["GenerationBuilt", "StationWants"]
    assert table.list_numbers() == [2, 2, 2]
    assert table.run() == []


def test_orders_that_come_while_one_is_made_go_together_into_the_next():
    table = Table()
    table.give("o-1")
    table.look(build=False)
    table.give("o-2")
    table.give("o-3")
    assert table.look(build=False) == []
    assert table.look() == ["GenerationBuilt", "StationWants", "GenerationBegun"]
    assert table.state.generations[3].orders == ("o-1", "o-2", "o-3")
    assert table.list_numbers() == [2, 2, 2], "the first order does not wait for the others"
    table.run()
    assert table.list_numbers() == [3, 3, 3]


def test_an_order_that_is_over_by_itself_needs_no_new_generation():
    table = Table()
    table.give(expires=table.now + 10 * S)
    table.run()
    assert table.look(10) == ["OrderEnded"]
    assert table.run() == []
    assert table.list_numbers() == [2, 2, 2]


def test_an_order_that_is_withdrawn_does():
    table = Table()
    table.give("o-1")
    table.give("o-2")
    table.run()
    table.do(WithdrawOrder(id="o-1", author="crisis", approver="", reason="dry"))
    table.run()
    assert table.list_numbers() == [3, 3, 3]
    assert table.state.generations[3].orders == ("o-2",)


def test_what_is_withdrawn_while_it_is_made_goes_nowhere():
    table = Table()
    table.give()
    table.look(build=False)
    table.do(WithdrawOrder(id="o-1", author="crisis", approver="", reason="a mistake"))
    table.look()
    table.run()
    assert table.list_numbers() == [1, 1, 1]


def test_an_order_in_the_middle_of_a_change_makes_a_generation_for_each_candidate():
    table = Table()
    table.start()
    table.run()
    assert table.list_numbers() == [2, 1, 1]
    table.give()
    table.run()
    assert table.list_numbers() == [3, 4, 4]
    known = table.state.generations
    assert (known[3].candidate, known[4].candidate) == (NEW, OLD)
    assert known[3].orders == known[4].orders == ("o-1",)
    assert (known[3].parent, known[4].parent) == (2, 1)


def test_a_station_that_was_away_wants_the_newest_when_it_comes_back():
    table = Table()
    table.ages["edge-1"] = 60.0
    for key in ("o-1", "o-2"):
        table.give(key)
        table.run()
    assert table.list_numbers() == [3, 3, 3]
    assert table.reports["edge-1"].number == 1


def test_a_plan_that_no_order_fits_goes_back_and_the_order_stays():
    table = Table()
    table.start()
    table.run()
    table.give()
    table.look(build=False)
    table.built[3] = Built(flaw="CRRA15-29 is in no plan", culprits=("o-1",))
    assert table.look()[:2] == ["GenerationDropped", "TurnedBack"]
    table.run()
    assert set(table.state.orders) == {"o-1"}
    assert table.list_numbers() == [4, 4, 4], "made already: the old candidate comes last"
    assert table.state.history[-1].cause == "g3 cannot be built: CRRA15-29 is in no plan"


def test_an_order_that_fits_nothing_is_refused_and_the_others_are_not():
    table = Table()
    table.give("o-1")
    table.give("o-2")
    table.look(build=False)
    table.built[2] = Built(flaw="o-2 touches CRRA15-56", culprits=("o-2", "o-7"))
    table.look()
    ended = [event for event in table.events if isinstance(event, OrderEnded)]
    assert [(event.id, event.how, event.cause) for event in ended] == [
        ("o-2", "refused", "o-2 touches CRRA15-56")
    ]
    table.run()
    assert table.state.generations[3].orders == ("o-1",)
    assert table.list_numbers() == [3, 3, 3]


def test_what_nobody_is_to_blame_for_is_tried_again():
    table = Table()
    table.give()
    table.look(build=False)
    table.built[2] = Built(flaw="odd")
    assert table.look() == []
    assert len(table.commands) == 1
    table.built[2] = Built(content_hash="e" * 64)
    assert table.look() == ["GenerationBuilt", "StationWants"]


def test_what_nobody_shall_have_any_more_is_not_made():
    table = Table()
    table.start()
    table.look(build=False)
    table.do(AbortChange(author="planner", reason="no"))
    assert table.look(build=False) == ["GenerationDropped", "ChangeEnded"]
    assert table.commands == ()
    table.give()
    table.run()
    assert table.list_numbers() == [3, 3, 3], "its number is not used again"


def test_a_station_with_what_was_never_given_out_is_left_alone_until_the_next_activation():
    table = Table()
    table.report("site-2", number=50, content_hash="f" * 64)
    table.odd["site-2"] = (Oddity.AHEAD,)
    assert table.look() == ["StationHeld"]
    assert table.look() == [], "it is told once"
    assert dict(table.state.held) == {"site-2": "ahead"}
    table.odd.clear()
    table.give()
    table.look()
    table.look()
    assert table.list_numbers() == [51, 50, 51], "numbers go on above it"
    table.settle = lambda: None
    table.report("site-1", number=51, content_hash=f"{51:064x}")
    table.report("edge-1", number=51, content_hash=f"{51:064x}")
    table.start()
    table.look()
    table.look()
    table.report("site-1", number=52, content_hash=f"{52:064x}")
    table.look()
    table.pass_gate()
    assert dict(table.state.held) == {}
    table.look()
    assert table.list_numbers() == [52, 52, 51]


def test_two_contents_of_one_generation_are_not_taken_for_one():
    table = Table()
    table.report("site-2", content_hash="f" * 64)
    table.odd["site-2"] = (Oddity.TWO_CONTENTS,)
    assert table.look() == ["StationHeld"]
    assert table.state.strange["site-2"] == 1
    table.odd["site-2"] = (Oddity.WENT_BACK,)
    assert table.look() == []


def test_a_station_that_nobody_knows_is_not_asked():
    table = Table()
    del table.reports["site-2"]
    assert table.look() == []


@pytest.mark.parametrize("whose", ["the order's", "the plan's"])
def test_a_flaw_without_end_can_be_written(whose):
    table = Table()
    table.give()
    if whose == "the plan's":
        table.start()
    table.look(build=False)
    flaw = Built(flaw="x" * 20_000, culprits=("o-1",))
    table.built |= dict.fromkeys((2, 3), flaw)
    assert "GenerationDropped" in table.look(build=False)
    assert all(len(render_event(event, JOURNAL)[0]) < 2_000 for event in table.events)
