from dataclasses import replace

import pytest
from tests.support.seen import T0, S

from route112.apps.planner.senses.alarms import (
    TEXT_MAX,
    is_exempt,
    list_against,
    list_holding,
)
from route112.apps.planner.senses.view import BlindError
from route112.change import Change, Kind, Outcome, State, Step
from route112.watch.alarms import Alarm
from route112.watch.alarms.values import State as AlarmState
from route112.watch.findings import Finding, FindingKind
from route112.watch.series import Series


def find(at_s=0, *, kind=FindingKind.GREY, party="site", **values):
    return Finding(
        kind=kind, series=Series(tuple(values.items())), since_us=T0 + at_s * S - S,
        at_us=T0 + at_s * S, expected=1.0, seen=0.0, strength=20.0, floor_s=10.0, party=party,
    )  # fmt: skip


def alarm(*active, past=(), id_=3):
    lead = (*active, *past)[0]
    return Alarm(
        id=id_, state=AlarmState.OPEN, kind=lead.kind, series=lead.series, since_us=lead.since_us,
        opened_us=lead.at_us, changed_us=lead.at_us, floor_s=10.0, party="", active=active,
        past=past,
    )  # fmt: skip


def change(step=Step.WORK, *, kind=Kind.MAINTENANCE, begun_s=-60, since_s=-10):
    return Change(
        id="c1", kind=kind, author="a", approver="b", reason="r", stations=("site-2",),
        begun_us=T0 + begun_s * S, step=step, since_us=T0 + since_s * S,
    )  # fmt: skip


class FakeView:
    def __init__(self, *alarms, error=""):
        self.alarms, self.error = alarms, error

    def list_alarms(self, now_us):
        assert now_us == T0
        if self.error:
            raise BlindError(self.error)
        return self.alarms


def test_what_is_open_holds_a_change_and_is_named():
    found = alarm(find(number="15", departement="29"))
    assert list_holding(FakeView(found), State(), T0) == (f"3: {found.title}",)
    assert list_holding(FakeView(), State(), T0) == ()
    long = alarm(find(number="x" * 500))
    assert len(list_holding(FakeView(long), State(), T0)[0]) == TEXT_MAX


def test_while_nobody_watches_that_holds_it():
    held = list_holding(FakeView(error="watch is not there"), State(), T0)
    assert held == ("nobody-watches: watch is not there",)


def test_what_falls_due_and_touches_nobody_does_not():
    due = find(kind=FindingKind.STALE, party="", site="site-9")
    assert is_exempt(alarm(due), None)
    assert not is_exempt(alarm(due, find(site="site-9")), None)
    assert not is_exempt(alarm(past=(due,)), None), "what was wrong may be wrong again"


@pytest.mark.parametrize("kind", [Kind.UPGRADE, Kind.MAINTENANCE, Kind.EVACUATION])
def test_what_is_wrong_with_a_site_out_of_service_is_the_works_own(kind):
    at_work = change(kind=kind)
    assert is_exempt(alarm(find(site="site-2")), at_work)
    assert is_exempt(alarm(find(edge="e1", site="site-2"), find(site="site-2")), at_work)
    assert is_exempt(alarm(past=(find(site="site-2"),)), at_work)
    for other in (find(site="site-3"), find(), find(number="15"), find(-90, site="site-2")):
        assert not is_exempt(alarm(other), at_work)
        assert not is_exempt(alarm(find(site="site-2"), other), at_work)


def test_a_plan_is_held_by_whatever_is_wrong_with_its_canary():
    assert not is_exempt(alarm(find(site="site-2")), change(Step.GATE, kind=Kind.PLAN))


def test_what_is_seen_after_it_is_back_holds_it():
    gate = change(Step.GATE, since_s=0)
    assert is_exempt(alarm(find(0, site="site-2")), gate)
    assert not is_exempt(alarm(find(1, site="site-2")), gate)
    assert not is_exempt(alarm(find(0, site="site-2")), change(Step.PROOF))
    assert not is_exempt(alarm(find(0, site="site-2")), None)


def test_an_edge_at_work_is_a_station_as_well():
    at_work = change()
    object.__setattr__(at_work, "stations", ("e1",))
    assert is_exempt(alarm(find(edge="e1")), at_work)


def end(outcome=Outcome.DONE, *, kind=Kind.UPGRADE, since_s=10):
    return replace(change(Step.GATE, kind=kind, since_s=since_s), outcome=outcome)


def test_what_was_of_the_work_does_not_hold_the_next_one_when_that_is_done():
    quiet = alarm(past=(find(site="site-2"),))
    state = State(history=(end(),))
    assert list_holding(FakeView(quiet), state, T0) == ()
    assert list_holding(FakeView(quiet), replace(state, change=change(Step.PROOF)), T0) == ()
    both = alarm(past=(find(site="site-2"), find(edge="site-2")))
    assert is_exempt(both, None, (end(),))
    assert is_exempt(quiet, None, (end(kind=Kind.MAINTENANCE), end(since_s=-1)))


def test_an_alarm_of_this_work_and_of_the_work_before_it_does_not_hold_it():
    before = replace(end(), stations=("site-1",))
    found = alarm(past=(find(site="site-1"), find(site="site-2")))
    assert is_exempt(found, change(), (before,))
    assert not is_exempt(found, change())
    assert not is_exempt(found, None, (before,))


@pytest.mark.parametrize(
    ("found", "ended"),
    [
        (alarm(find(site="site-2")), end()),
        (alarm(find(), past=(find(site="site-2"),)), end()),
        (alarm(past=(find(site="site-3"),)), end()),
        (alarm(past=(find(site="site-2"), find(number="15"))), end()),
        (alarm(past=(find(-90, site="site-2"),)), end()),
        (alarm(past=(find(site="site-2"),)), end(since_s=-1)),
        (alarm(past=(find(site="site-2"),)), end(Outcome.ROLLED_BACK)),
        (alarm(past=(find(site="site-2"),)), end(Outcome.STUCK)),
        (alarm(past=(find(site="site-2"),)), end(kind=Kind.PLAN)),
    ],
)  # fmt: skip
def test_what_is_wrong_still_or_was_not_of_work_that_is_done_holds(found, ended):
    assert list_holding(FakeView(found), State(history=(ended,)), T0) != ()


@pytest.mark.parametrize(
    ("kind", "begun_s", "since_s", "speaks"),
    [
        (Kind.PLAN, -60, 10, True),
        (Kind.PLAN, 10, 20, False),
        (Kind.UPGRADE, -60, -10, True),
        (Kind.UPGRADE, -60, 10, False),
        (Kind.UPGRADE, -60, -1, False),
    ],
)
def test_an_alarm_of_the_station_at_the_gate_speaks_against_its_change(
    kind, begun_s, since_s, speaks
):
    at_gate = change(Step.GATE, kind=kind, begun_s=begun_s, since_s=since_s)
    found = alarm(find(site="site-2"))
    said = (f"alarm 3: {found.title}",) if speaks else ()
    assert list_against(FakeView(found), at_gate, T0) == said


def test_what_touches_others_too_or_is_over_does_not_speak_against_it():
    at_gate = change(Step.GATE, kind=Kind.PLAN)
    both = alarm(find(site="site-2"), find(site="site-3"))
    over = alarm(past=(find(edge="site-2"),))
    assert list_against(FakeView(both, over), at_gate, T0) == ()
    assert list_against(FakeView(error="nobody"), at_gate, T0) == ()
