import pytest
from tests.support.followed import EDGE, list_rows, open_follower, write
from tests.support.watched import SITE, T0, S

from route112.adapters.watch_store import People
from route112.apps.watch.following.own_clock import OwnClock

AN_HOUR = 3_600 * S


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_clock_set_ahead_and_back_makes_no_ringing_call_unknown(
    tmp_path, worlds, is_restarted, capsys
):
    store, follower = open_follower(tmp_path, worlds)
    write(worlds, SITE, "attempt", T0, "c1", by="python", dialled="15", caller="+33639980001")
    follower.step(T0 + S)
    follower.step(T0 + 2 * S + AN_HOUR, S)
    write(worlds, SITE, "attempt", T0 + 3 * S, "c2", by="python", dialled="15")
    follower.step(T0 + 3 * S + AN_HOUR, S)
    if is_restarted:
        store.close()
        store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 4 * S, None if is_restarted else S)
    follower.step(T0 + 50 * S, 46 * S)
    assert list_rows(store) == []
    for call in ("c1", "c2"):
        write(worlds, SITE, "end", T0 + 50 * S, call, outcome="answered", code=200)
    follower.step(T0 + 55 * S, 5 * S)
    assert {row[0]: row[4] for row in list_rows(store)} == dict.fromkeys(("c1", "c2"), "answered")
    said = capsys.readouterr().out
    assert "was set ahead by 3,600 s" in said
    assert "was set back by 3," in said
    store.close()


@pytest.mark.parametrize("behind_s", [0, 299, 310, 3_600])
@pytest.mark.parametrize("has_edge", [True, False])
def test_who_was_served_before_and_lost_the_next_call_is_called_back_whatever_a_clock_says(
    tmp_path, worlds, behind_s, has_edge
):
    store, follower = open_follower(tmp_path, worlds)
    fields = {"by": "python", "dialled": "15", "caller": "+33639980001"}
    ends = {
        "first": {"outcome": "answered", "code": 200},
        "then": {"outcome": "failed", "code": 503},
    }
    for station in worlds:
        write(worlds, station, "site", T0, "", event="start")
    told = {"first": (EDGE, SITE), "then": (EDGE, SITE)}
    if not has_edge:
        told = {"first": (EDGE,), "then": (SITE,)}
    for second in range(320):
        for call, at_s in (("first", 5), ("then", 305)):
            for station in told[call]:
                at_us = T0 + (second - behind_s * (station == SITE)) * S
                if second == at_s:
                    write(worlds, station, "attempt", at_us, call, **fields)
                elif second == at_s + 3:
                    write(worlds, station, "end", at_us, call, **ends[call])
        follower.step(T0 + second * S + 1, S if second else None)
    (back,) = People(store).list_callbacks()
    assert (back.state, back.attempts, back.lost) == ("open", 2, 1)
    store.close()


@pytest.mark.parametrize("set_back_s", [0, 600])
@pytest.mark.parametrize("restarts", [(), (21,), (22,), (23,), (21, 22, 23)])
def test_who_lost_the_next_call_is_called_back_where_watch_was_started_again_meanwhile(
    tmp_path, worlds, restarts, set_back_s
):
    """Of a station whose clock is behind: when watch heard of its lines outlives watch."""
    store, follower = open_follower(tmp_path, worlds)
    fields = {"by": "python", "dialled": "15", "caller": "+33639980001"}
    for station in worlds:
        write(worlds, station, "site", T0, "", event="start")
    for second in range(40):
        now_us = T0 + second * S
        if second == 2:
            write(worlds, EDGE, "attempt", now_us, "first", **fields)
        elif second == 12:
            write(worlds, EDGE, "end", now_us, "first", outcome="answered", code=200)
        elif second == 20:
            write(worlds, SITE, "attempt", now_us - 10 * S, "then", **fields)
        elif second == 22:
            write(worlds, SITE, "end", now_us - 10 * S, "then", outcome="failed", code=503)
        if second in restarts:
            store.close()
            store, follower = open_follower(tmp_path, worlds)
        own_us = now_us + 1 + set_back_s * S * (second <= 20)
        follower.step(own_us, S if second and second not in restarts else None)
    (back,) = People(store).list_callbacks()
    assert (back.state, back.attempts, back.lost) == ("open", 2, 1)
    store.close()


@pytest.mark.parametrize("ahead_us", [T0 + 2 * AN_HOUR, T0 + AN_HOUR + 15 * S])
def test_who_gave_up_at_an_edge_whose_clock_is_ahead_is_called_back_when_read_in_one_piece(
    tmp_path, worlds, ahead_us
):
    """Also where the end alone is so far ahead that it is taken as of now."""
    store, follower = open_follower(tmp_path, worlds)
    fields = {"by": "native", "op": "bruyere", "dialled": "15", "caller": "+33639980001"}
    write(worlds, EDGE, "attempt", ahead_us, "c1", **fields)
    write(worlds, EDGE, "end", ahead_us + 9 * S, "c1", outcome="cancelled", code=487, ms=9_000)
    follower.step(T0 + 20 * S)
    follower.step(T0 + 23 * S + AN_HOUR)
    (back,) = People(store).list_callbacks()
    assert (back.caller, back.outcome) == ("+33639980001", "cancelled")
    store.close()


def test_a_pause_or_a_small_step_is_no_step_of_the_clock(tmp_path, worlds, capsys):
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0)
    follower.step(T0 + AN_HOUR, AN_HOUR)
    follower.step(T0 + AN_HOUR - 2 * S, S)
    follower.step(T0 + 2 * AN_HOUR)
    assert "clock" not in capsys.readouterr().out
    store.close()


@pytest.mark.parametrize(
    ("now_us", "passed_us", "by_us"),
    [
        (T0 + AN_HOUR, S, AN_HOUR - S),
        (T0 + 6 * S, S, 0),
        (T0 + AN_HOUR, None, 0),
        (T0 - AN_HOUR, None, -AN_HOUR),
        (T0 - 5 * S, None, 0),
    ],
)
def test_it_is_told_by_how_much_the_clock_was_set(now_us, passed_us, by_us):
    said = []
    clock = OwnClock(T0, said.append)
    assert clock.step(now_us, passed_us) == by_us
    assert len(said) == (by_us != 0)
    assert clock.step(now_us + S, S) == 0


def test_a_clock_that_was_never_looked_at_was_not_set():
    assert OwnClock(0, print).step(T0, None) == 0
