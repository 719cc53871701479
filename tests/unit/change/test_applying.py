from tests.support.changing import CHANGE, HASHES, OLD, STATIONS, T0, Table, order

from route112.change import Kind, Outcome, apply, replay
from route112.change import events as e
from route112.change.values import GENERATIONS_KEPT, HISTORY_KEPT


def begun(number, candidate=OLD, orders=()):
    return e.GenerationBegun(at_us=T0, number=number, candidate=candidate, orders=orders, parent=1)


def test_what_is_founded_is_in_force_everywhere():
    state = Table().state
    assert dict(state.assigned) == dict.fromkeys(STATIONS, OLD)
    assert dict(state.wanted) == dict.fromkeys(STATIONS, 1)
    assert state.generations[1].content_hash == HASHES[1]
    assert state.last_number == 1


def test_the_state_is_the_events_and_nothing_else():
    table = Table()
    table.start()
    table.run()
    table.give()
    table.run()
    assert replay(table.events) == table.state


def test_a_number_that_is_wanted_never_falls():
    state = Table().state
    for number in (5, 3):
        event = e.StationWants(at_us=T0, stations=("site-1", "site-9"), number=number)
        state = apply(state, event)
    assert dict(state.wanted) == {"site-1": 5, "site-2": 1, "edge-1": 1}


def test_only_the_newest_generations_are_remembered():
    state = Table().state
    for number in range(2, GENERATIONS_KEPT + 4):
        state = apply(state, begun(number))
    assert min(state.generations) == 4
    assert len(state.generations) == GENERATIONS_KEPT
    assert state.last_number == GENERATIONS_KEPT + 3
    late = e.GenerationBuilt(at_us=T0, number=2, content_hash="x", size=1)
    assert apply(state, late) == state


def test_only_the_newest_changes_are_remembered():
    state = Table().state
    for number in range(HISTORY_KEPT + 2):
        key = f"{number:064x}"
        state = apply(state, change_begun(id=key))
        state = apply(
            state, e.ChangeEnded(at_us=T0, change=key, outcome="stuck", cause="no way back")
        )
    assert len(state.history) == HISTORY_KEPT
    assert state.history[0].id == f"{2:064x}"
    assert state.history[-1].outcome is Outcome.STUCK
    assert state.history[-1].cause == "no way back"


def change_begun(**changed):
    values = {
        "at_us": T0,
        "id": CHANGE,
        "kind": Kind.PLAN,
        "author": "a",
        "approver": "b",
        "reason": "r",
        "stations": STATIONS,
        "candidate": "n",
        "version": "",
        "version_before": "1.0",
        "soak_s": 1,
    }
    return e.ChangeBegun(**values | changed)


def test_events_of_another_change_change_nothing():
    state = apply(Table().state, change_begun())
    for event in (
        e.StepBegun(at_us=T0, change="x", place=0, step="gate", version=""),
        e.StepBegun(at_us=T0, change=CHANGE, place=3, step="gate", version=""),
        e.OfferYielded(at_us=T0, change="x"),
        e.Frozen(at_us=T0, change="x", alarms=()),
        e.Thawed(at_us=T0, change="x"),
        e.WorkDone(at_us=T0, change="x", author=""),
        e.TurnedBack(at_us=T0, change="x", cause="", author=""),
        e.ChangeEnded(at_us=T0, change="x", outcome="done", cause=""),
        e.StationHeld(at_us=T0, station="site-9", number=9, cause=""),
    ):
        assert apply(state, event) == state


def test_a_station_that_leaves_is_forgotten():
    state = apply(Table().state, change_begun(kind=Kind.EVACUATION, stations=("site-1",)))
    state = apply(state, e.ChangeEnded(at_us=T0, change=CHANGE, outcome="done", cause=""))
    assert state.stations == ("site-2", "edge-1")
    assert set(state.wanted) == set(state.assigned) == {"site-2", "edge-1"}


def test_an_order_that_was_taken_back_is_remembered_while_a_snapshot_may_hold_it():
    table = Table()
    table.give("o-1")
    table.give("o-2")
    for key, how in (("o-1", "withdrawn"), ("o-2", "over"), ("o-3", "over")):
        event = e.OrderEnded(at_us=table.now, id=key, how=how, cause="", author="", approver="")
        table.state = apply(table.state, event)
    assert dict(table.state.ended_orders) == {"o-1": order().expires}
    table.give("o-4", expires=order().expires + 1)
    late = e.OrderEnded(
        at_us=order().expires, id="o-4", how="refused", cause="", author="", approver=""
    )
    assert dict(apply(table.state, late).ended_orders) == {"o-4": order().expires + 1}
