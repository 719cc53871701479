from functools import partial

import pytest
from tests.support.changing import CHANGE, NEW, OLD, STATIONS, T0, S, Table, found, order, wish

from route112.change import Kind, LoadProof, Outcome, State, Step, ask
from route112.change.asking import (
    AbortChange,
    AddStations,
    FinishWork,
    GiveOrder,
    Refusal,
    WithdrawOrder,
)
from route112.change.events import (
    ChangeBegun,
    OrderEnded,
    OrderGiven,
    StationsAdded,
    TurnedBack,
    WorkDone,
)
from route112.change.facts import Facts
from route112.change.ordering import ORDER_US_MAX
from route112.change.values import ORDERS_MAX
from route112.model import OrderKind

NOTHING = Facts(listening_s=60.0)
PROOF = LoadProof(carries=True, text="five carry it")


def reason(refusal):
    return refusal.reason


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"stations": ()}, "bad-stations"),
        ({"stations": ("a", "a")}, "bad-stations"),
        ({"stations": ("a,b",)}, "bad-stations"),
        ({"stations": tuple(f"s{number}" for number in range(65))}, "bad-stations"),
        ({"number": 0}, "bad-generation"),
        ({"candidate": "x"}, "bad-generation"),
        ({"content_hash": ""}, "bad-generation"),
    ],
)
def test_a_journal_begins_with_something_sound(changed, why):
    assert reason(ask(State(), found(**changed), NOTHING, T0)) == why


def test_a_journal_begins_once_and_nothing_comes_before():
    assert reason(Table().do(found())) == "not-the-first"
    assert reason(ask(State(), wish(), NOTHING, T0)) == "no-stations"


def test_a_plan_goes_to_all_stations_the_canary_first():
    granted = Table().do(wish(stations=("edge-1",), base=OLD))
    assert isinstance(granted, ChangeBegun)
    assert granted.stations == ("edge-1", "site-1", "site-2")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"stations": ("site-9",)}, "bad-stations"),
        ({"stations": ("site-1", "site-1")}, "bad-stations"),
        ({"kind": Kind.UPGRADE, "stations": ()}, "bad-stations"),
        ({"id": "x"}, "bad-id"),
        ({"soak_s": -1}, "bad-soak"),
        ({"soak_s": 86_401}, "bad-soak"),
        ({"reason": " "}, "bad-reason"),
        ({"reason": "x" * 501}, "bad-reason"),
        ({"candidate": ""}, "bad-candidate"),
        ({"candidate": OLD}, "nothing-new"),
        ({"base": "d" * 64}, "another-base"),
        ({"kind": Kind.UPGRADE, "version": ""}, "bad-version"),
        ({"kind": Kind.EVACUATION, "stations": STATIONS}, "nobody-left"),
    ],
)
def test_a_change_that_cannot_be_is_refused(changed, why):
    assert reason(Table().do(wish(**changed))) == why


def test_a_change_is_refused_while_an_alarm_is_open_or_another_one_runs():
    table = Table()
    table.alarms = ("12", "14")
    refusal = table.do(wish())
    assert (refusal.reason, refusal.text) == ("alarm-open", "frozen: alarm 12, 14 is open")
    table.alarms = ()
    table.start()
    assert reason(table.do(wish(id="d" * 64))) == "another-change"


def test_a_change_needs_its_canary():
    table = Table()
    table.ages["site-1"] = 6.0
    assert reason(table.do(wish())) == "canary-away"
    assert not hasattr(table.do(wish(stations=("site-2",))), "text")
    table = Table()
    del table.reports["site-1"]
    assert reason(table.do(wish())) == "canary-away"


def test_a_request_makes_one_change():
    table = Table()
    table.start()
    table.do(AbortChange(author="planner", reason="no"))
    table.run(8)
    assert table.state.change is None
    assert reason(table.do(wish())) == "bad-id"


def test_an_order_is_given_whatever_else_goes_on():
    table = Table()
    table.start()
    table.alarms = ("12",)
    assert isinstance(table.give(), OrderGiven)
    assert table.state.orders["o-1"] == order()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"id": "a b"}, "bad-id"),
        ({"psap": ""}, "bad-name"),
        ({"psap": "x,y"}, "bad-name"),
        ({"short_number": "1 5"}, "bad-name"),
        ({"kind": OrderKind.DIVERT}, "bad-target"),
        ({"to_psap": "CRRA15-56"}, "bad-target"),
        ({"to_number": "+33199001234"}, "bad-target"),
        ({"kind": OrderKind.ALTERNATIVE, "to_number": "0199001234"}, "bad-number"),
        ({"expires": T0}, "bad-expiry"),
        ({"expires": T0 + ORDER_US_MAX + S}, "bad-expiry"),
        ({"starts": T0 + 2 * S, "expires": T0 + S}, "bad-expiry"),
        ({"reason": ""}, "bad-reason"),
        ({"reason": "x" * 501}, "bad-reason"),
        ({"author": ""}, "bad-reason"),
    ],
)
def test_an_order_that_cannot_be_is_refused(changed, why):
    assert reason(Table().do(GiveOrder(order=order(**changed)))) == why


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": OrderKind.DIVERT, "to_psap": "CRRA15-56", "short_number": "15"},
        {"kind": OrderKind.ALTERNATIVE, "to_number": "+33199001234"},
        {"kind": OrderKind.ALTERNATIVE},
        {"starts": T0 + 60 * S},
    ],
)
def test_orders_of_every_kind_are_given(changed):
    assert isinstance(Table().do(GiveOrder(order=order(**changed))), OrderGiven)


def test_the_id_of_an_order_is_used_once():
    table = Table()
    table.give()
    assert reason(table.give()) == "bad-id"
    table.run()
    granted = table.do(WithdrawOrder(id="o-1", author="crisis", approver="operator", reason="dry"))
    assert isinstance(granted, OrderEnded)
    assert (granted.how, granted.cause) == ("withdrawn", "dry")
    assert reason(table.give()) == "bad-id"
    table.give("o-2", expires=T0 + 10 * S)
    table.run(60)
    assert table.state.orders == {}
    assert reason(table.give("o-2")) == "bad-id", "an old generation holds that one"
    gone = WithdrawOrder(id="o-2", author="crisis", approver="", reason="")
    assert reason(table.do(gone)) == "unknown-order"


def test_only_so_many_orders_are_in_force():
    table = Table()
    for number in range(ORDERS_MAX):
        table.give(f"o-{number}")
    assert reason(table.give("one-more")) == "too-many"


def test_a_change_is_aborted_by_whoever_may():
    table = Table()
    abort = AbortChange(author="planner", reason="on second thoughts")
    assert reason(table.do(abort)) == "no-change"
    table.start()
    granted = table.do(abort)
    assert isinstance(granted, TurnedBack)
    assert (granted.author, granted.cause) == ("planner", "on second thoughts")
    assert reason(table.do(abort)) == "goes-back"


@pytest.mark.parametrize(
    "make", [partial(AbortChange, reason="on second thoughts"), FinishWork], ids=["abort", "work"]
)
def test_what_was_asked_of_one_change_is_not_told_to_the_next(make):
    table = Table()
    meant = table.start(Kind.MAINTENANCE).id
    table.more = {"proofs": {"site-1": PROOF}}
    table.look()
    table.report("site-1", serving=False)
    table.look()
    assert reason(table.do(make(author="operator", change="f" * 64))) == "other-change"
    assert table.state.change.step is Step.WORK
    assert not isinstance(table.do(make(author="operator", change=meant)), Refusal)


def test_what_is_aborted_before_anything_was_done_is_over():
    table = Table()
    table.start(Kind.UPGRADE)
    table.do(AbortChange(author="operator", reason="no"))
    assert table.state.change is None
    [ended] = table.state.history
    assert (ended.outcome, ended.cause) == (Outcome.ROLLED_BACK, "no")


def test_work_is_done_when_people_say_so():
    table = Table()
    done = FinishWork(author="operator")
    table.start(Kind.MAINTENANCE)
    assert reason(table.do(done)) == "no-work"
    table.more = {"proofs": {"site-1": PROOF}}
    table.look()
    table.report("site-1", serving=False)
    table.look()
    assert table.state.change.step is Step.WORK
    assert isinstance(table.do(done), WorkDone)
    assert table.state.change.is_work_done


def test_an_order_is_granted_by_the_clock_though_the_journal_is_ahead_of_it():
    table = Table()
    table.now += 86_400 * S
    table.start()
    table.now -= 86_400 * S
    granted = table.give(expires=table.now + 7200 * S)
    assert isinstance(granted, OrderGiven), granted
    assert granted.at_us == table.state.at_us == T0 + 86_400 * S
    refused = table.give("o-2", starts=0, expires=table.now)
    assert refused.reason == "bad-expiry"


def test_a_clock_that_was_set_back_stands_still():
    table = Table()
    table.now -= 3600 * S
    assert table.start(candidate=NEW).at_us == T0
    assert table.state.change.id == CHANGE


@pytest.mark.parametrize(
    "stations", [(), ("site-1",), ("site-9", "site-9"), ("a,b",), tuple(map(str, range(62)))]
)
def test_only_stations_that_are_new_and_few_are_added(stations):
    assert reason(Table().do(AddStations(stations=stations))) == "bad-stations"
    assert reason(ask(State(), AddStations(stations=("site-9",)), NOTHING, T0)) == "no-stations"


def test_who_is_added_shall_have_what_is_in_force_and_nobody_else_moves():
    table = Table()
    table.give()
    table.run()
    before = dict(table.state.wanted)
    granted = table.do(AddStations(stations=("site-9",)))
    assert granted == StationsAdded(at_us=granted.at_us, stations=("site-9",))
    assert table.look() == ["StationWants"], "it is made already"
    assert table.state.wanted == {**before, "site-9": before["site-1"]}


@pytest.mark.parametrize("kind", Kind)
def test_what_nobody_could_do_is_refused_before_anything_begins(kind):
    table = Table()
    table.alarms, table.more = ("12",), {"kinds": {Kind.PLAN}}
    expected = "alarm-open" if kind is Kind.PLAN else "no-hands"
    assert reason(table.do(wish(kind))) == expected
