from dataclasses import replace

import pytest
from tests.support.changing import NEW, OLD, STATIONS, S, Table, order

from route112.change import JOURNAL, Built, Outcome, Step, render_event
from route112.change.asking import AbortChange, AddStations, WithdrawOrder
from route112.change.deciding import DOUBT_S, Build
from route112.change.events import OrderEnded
from route112.change.publishing import KEY_REASONS
from route112.change.values import AHEAD_MAX
from route112.replication import Oddity, Refused, Wanted, parse_wanted, render_wanted
from route112.replication.values import GENERATION_MAX
from route112.snapshot.errors import Reason


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


def test_who_just_began_to_listen_believes_no_clock_that_an_order_is_over():
    table = Table()
    table.give("o-1", expires=table.now + 10 * S)
    table.run()
    table.listening_s = DOUBT_S - 0.1
    assert table.look(10) == []
    table.give("o-2")
    assert table.look() == ["GenerationBegun"]
    assert table.events[-1].at_us == table.now
    assert table.state.generations[3].orders == ("o-1", "o-2")
    table.listening_s = DOUBT_S
    assert table.look()[0] == "OrderEnded"
    assert list(table.state.orders) == ["o-2"]
    table.run()
    assert table.list_numbers() == [3, 3, 3], "what is over harms nobody"


def test_an_order_goes_on_by_the_clock_though_the_journal_is_ahead_of_it():
    table = Table()
    table.give("o-1")
    table.start()
    table.run()
    table.now += 1_000_000 * S
    table.state = replace(table.state, at_us=table.now)
    table.now -= 1_000_000 * S
    table.give("o-2")
    assert "OrderEnded" not in table.run()
    assert set(table.state.orders) == {"o-1", "o-2"}
    newest = table.state.generations[table.state.last_number]
    assert newest.orders == ("o-1", "o-2"), "o-1 is left out nowhere"


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


def adopt_by_hand(table, *stations):
    """Let stations have a plan of their own from here on, as `holding` does."""
    assigned = {**table.state.assigned, **dict.fromkeys(stations, NEW)}
    table.state = replace(table.state, assigned=assigned)
    table.run()


UNFIT = Built(flaw="o-1 fits it not", culprits=("o-1",))


def test_an_order_that_does_not_fit_an_adopted_plan_stays_and_who_has_that_is_held():
    table = Table()
    table.give()
    table.run()
    table.state = replace(table.state, assigned={**table.state.assigned, "site-2": NEW})
    table.look(build=False)
    table.built[3] = UNFIT
    assert table.look() == ["GenerationDropped", "StationHeld"]
    assert set(table.state.orders) == {"o-1"}
    held = dict(table.state.held)
    assert held == {"site-2": "orders do not go with its plan: o-1 fits it not"}
    assert table.run() == [], "it is not tried again and again"
    assert table.list_numbers() == [2, 2, 2]


def test_a_later_order_reaches_all_whose_plan_it_fits_first():
    table = Table()
    adopt_by_hand(table, "site-2")
    assert table.list_numbers() == [1, 2, 1]
    table.give()
    table.look(build=False)
    table.built[3] = UNFIT
    assert table.look(build=False) == [], "nobody knows yet whether it fits the plan in force"
    assert table.look() == ["GenerationBuilt", "StationWants"]
    assert table.look() == ["GenerationDropped", "StationHeld"]
    assert (set(table.state.orders), set(table.state.held)) == ({"o-1"}, {"site-2"})
    assert table.list_numbers() == [4, 2, 4]


def test_an_order_that_fits_nothing_holds_nobody():
    table = Table()
    adopt_by_hand(table, "site-2")
    table.give()
    table.look(build=False)
    table.built |= {3: UNFIT, 4: UNFIT}
    assert table.look(build=False) == ["GenerationDropped", "OrderEnded"]
    assert table.look(build=False) == [], "made again, without it"
    del table.built[3]
    table.run()
    assert (dict(table.state.held), dict(table.state.orders)) == ({}, {})


def test_a_plan_of_some_that_can_never_be_built_is_named():
    table = Table()
    table.state = replace(table.state, assigned={**table.state.assigned, "edge-1": NEW})
    del table.reports["edge-1"]
    table.look(build=False)
    table.built[2] = Built(flaw="it is of another country")
    assert table.look() == ["GenerationDropped", "StationHeld"]
    assert set(table.state.held) == {"edge-1"}
    assert table.state.strange["edge-1"] == 1


def test_where_all_others_are_held_nothing_is_waited_for():
    table = Table()
    adopt_by_hand(table, "site-2")
    table.state = replace(table.state, held={"site-1": "ahead", "edge-1": "ahead"})
    table.give()
    table.look(build=False)
    table.built[3] = UNFIT
    assert table.look() == ["GenerationDropped", "StationHeld"]
    assert set(table.state.orders) == {"o-1"}


def test_what_cannot_be_made_for_stations_that_are_held_is_not_tried_again():
    table = Table()
    adopt_by_hand(table, "site-2")
    table.give()
    table.look(build=False)
    table.built[3] = UNFIT
    table.state = replace(table.state, held={"site-2": "ahead"})
    assert "GenerationDropped" in table.look()
    assert set(table.state.orders) == {"o-1"}
    assert [type(each).__name__ for each in table.events].count("StationHeld") == 0


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


def test_what_one_station_claims_does_not_use_up_the_countrys_numbers():
    table = Table()
    before = table.state.last_number
    table.report("site-2", number=GENERATION_MAX, content_hash="f" * 64)
    table.odd["site-2"] = (Oddity.AHEAD,)
    assert table.look() == ["StationHeld"]
    assert table.state.last_number == before
    assert dict(table.state.held) == {"site-2": "ahead"}
    table.give()
    table.look()
    table.look()
    assert table.list_numbers() == [before + 1, before, before + 1], "the others are served"
    assert parse_wanted(render_wanted(Wanted(before + 1, "f" * 64))) is not None


@pytest.mark.parametrize(("beyond", "is_believed"), [(0, True), (1, False)])
def test_a_journal_may_be_so_much_older_than_its_country(beyond, is_believed):
    table = Table()
    before = table.state.last_number
    number = before + AHEAD_MAX + beyond
    table.report("site-2", number=number, content_hash="f" * 64)
    table.odd["site-2"] = (Oddity.AHEAD,)
    table.look()
    assert (table.state.last_number == number) is is_believed


def test_a_station_that_claims_ever_more_is_held_once():
    table = Table()
    table.odd["site-2"] = (Oddity.AHEAD,)
    said = []
    for number in range(50, 90):
        table.report("site-2", number=number, content_hash="f" * 64)
        said += table.look()
    assert said == ["StationHeld"], "the journal does not grow with what it claims"


def test_a_station_far_ahead_is_held_again_by_the_next_activation():
    table = Table()
    table.settle = lambda: None
    table.report("site-1", number=GENERATION_MAX, content_hash="f" * 64)
    table.odd["site-1"] = (Oddity.AHEAD,)
    table.look()
    table.start()
    assert "StationHeld" in table.look()
    assert dict(table.state.held) == {"site-1": "ahead"}


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


def refuse(table, number, reason="revoked-key", station="edge-1"):
    """Let a station that was away say that it refuses what it shall have."""
    table.ages.pop(station, None)
    table.report(station, refused=Refused(number, f"{number:064x}", reason))
    table.settle = lambda: None


def give_to_two(table):
    """Give an order that reaches all but one edge."""
    table.ages["edge-1"] = 60.0
    table.give()
    table.run()
    assert table.list_numbers() == [2, 2, 2]


def test_what_a_station_refuses_of_an_old_key_it_gets_by_the_new_one_once():
    table = Table()
    give_to_two(table)
    refuse(table, 2)
    assert table.run() == [], "the same key would sign it again"
    table.more = {"by_another_key": {2}}
    assert table.look() == ["GenerationBegun"]
    assert table.look() == ["GenerationBuilt", "StationWants"]
    assert table.state.generations[3].orders == ("o-1",)
    assert table.list_numbers() == [2, 2, 3], "nobody else is troubled"
    assert table.run() == []
    refuse(table, 3)
    assert table.run() == [], "what the new key signed is not made again"


@pytest.mark.parametrize("reason", ["altered", "not-staged"])
def test_what_is_refused_for_another_reason_is_not_made_again(reason):
    table = Table()
    give_to_two(table)
    table.more = {"by_another_key": {2}}
    refuse(table, 2, reason)
    assert table.run() == []


def test_what_a_station_refused_before_does_not_count():
    table = Table()
    give_to_two(table)
    table.more = {"by_another_key": {1, 2}}
    refuse(table, 1)
    assert table.run() == []
    table.state = replace(table.state, generations={1: table.state.generations[1]})
    refuse(table, 2)
    assert table.look() == ["GenerationBegun"], "nobody knows any more what it is"


def test_reasons_of_keys_are_called_what_stations_call_them():
    keys = {Reason.UNSIGNED, Reason.UNKNOWN_KEY, Reason.REVOKED_KEY, Reason.EXPIRED_KEY}
    assert keys == KEY_REASONS


def test_who_is_added_while_an_order_is_made_gets_both_in_turn():
    table = Table()
    table.give()
    table.do(AddStations(stations=("site-9",)))
    assert table.look(build=False) == ["StationWants", "GenerationBegun"]
    assert table.state.wanted["site-9"] == 1
    table.run()
    assert set(table.list_numbers()) == {2}


def test_who_is_alone_in_lacking_an_order_gets_a_child_of_what_is_in_force():
    table = Table()
    table.do(AddStations(stations=("site-9",)))
    table.state = replace(table.state, held=dict.fromkeys(STATIONS, "ahead"))
    table.give()
    table.look(build=False)
    assert table.state.generations[2].parent == 1


def test_who_is_added_in_the_middle_of_a_plan_has_it_when_that_is_done():
    table = Table()
    table.start()
    table.run()
    table.do(AddStations(stations=("site-9",)))
    assert table.state.assigned["site-9"] == OLD, "no gate has passed yet"
    for _ in range(40):
        table.settle()
        if table.state.change is None:
            break
        if table.state.change.step is Step.GATE:
            table.measure()
        table.look(6)
    assert table.state.history[-1].outcome is Outcome.DONE
    assert table.state.history[-1].stations[-1] == "site-9"
    table.run()
    assert set(table.state.assigned.values()) == {NEW}
    assert len(set(table.list_numbers())) == 1


def test_who_is_added_while_a_plan_goes_back_stays_with_what_is_in_force():
    table = Table()
    table.start()
    table.run()
    table.do(AbortChange(author="planner", reason="no"))
    table.do(AddStations(stations=("site-9",)))
    table.run(8)
    assert table.state.history[-1].outcome is Outcome.ROLLED_BACK
    assert set(table.state.assigned.values()) == {OLD}
