import random
import sqlite3

import pytest
from tests.support.followed import (
    CALLS,
    EDGE,
    Noting,
    list_rows,
    open_follower,
    write,
    write_calls,
)
from tests.support.watched import MS, PREPARED_US, SITE, T0, Plan, S

from route112.adapters.watch_store import (
    BusyError,
    InHand,
    load_counts,
    open_store,
    schema,
    transaction,
)
from route112.apps.watch.following.follower import Follower
from route112.apps.watch.names import Names


def test_what_was_read_while_somebody_else_wrote_is_taken_by_the_next_step(
    tmp_path, worlds, monkeypatch
):
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.01)
    write_calls(worlds)
    store, follower = open_follower(tmp_path, worlds)
    backup = open_store(tmp_path / "w.sqlite")
    with transaction(backup), pytest.raises(BusyError):
        follower.step(T0 + 120 * S)
    assert follower.step(T0 + 120 * S) == CALLS * 6 - CALLS // 8
    assert len(list_rows(store)) == CALLS
    backup.close()
    store.close()


@pytest.mark.parametrize("seed", range(20))
def test_killed_anywhere_it_counts_nothing_twice_and_loses_nothing(
    tmp_path, worlds, seed, monkeypatch
):
    """Steps are cut in the midst of their transaction, and each next one is a new process."""
    chance = random.Random(seed)
    write_calls(worlds)
    late = [f"c{index}" for index in range(0, CALLS, 16)]
    monkeypatch.setattr("route112.adapters.record_feed.ROUND_RECORDS_MAX", chance.randint(1, 40))
    now_us, steps = T0 + 50 * MS, 0
    while now_us < T0 + 200 * S:
        store, follower = open_follower(tmp_path, worlds)
        for _ in range(chance.randint(1, 4)):
            if chance.random() < 0.3:
                cut(store, chance)
            try:
                follower.step(now_us)
            except sqlite3.Error:
                break
            steps += 1
            now_us += chance.randint(0, 3) * S
        store.close()
        if late and now_us > T0 + 100 * S:
            for call in late:
                write(worlds, EDGE, "end", now_us, call, outcome="answered", code=200, ms=1)
            late = []
    store, follower = open_follower(tmp_path, worlds)
    while follower.step(now_us + 10 * S) or follower.feed.has_backlog:
        pass
    assert steps > 0
    rows = list_rows(store)
    assert [row[0] for row in rows] == sorted(f"c{index}" for index in range(CALLS))
    answered = {row[0] for row in rows if row[4] == "answered"}
    assert {f"c{index}" for index in range(0, CALLS, 16)} <= answered
    counts = load_counts(store)
    assert counts["calls"] == CALLS
    assert counts["records"] == sum(len(list(world.read())) for world in worlds.values())
    follower.step(now_us + 2_000 * S)
    assert InHand(store).load().records == ()
    store.close()


def cut(store, chance):
    """Have one of the next statements end the process, as far as one process can play it."""
    left = [chance.randint(1, 30)]

    def count(statement):
        left[0] -= 1
        if left[0] == 0:
            store.set_progress_handler(lambda: 1, 1)

    store.set_trace_callback(count)


def test_a_vanished_folder_is_said(tmp_path, worlds):
    said = []
    store = open_store(tmp_path / "w.sqlite", create=True)
    follower = Follower(
        store, edges=[EDGE], names=Names(Plan()), complain=said.append, ahead_us=PREPARED_US
    )
    assert follower.follow([tmp_path / "absent"]) == [str(tmp_path / "absent")]
    assert follower.step(T0) == 0
    assert len(said) == 1
    store.close()


class Telling(Noting):
    """Somebody who notes what time he is told, and who is blind then."""

    def __init__(self):
        super().__init__()
        self.told = []

    def tick(self, time_us):
        self.told.append(((time_us - T0) // S, self.blind))


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_station_that_comes_back_with_a_backlog_stops_nobodys_eyes(
    tmp_path, worlds, monkeypatch, is_restarted
):
    monkeypatch.setattr("route112.adapters.record_feed.ROUND_RECORDS_MAX", 10)
    folder = tmp_path / SITE / "records"
    write(worlds, SITE, "site", T0, "", event="start")
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0)
    worlds[SITE].path = folder.rename(tmp_path / "away")
    follower.step(T0 + S)
    for second in range(25):
        shape = {"by": "python", "op": "bruyere", "dialled": "15", "caller": "+33639980001"}
        write(worlds, SITE, "attempt", T0 + second * S, f"old{second}", **shape)
        write(worlds, SITE, "end", T0 + second * S + 9, f"old{second}", outcome="failed", code=480)
    follower.step(T0 + 3_600 * S)
    worlds[SITE].path = worlds[SITE].path.rename(folder)
    follower.eyes = eyes = Telling()
    for second in range(3_601, 3_607):
        write(worlds, EDGE, "attempt", T0 + second * S, f"new{second}", by="native", op="bruyere",
              dialled="15", caller=f"+3363999{second}")  # fmt: skip
        if is_restarted:
            store.close()
            store, follower = open_follower(tmp_path, worlds)
            follower.eyes = eyes
        follower.step(T0 + second * S)
    assert [time_s for time_s, _ in eyes.told] == list(range(3_601, 3_607))
    assert eyes.told[0][1] == (SITE,), "it is known up to long ago"
    assert eyes.told[-1][1] == ()
    seen = {call.call for call in eyes.calls}
    assert {f"new{second}" for second in range(3_601, 3_605)} <= seen
    follower.step(T0 + 3_620 * S)
    failed = {row[0] for row in list_rows(store) if row[4] == "failed"}
    assert failed == {f"old{second}" for second in range(25)}
    store.close()
