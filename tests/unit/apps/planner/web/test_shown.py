from tests.support.commanding import NOW, ask
from tests.support.planned import make_order

from route112.access import Waiting
from route112.apps.planner.web.shown import (
    show_changes,
    show_order,
    show_state,
    show_waiting,
)
from route112.change import Change, Facts, Kind, Outcome, State, StationFact, Step
from route112.change.values import Generation
from route112.replication import Oddity, Refused, Report

CHANGE = Change(
    id="c" * 64, kind=Kind.PLAN, author="planner", approver="operator", reason="new edition",
    stations=("site-1", "site-2"), candidate="d" * 64, begun_us=1, step=Step.GATE, since_us=2,
)  # fmt: skip


def test_the_state_names_each_station_and_what_it_said():
    report = Report(
        station="site-1", number=7, content_hash="e" * 64, refused=Refused(8, "f" * 64, "expired"),
        version="1.0",
    )  # fmt: skip
    fact = StationFact(report=report, age_s=0.12345, oddities=(Oddity.WENT_BACK,))
    state = State(
        at_us=5, stations=("site-1", "site-2"), wanted={"site-1": 8}, held={"site-2": "ahead"},
        last_number=8, change=CHANGE, orders={"o-1": make_order()},
    )  # fmt: skip
    shown = show_state(state, Facts(listening_s=9.0, stations={"site-1": fact}, alarms=("a",)))
    first, second = shown.stations
    assert (first.generation, first.wanted, first.age_s) == (7, 8, 0.123)
    assert (first.refused, first.oddities, first.serving) == ("8: expired", ["went-back"], True)
    assert (second.generation, second.age_s, second.held) == (0, -1.0, "ahead")
    assert (shown.generation, shown.alarms) == (8, ["a"])
    assert shown.change.step == "gate"
    assert shown.orders == [show_order(make_order())]


def test_an_order_is_where_the_very_content_is_that_holds_it():
    made = Generation(
        number=7, candidate="d" * 64, orders=("o-1",), parent=6, content_hash="e" * 64
    )
    state = State(stations=("site-1",), generations={7: made})

    def show(number, content_hash):
        report = Report(station="site-1", number=number, content_hash=content_hash)
        facts = Facts(listening_s=9.0, stations={"site-1": StationFact(report=report, age_s=0.1)})
        (shown,) = show_state(state, facts).stations
        return shown.is_known, shown.orders

    assert show(7, "e" * 64) == (True, ["o-1"])
    assert show(7, "f" * 64) == (False, [])
    assert show(6, "e" * 64) == (False, [])


def test_history_is_told_with_what_runs():
    ended = Change(**{
        name: getattr(CHANGE, name) for name in CHANGE.__dataclass_fields__
    } | {"outcome": Outcome.ROLLED_BACK, "ended_us": 9})  # fmt: skip
    shown = show_changes(State(change=CHANGE, history=(ended,)))
    assert (shown.current.outcome, shown.current.station) == ("", "site-1")
    assert [each.outcome for each in shown.ended] == ["rolled-back"]
    assert show_changes(State()).current is None
    assert show_state(State(), Facts(listening_s=0.0)).change is None


def test_what_waits_says_who_may_agree():
    shown = show_waiting("a" * 64, Waiting(ask(), "crisis-desk", NOW + 5))
    assert (shown.verb, shown.author, shown.until_us) == ("order pause", "crisis-desk", NOW + 5)
    assert shown.arguments == {"psap": "CRRA15-29"}
    assert shown.approvers == ["crisis", "operator"]
