"""What excuses a time, and what does not."""

from contextlib import contextmanager

import pytest
from tests.support import standstill
from tests.support.standstill import (
    PLAYS_MAX,
    Machine,
    Standstill,
    judge_in_time,
    read_standstills,
    watch_machine,
)

STILL = Machine((Standstill(1.0, 0.3), Standstill(2.0, 0.6), Standstill(9.0, 0.2)))


def watch(monkeypatch, *machines):
    """Have the machine do this in the plays to come."""
    told = iter(machines)

    @contextmanager
    def played():
        yield next(told)

    monkeypatch.setattr(standstill, "watch_machine", played)


def judge_all(*, room_s=0.1, **options):
    """Play until it is judged; return the plays, and what they were judged by."""
    plays, judged = [], []
    judge_in_time(
        lambda: plays.append(1), lambda _found, machine: judged.append(machine), room_s=room_s,
        **options,
    )  # fmt: skip
    return len(plays), judged


def test_a_machine_that_did_not_stand_still_excuses_nothing(monkeypatch):
    watch(monkeypatch, Machine())
    assert judge_all() == (1, [Machine()])


def test_bounds_have_room_for_a_little(monkeypatch):
    watch(monkeypatch, Machine((Standstill(1.0, 0.06),)))
    assert judge_all() == (1, [Machine()])


def test_it_is_played_again_until_the_machine_runs(monkeypatch):
    watch(monkeypatch, STILL, Machine())
    assert judge_all() == (2, [Machine()])


def test_the_last_play_is_judged_by_what_it_was_measured_on(monkeypatch):
    watch(monkeypatch, *[STILL] * PLAYS_MAX)
    assert judge_all() == (PLAYS_MAX, [STILL])


def test_late_ends_are_played_again_and_excuse_nothing(monkeypatch):
    watch(monkeypatch, *[Machine()] * PLAYS_MAX)
    assert judge_all(find_late_s=lambda _found: 0.5) == (PLAYS_MAX, [Machine()])


def test_what_a_play_itself_asserts_is_never_excused(monkeypatch):
    watch(monkeypatch, *[STILL] * PLAYS_MAX)

    def lose():
        raise AssertionError("lost")

    with pytest.raises(AssertionError, match="lost"):
        judge_in_time(lose, lambda _found, _machine: None, room_s=0.1)


def test_how_much_of_it_one_call_may_have_met():
    assert STILL.find_most_s(5.0) == pytest.approx(0.9)
    assert STILL.longest_s == pytest.approx(0.6)
    assert STILL.total_s == pytest.approx(1.1)
    assert Machine().find_most_s(5.0) == Machine().longest_s == 0.0
    assert STILL.describe() == "the machine stood still 3 times, 0.60 s at most, 1.10 s in all"


def test_a_line_that_was_cut_short_is_left_out():
    assert list(read_standstills("ready\n1.5 0.25\n2.5 0.")) == [Standstill(1.5, 0.25)]


def test_the_machine_is_watched_for_the_time_of_the_block():
    with watch_machine() as machine:
        assert machine.standstills == ()
    assert all(one.length_s >= standstill.GAP_S for one in machine.standstills)
