import pytest
from tests.support.planned import S, Time, found_engine, give, make, open_engine
from tests.support.snapshots import NOW

from route112.apps.planner.engine.engine import Clocks
from route112.apps.planner.engine.steady import DOUBT_S, SteadyClock
from route112.change.events import OrderGiven

HOUR_S = 3600


@pytest.fixture
def said():
    return []


class Leaping(Time):
    """Passes for both clocks; the one that tells the date is off."""

    leap_us = 0

    @property
    def clocks(self):
        return Clocks(now=lambda: self.right_us + self.leap_us, monotonic_s=lambda: self.us / 1e6)

    @property
    def right_us(self):
        return NOW + self.us


@pytest.fixture
def time():
    return Leaping()


@pytest.fixture
def steady(time, said):
    return SteadyClock(time.clocks.now, time.clocks.monotonic_s, say=said.append)


def test_time_that_passes_is_told_as_it_is(steady, time, said):
    for seconds in (0.25, 50, HOUR_S):
        time.pass_s(seconds)
        assert steady() == time.right_us
    time.leap_us = 59 * S
    assert steady() == time.right_us + 59 * S
    assert said == []


def test_a_leap_ahead_that_is_taken_back_never_was(steady, time, said):
    time.leap_us = 24 * HOUR_S * S
    for _ in range(8):
        time.pass_s(0.25)
        assert steady() == time.right_us
    time.leap_us = 0
    time.pass_s(1)
    assert steady() == time.right_us
    assert said == ["the clock has leapt 86400 s ahead; it is believed if it stays so for 300 s"]


def test_a_leap_that_lasts_is_believed(steady, time, said):
    time.leap_us = 24 * HOUR_S * S
    assert steady() == time.right_us
    time.pass_s(DOUBT_S)
    assert steady() == time.right_us + time.leap_us
    time.pass_s(1)
    assert steady() == time.right_us + time.leap_us
    assert len(said) == 1


def test_a_clock_that_is_set_back_is_believed_at_once(steady, time, said):
    time.leap_us = -HOUR_S * S
    time.pass_s(1)
    assert steady() == time.right_us + time.leap_us
    assert said == []


def test_a_turn_with_the_clock_ahead_ends_no_order_and_refuses_none(tmp_path, time):
    engine = found_engine(tmp_path, time=time)
    give(engine, expires=time.right_us + 6 * HOUR_S * S)
    make(engine)
    time.leap_us = 24 * HOUR_S * S
    time.pass_s(0.25)
    engine.turn()
    assert list(engine.state.orders) == ["o-1"]
    time.leap_us = 0
    time.pass_s(0.25)
    granted = give(engine, "o-2", expires=time.right_us + 2 * HOUR_S * S)
    assert isinstance(granted, OrderGiven), granted
    make(engine)
    engine.close()
    assert engine.state.generations[44].orders == ("o-1", "o-2")


def test_a_start_with_the_clock_ahead_ends_no_order_and_leaves_none_out(tmp_path, time):
    """A machine that boots with a wrong clock, or a takeover while the clock is in doubt."""
    engine = found_engine(tmp_path, time=time)
    give(engine, expires=time.right_us + HOUR_S * S)
    make(engine)
    engine.close()
    time.leap_us = 2 * HOUR_S * S
    engine = open_engine(tmp_path / "planner", time=time)
    give(engine, "o-2", expires=time.right_us + 6 * HOUR_S * S)
    make(engine)
    time.pass_s(DOUBT_S - 1)
    engine.turn()
    assert list(engine.state.orders) == ["o-1", "o-2"]
    assert engine.state.generations[44].orders == ("o-1", "o-2")
    time.pass_s(1)
    engine.turn()
    assert list(engine.state.orders) == ["o-2"], "it stays so, and is believed"
    engine.close()
