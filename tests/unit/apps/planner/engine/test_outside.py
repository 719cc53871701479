from dataclasses import replace

import pytest
from tests.support.changing import Table, wish
from tests.support.planned import Quiet, Time

from route112.apps.planner.engine.outside import MEASURED_AGE_S_MAX, Outside
from route112.apps.planner.seams import NOBODY_WATCHES, Handless, Measured
from route112.change import Probing
from route112.change.deciding import list_commands

TESTS = {"site-1": Probing(wanted=1, passed=1)}


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def table():
    table = Table()
    table.do(wish())
    return table


def make_outside(time, senses=None, hands=None):
    clocks = time.clocks
    return Outside(
        senses or Quiet(alarms=("7",), tests=TESTS),
        hands or Handless(),
        now=clocks.now,
        monotonic_s=clocks.monotonic_s,
    )


def test_while_nobody_looks_an_alarm_is_open(time, table):
    outside = make_outside(time)
    assert outside.get_measured(table.state) == Measured(), "it has just begun"
    time.pass_s(MEASURED_AGE_S_MAX + 0.1)
    assert outside.get_measured(table.state).alarms == (NOBODY_WATCHES,)
    outside.look(table.state)
    assert outside.get_measured(table.state).tests == TESTS
    time.pass_s(MEASURED_AGE_S_MAX + 0.1)
    assert outside.get_measured(table.state).alarms == (NOBODY_WATCHES,)


def test_a_look_that_fails_is_an_alarm_at_once(time, table):
    class Broken:
        def measure(self, _state, _now_us):
            raise RuntimeError("out of sorts")

    outside = make_outside(time, senses=Broken())
    with pytest.raises(RuntimeError):
        outside.look(table.state)
    assert outside.get_measured(table.state).alarms == (NOBODY_WATCHES,)


def test_what_was_measured_for_another_step_says_nothing_of_this_one(time, table):
    outside = make_outside(time)
    outside.look(table.state)
    other = replace(table.state, change=replace(table.state.change, back=True))
    assert outside.get_measured(other).tests == {}
    assert outside.get_measured(other).alarms == ("7",)
    frozen = replace(table.state, change=replace(table.state.change, is_yielding=True))
    assert outside.get_measured(frozen).tests == TESTS


def test_hands_are_told_what_is_to_be_done_now(time, table):
    acted = []

    class Hands:
        def act(self, act):
            acted.append((act.step, act.station))

    outside = make_outside(time, hands=Hands())
    outside.tell(list_commands(table.state))
    outside.act()
    outside.act()
    assert acted == [("offer", "site-1")] * 2
    outside.tell(())
    outside.act()
    assert len(acted) == 2
