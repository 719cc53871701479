import random
import shutil
import sqlite3
from types import SimpleNamespace

import pytest
from tests.support.records import World
from tests.support.watched import PREPARED_US

from route112.adapters.watch_store import (
    BusyError,
    Journal,
    People,
    Refusal,
    open_store,
    schema,
    transaction,
)
from route112.apps.watch.follower import CONTRADICTION, FIRST_RECORDS, Follower, Names
from route112.apps.watch.upkeep import owners
from route112.countries import read_builtin_profile
from route112.watch.calls import strands
from route112.watch.intake import OLDER_MAX
from route112.wire.documents.profile import parse_profile
from route112.wire.record_lines import Record, render_line

T0 = 1_795_000_000_000_000
MS, S = 1_000, 1_000_000
EDGE, SITE = "bruyere-edge-1", "site-1"
CALLS = 40


class Plan:
    """As much of a snapshot as names need."""

    short_numbers = (SimpleNamespace(number="15"),)

    def find_number(self, dialled):
        return 0 if dialled in ("15", "urn:service:sos.ambulance") else None

    def find_commune(self, code):
        return 0 if code == "29019" else None

    def commune(self, index):
        return SimpleNamespace(name=["Brest"][index])


@pytest.fixture
def worlds(tmp_path):
    return {name: World(tmp_path / name / "records") for name in (EDGE, SITE)}


def write(worlds, station, kind, at_us, call, **fields):
    key = worlds[station].raw.key
    line = render_line(kind, {"t": at_us, "site": station, "call": call, **fields}, key=key)
    worlds[station].append(line.encode())


def write_calls(worlds, count=CALLS):
    """Write calls of an edge and a site: every fourth fails, every eighth has no end."""
    for index in range(count):
        at_us, call = T0 + index * 100 * MS, f"c{index}"
        caller = f"+3363998{index:04}"
        write(worlds, EDGE, "attempt", at_us, call, by="native", op="bruyere", dialled="15",
              caller=caller)  # fmt: skip
        write(worlds, EDGE, "pass", at_us + MS, call, n=1, to=SITE, hop="h:1")
        write(worlds, SITE, "attempt", at_us + 2 * MS, call, by="python", commune="29019",
              dialled="urn:service:sos.ambulance", caller=caller)  # fmt: skip
        write(worlds, SITE, "try", at_us + 3 * MS, call, n=1, psap="A", number="+33", hop="t:1")
        outcome = "failed" if index % 4 == 0 else "answered"
        write(worlds, SITE, "end", at_us + 90 * MS, call, outcome=outcome, code=480, psap="A",
              number="+33", ms=88)  # fmt: skip
        if index % 8:
            write(worlds, EDGE, "end", at_us + 91 * MS, call, outcome=outcome, code=480, ms=91)


def open_follower(tmp_path, worlds):
    store = open_store(tmp_path / "w.sqlite", create=True)
    follower = Follower(
        store, edges=[EDGE], names=Names(Plan()), complain=print, ahead_us=PREPARED_US
    )
    follower.follow([world.path for world in worlds.values()])
    return store, follower


class Noting:
    """Somebody who looks at nothing but what changes."""

    def __init__(self):
        self.changes = []
        self.calls = []
        self.blind = ()

    def add_arrival(self, call):
        self.calls.append(call)

    def add_end(self, call):
        self.calls.append(call)

    def tick(self, time_us):
        pass

    def add_change(self, change):
        self.changes.append((change.what, change.dimension, change.value, change.at_us - T0))


def test_a_restart_is_a_change_of_its_station_and_its_first_start_is_none(worlds, tmp_path):
    for station in worlds:
        write(worlds, station, "site", T0, "", event="start", reason="ready")
        for index in range(FIRST_RECORDS):
            write(worlds, station, "site", T0, "", event="snapshot", g=index)
    write(worlds, SITE, "site", T0 + 7, "", event="restart", reason="ready")
    write(worlds, SITE, "site", T0 + 8, "", event="start", reason="adopted")
    write(worlds, EDGE, "site", T0 + 9, "", event="start", reason="ready")
    write(worlds, SITE, "site", T0 + 10, "", event="drained", reason="drained")
    write(worlds, SITE, "site", T0 + 11, "", event="given-back", reason="given-back")
    store, follower = open_follower(tmp_path, worlds)
    follower.eyes = Noting()
    follower.step(T0 + S)
    assert sorted(follower.eyes.changes) == [
        ("drained", "site", SITE, 10),
        ("given back", "site", SITE, 11),
        ("restart", "edge", EDGE, 9),
        ("restart", "site", SITE, 7),
    ]
    store.close()


def list_rows(store):
    return store.execute(
        "SELECT call, number, commune, place, outcome, site, edge, lost FROM calls ORDER BY call"
    ).fetchall()


def test_two_sides_of_a_call_are_one_row(tmp_path, worlds):
    write_calls(worlds)
    store, follower = open_follower(tmp_path, worlds)
    assert follower.step(T0 + 120 * S) == CALLS * 6 - CALLS // 8
    rows = {row[0]: row[1:] for row in list_rows(store)}
    assert rows["c1"] == ("15", "29019", "Brest", "answered", SITE, EDGE, 0)
    assert rows["c4"] == ("15", "29019", "Brest", "failed", SITE, EDGE, 1)
    assert rows["c8"] == ("15", "29019", "Brest", "unknown", SITE, EDGE, 1)
    assert len(People(store).list_callbacks()) == CALLS // 4
    assert follower.follow([worlds[EDGE].path]) == []
    store.close()


def test_a_writer_of_another_folder_uses_up_no_sequence(tmp_path, worlds, capsys):
    """Whoever may write into one station's folder could blind watch for another one."""
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0)
    write_calls(worlds)
    forged = tmp_path / "forged" / "records"
    shutil.copytree(worlds[SITE].path, forged)
    write(worlds, SITE, "site", T0, "", event="snapshot", g=1)
    follower.step(T0 + 10 * S)
    follower.follow([forged])
    follower.step(T0 + 120 * S)
    assert len(list_rows(store)) == CALLS
    before = follower.intake.refused
    follower.step(T0 + 121 * S)
    assert follower.intake.refused == before
    assert "they do not count" in capsys.readouterr().out
    store.close()


def open_country(tmp_path, worlds):
    store, follower = open_follower(tmp_path, worlds)
    follower.absences.stations = {EDGE, SITE}
    return store, follower


def test_a_station_tells_nothing_of_another_one(tmp_path, worlds, capsys):
    """Who may write into a site's folder could take a caller off the list, and end an alarm."""
    write(worlds, EDGE, "attempt", T0, "c1", by="native", dialled="15", caller="+33639980001")
    write(worlds, EDGE, "end", T0 + S, "c1", outcome="failed", code=503)
    write_event(worlds, EDGE, "snapshot-refused", T0, 42, CONTRADICTION)
    write(worlds, SITE, "attempt", T0, "c2", by="python")
    store, follower = open_country(tmp_path, worlds)
    follower.eyes = Noting()
    told = []
    looker = SimpleNamespace(add_arrival=print, add_end=print, tick=lambda _time_us: None)
    follower.watch(SimpleNamespace(note_arrival=lambda *said: told.append(said), **vars(looker)))
    follower.step(T0)
    for kind, fields in (
        ("end", {"call": "c1", "outcome": "answered", "code": 200}),
        ("site", {"event": "snapshot", "g": 43}),
        ("site", {"event": "restart", "reason": "ready"}),
        (
            "site",
            {"site": "nobody", "event": "snapshot-refused", "g": 42, "reason": CONTRADICTION},
        ),
    ):
        forged = {"t": T0 + S + 1, "site": EDGE} | fields
        worlds[SITE].append(render_line(kind, forged, key=worlds[SITE].raw.key).encode())
    write(worlds, SITE, "end", T0 + S, "c2", outcome="answered")
    follower.step(T0 + 10 * S)
    assert [back.caller for back in People(store).list_callbacks()] == ["+33639980001"]
    assert follower.list_refusals() == [Refusal("edge", EDGE, 42, T0)]
    assert follower.eyes.changes == []
    assert {station for station, _ in told} <= {SITE}
    assert follower.intake.count_gaps() == 0
    assert capsys.readouterr().out.count(f"do not name {SITE}: they do not count") == 1
    store.close()


def test_a_station_that_tells_of_others_alone_is_blind(tmp_path, worlds):
    write(worlds, SITE, "attempt", T0, "c1", by="python")
    store, follower = open_follower(tmp_path, worlds)
    follower.absences.stations = {EDGE, SITE}
    worlds[EDGE].append(
        render_line("attempt", {"t": T0, "site": SITE}, key=worlds[EDGE].raw.key).encode()
    )
    follower.step(T0)
    follower.step(T0 + S)
    assert follower.absences.list_blind() == (EDGE,)
    write(worlds, EDGE, "attempt", T0 + S, "c2", by="native")
    follower.step(T0 + 2 * S)
    follower.step(T0 + 3 * S)
    assert follower.absences.list_blind() == ()
    store.close()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_copy_takes_no_writer_from_a_station_that_is_back(tmp_path, worlds, is_restarted):
    write_failed(worlds, 0, 5, T0)
    store, follower = open_country(tmp_path, worlds)
    follower.step(T0 + S)
    copy = tmp_path / f"{SITE}.old" / "records"
    shutil.copytree(worlds[SITE].path, copy)
    worlds[SITE].path.rename(tmp_path / "away")
    follower.step(T0 + 2 * S)
    follower.follow([copy])
    follower.step(T0 + 3 * S)
    (tmp_path / "away").rename(worlds[SITE].path)
    write_failed(worlds, 5, 7, T0 + 4 * S)
    if is_restarted:
        store.close()
        store, follower = open_country(tmp_path, worlds)
        follower.follow([copy])
    for at_s in range(5, 20):
        follower.step(T0 + at_s * S)
    assert len(People(store).list_callbacks()) == 5 + 7
    assert follower.absences.list_blind() == ()
    store.close()


def test_a_folder_that_has_moved_is_followed_on(tmp_path, worlds):
    write(worlds, SITE, "attempt", T0, "c1", by="python", op="bruyere", dialled="15")
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    moved = tmp_path / "moved"
    worlds[SITE].path.rename(moved)
    follower.step(T0 + 2 * S)
    follower.follow([moved])
    follower.step(T0 + 3 * S)
    worlds[SITE].append(
        render_line(
            "end", {"t": T0 + 3 * S, "site": SITE, "call": "c1", "outcome": "answered"},
            key=worlds[SITE].raw.key,
        ).encode()
    )  # fmt: skip
    follower.step(T0 + 9 * S)
    assert [row[4] for row in list_rows(store)] == ["answered"]
    store.close()


def write_event(worlds, station, event, at_us, generation, reason):
    line = render_line(
        "site",
        {"t": at_us, "site": station, "event": event, "g": generation, "reason": reason},
        key=worlds[station].raw.key,
    )
    worlds[station].append(line.encode())


def test_who_was_offered_two_contents_under_one_generation_is_known_until_a_later_one(
    tmp_path, worlds
):
    for station, reason in ((EDGE, CONTRADICTION), (SITE, CONTRADICTION), (SITE, "truncated")):
        write_event(worlds, station, "snapshot-refused", T0, 42, reason)
    write_event(worlds, SITE, "snapshot-refused", T0, "", CONTRADICTION)
    write_event(worlds, SITE, "native-flip", T0, 43, "slot-a")
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    site = Refusal("site", SITE, 42, T0)
    assert follower.list_refusals() == [Refusal("edge", EDGE, 42, T0), site]
    store.close()
    write_event(worlds, EDGE, "snapshot", T0 + S, 43, "offered")
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 2 * S)
    assert follower.list_refusals() == [site]
    store.close()


@pytest.mark.parametrize("generation", [10**18, 10**19, 10**3_000])
def test_a_generation_that_nobody_can_keep_is_passed_over(tmp_path, worlds, generation):
    for event in ("snapshot", "snapshot-refused"):
        write_event(worlds, SITE, event, T0, generation, CONTRADICTION)
    write_event(worlds, EDGE, "snapshot-refused", T0, 10**18 - 1, CONTRADICTION)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    assert follower.list_refusals() == [Refusal("edge", EDGE, 10**18 - 1, T0)]
    store.close()


def test_who_hung_up_after_an_answering_point_let_it_ring_in_vain_is_called_back(tmp_path, worlds):
    call, tried = "c1", {"n": 1, "psap": "A", "number": "+33", "hop": "t:1"}
    write(worlds, SITE, "attempt", T0, call, by="python", dialled="15", caller="+33639980001")
    write(worlds, SITE, "try", T0 + MS, call, **tried)
    write(worlds, SITE, "ring", T0 + S, call, **tried, code=180)
    write(worlds, SITE, "failed", T0 + 20 * S, call, **tried, code=408, cause="timeout")
    write(worlds, SITE, "try", T0 + 20 * S, call, n=2, psap="B", number="+34", hop="t:2")
    write(worlds, SITE, "end", T0 + 25 * S, call, outcome="cancelled", code=487, ms=25_000)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 30 * S)
    assert [back.caller for back in People(store).list_callbacks()] == ["+33639980001"]
    store.close()


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


def test_two_callers_with_one_call_id_are_both_called_back(tmp_path, worlds):
    """Devices that count from 1 at each start have the Call-IDs of others."""
    worlds["ecume-edge-1"] = World(tmp_path / "ecume-edge-1" / "records")
    for place, (station, caller) in enumerate(
        ((EDGE, "+33639981111"), ("ecume-edge-1", "+33639982222"))
    ):
        write(worlds, station, "attempt", T0 + place, "1@192.0.2.7", by="native",
              op=station[:5], dialled="15", caller=caller)  # fmt: skip
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    store.close()
    for station in (EDGE, "ecume-edge-1"):
        write(worlds, station, "end", T0 + 2 * S, "1@192.0.2.7", outcome="failed", code=503)
        store, follower = open_follower(tmp_path, worlds)
        follower.step(T0 + 10 * S)
        store.close()
    store, follower = open_follower(tmp_path, worlds)
    callers = [back.caller for back in People(store).list_callbacks()]
    assert callers == ["+33639981111", "+33639982222"]
    store.close()


def test_one_number_is_one_caller_however_operators_write_it(tmp_path, worlds):
    profile, _ = parse_profile(read_builtin_profile("fr"), file="profile.yaml")
    forms = ("+33639982222", "0639982222", "0033639982222", "withheld", "Anonymous")
    for place, caller in enumerate(forms):
        write(worlds, SITE, "attempt", T0 + place, f"c{place}", by="python", dialled="15",
              caller=caller)  # fmt: skip
        write(worlds, SITE, "end", T0 + S, f"c{place}", outcome="failed", code=503)
    store = open_store(tmp_path / "w.sqlite", create=True)
    names, seen = Names(Plan(), profile), Noting()
    follower = Follower(
        store, edges=[], names=names, complain=print, ahead_us=PREPARED_US, eyes=seen
    )
    follower.follow([worlds[SITE].path])
    follower.step(T0 + 10 * S)
    backs = People(store).list_callbacks()
    assert sorted((back.caller, back.lost) for back in backs) == [
        ("", 1), ("", 1), ("+33639982222", 3)
    ]  # fmt: skip
    assert {call.caller for call in seen.calls} == {"+33639982222", "withheld", "Anonymous"}
    store.close()


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


def test_a_pause_or_a_small_step_is_no_step_of_the_clock(tmp_path, worlds, capsys):
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0)
    follower.step(T0 + AN_HOUR, AN_HOUR)
    follower.step(T0 + AN_HOUR - 2 * S, S)
    follower.step(T0 + 2 * AN_HOUR)
    assert "clock" not in capsys.readouterr().out
    store.close()


@pytest.mark.parametrize("dialled", ["999", "+33639981234", "urn:service:sos.nobody", "\x1b[2J"])
def test_what_the_plan_does_not_know_is_not_repeated(dialled):
    """An operator may write a caller's own number there."""
    assert Names(Plan()).mean(dialled) == "other"


def test_what_names_nothing_is_empty():
    assert Names(Plan()).mean("") == ""
    assert Names(Plan()).mean("urn:service:TEST.sos.fire") == "urn:service:test.sos"
    assert Names(Plan()).place("00000") == ""


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
    counts = Journal(store).load_counts()
    assert counts["calls"] == CALLS
    assert counts["records"] == sum(len(list(world.read())) for world in worlds.values())
    follower.step(now_us + 2_000 * S)
    assert Journal(store).load_held().records == ()
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


def test_a_call_id_that_begins_anew_after_an_unknown_call_is_a_new_call(tmp_path, worlds):
    fields = {"by": "native", "op": "bruyere", "dialled": "15", "caller": "+33639980001"}
    write(worlds, EDGE, "attempt", T0, "c1", **fields)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 61 * S)
    write(worlds, EDGE, "attempt", T0 + 70 * S, "c1", **fields)
    follower.step(T0 + 71 * S)
    assert len(Journal(store).load_held().records) == 1
    assert (tmp_path / "w.sqlite").stat().st_mode & 0o077 == 0
    store.close()


def test_records_of_calls_that_are_waited_for_no_more_are_not_kept(tmp_path, worlds, monkeypatch):
    monkeypatch.setattr(strands, "AWAITED_MAX", 2)
    for index in range(5):
        write(worlds, SITE, "attempt", T0 + index, f"c{index}", by="python", dialled="15")
    store, follower = open_follower(tmp_path, worlds)
    for seconds in (1, 70):
        follower.step(T0 + seconds * S)
    kept = store.execute("SELECT DISTINCT call FROM held ORDER BY call").fetchall()
    assert kept == [("c3",), ("c4",)]
    store.close()
    store, again = open_follower(tmp_path, worlds)
    write(worlds, SITE, "end", T0 + 80 * S, "c4", outcome="answered", code=200)
    again.step(T0 + 90 * S)
    rows = store.execute("SELECT call, outcome FROM calls ORDER BY call").fetchall()
    assert rows == [*((f"c{index}", "unknown") for index in range(4)), ("c4", "answered")]
    store.close()


def test_what_a_prober_writes_is_no_call_of_anybody(tmp_path):
    probe = World(tmp_path / "probe" / "records")
    fields = {"t": T0, "site": "probe", "test": "p1", "edge": EDGE, "to": SITE, "said": "well"}
    probe.append(render_line("probe", fields, key=probe.raw.key).encode())
    store = open_store(tmp_path / "watch.sqlite", create=True)
    follower = Follower(
        store, edges=[EDGE], names=Names(Plan()), complain=print, ahead_us=PREPARED_US
    )
    follower.follow([probe.path])
    follower.step(T0 + 3_600 * S)
    counts = Journal(store).load_counts()
    assert counts.get("calls", 0) == 0
    store.close()


def test_somebody_is_told_how_late_records_come_that_were_written_since(tmp_path, worlds):
    store, follower = open_follower(tmp_path, worlds)
    told = []
    looker = SimpleNamespace(add_arrival=print, add_end=print, tick=lambda _time_us: None)
    clocks = SimpleNamespace(note_arrival=lambda *said: told.append(said), **vars(looker))
    follower.watch(clocks)
    write(worlds, SITE, "attempt", T0 - 3_600 * S, "c1", by="python")
    follower.step(T0)
    assert told == [], "it may have lain there"
    write(worlds, SITE, "attempt", T0, "c2", by="python")
    write(worlds, SITE, "try", T0 + S, "c2", n=1)
    write(worlds, EDGE, "probe", T0 - S, "c3")
    follower.step(T0 + 2 * S)
    assert told == [(SITE, S)]
    write(worlds, SITE, "attempt", T0 + 3 * S, "c4", by="python")
    follower.step(T0 + 60 * S)
    assert told == [(SITE, S)], "it stood still meanwhile"
    store.close()


@pytest.mark.parametrize(("folder", "site"), [("site-1", "site-1"), ("site-1", "probe")])
def test_a_station_tells_of_nobodys_test_calls(tmp_path, folder, site, capsys):
    world = World(tmp_path / folder / "records")
    fields = {"t": T0, "site": site, "test": "p1", "edge": EDGE, "to": SITE, "said": "edge"}
    for _ in range(2):
        world.append(render_line("probe", fields, key=world.raw.key).encode())
    store, follower = open_follower(tmp_path, {folder: world})
    seen = []
    looker = SimpleNamespace(
        add_arrival=seen.append, add_end=seen.append, tick=lambda _time_us: None
    )
    follower.lookers.append(looker)
    follower.step(T0 + 3 * S)
    assert seen == []
    assert capsys.readouterr().out.count("is no prober's") == 1
    store.close()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_an_attempt_whose_station_goes_away_is_on_the_list_and_no_failure(
    tmp_path, worlds, is_restarted
):
    for call in ("c1", "c2"):
        station = SITE if call == "c1" else EDGE
        write(
            worlds,
            station,
            "attempt",
            T0,
            call,
            by="python",
            dialled="15",
            caller=f"+3363998000{call[1]}",
        )
    store, follower = open_follower(tmp_path, worlds)
    follower.eyes = Noting()
    follower.step(T0 + S)
    follower.eyes.calls.clear()
    worlds[SITE].path.rename(tmp_path / "away")
    for at_s in range(2, 70):
        follower.step(T0 + at_s * S)
    assert follower.eyes.blind == (SITE,)
    assert [call.call for call in follower.eyes.calls] == ["c2"]
    assert len(People(store).list_callbacks()) == 2
    (tmp_path / "away").rename(worlds[SITE].path)
    if is_restarted:
        store.close()
        store, follower = open_follower(tmp_path, worlds)
    follower.eyes = Noting()
    for station, call in ((SITE, "c1"), (EDGE, "c2")):
        write(worlds, station, "end", T0 + 70 * S, call, outcome="failed", code=503)
    for at_s in range(71, 75):
        follower.step(T0 + at_s * S)
    ends = [(call.call, call.outcome, call.corrects) for call in follower.eyes.calls]
    assert sorted(ends) == [("c1", "failed", False), ("c2", "failed", True)]
    store.close()


@pytest.mark.parametrize("station", [SITE, EDGE])
@pytest.mark.parametrize(("outcome", "lost"), [("answered", 0), ("failed", 1)])
def test_an_attempt_whose_station_was_away_for_long_is_one_call(
    tmp_path, worlds, station, outcome, lost
):
    begun = {"by": "native", "op": "bruyere", "dialled": "15", "caller": "+33639980001"}
    write(worlds, station, "attempt", T0, "c1", **begun)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    worlds[station].path.rename(tmp_path / "away")
    for at_s in range(2, 900, 7):
        follower.step(T0 + at_s * S)
    assert len(People(store).list_callbacks()) == 1
    (tmp_path / "away").rename(worlds[station].path)
    write(worlds, station, "end", T0 + 30 * S, "c1", outcome=outcome, code=503)
    for at_s in range(901, 990):
        follower.step(T0 + at_s * S)
    ((_, number, _, _, *seen, is_lost),) = list_rows(store)
    assert (number, seen[0], is_lost) == ("15", outcome, lost)
    assert len(People(store).list_callbacks()) == lost
    store.close()


def test_whoever_goes_on_knows_who_is_away_and_since_when(tmp_path, worlds):
    write_calls(worlds)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 10 * S)
    worlds[SITE].path.rename(tmp_path / "away")
    follower.step(T0 + 20 * S)
    store.close()
    store, follower = open_follower(tmp_path, worlds)
    assert str(worlds[SITE].path) in follower.known
    assert follower.absences.list_deviations() == (), "not for ten seconds yet"
    follower.step(T0 + 31 * S)
    assert follower.absences.list_blind() == (SITE,)
    assert [each.seen for each in follower.absences.list_deviations()] == [11.0]
    (tmp_path / "away").rename(worlds[SITE].path)
    follower.step(T0 + 32 * S)
    assert Journal(store).load_absences() == []
    store.close()


def test_an_edge_that_dies_is_seen_also_where_a_site_that_it_asked_is_away(tmp_path, worlds):
    write(worlds, EDGE, "attempt", T0, "c1", by="native", dialled="15", caller="+33639980001")
    write(worlds, EDGE, "pass", T0, "c1", n=1, to=SITE)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    worlds[SITE].path.rename(tmp_path / "away")
    follower.step(T0 + 2 * S)
    follower.eyes = Noting()
    follower.step(T0 + 70 * S)
    assert follower.eyes.blind == (SITE,)
    assert [call.outcome for call in follower.eyes.calls] == ["unknown"]
    store.close()


@pytest.mark.parametrize("away", [SITE, EDGE])
def test_a_station_that_was_away_tells_of_no_call_once_more(tmp_path, worlds, away):
    """The edge of `c1` went on when the site had failed; that of `c2` did so in vain."""
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 - S)
    worlds[away].path.rename(tmp_path / "away")
    follower.step(T0 - S)
    outcomes = {"c1": ("answered", "failed"), "c2": ("failed", "answered")}
    for call, (at_edge, at_site) in outcomes.items():
        caller = "anonymous" if call == "c1" else "+33639980002"
        for station, outcome in ((EDGE, at_edge), (SITE, at_site)):
            write(worlds, station, "attempt", T0, call, by="python", dialled="15", caller=caller)
            if station == EDGE:
                write(worlds, EDGE, "pass", T0, call, n=1, to=SITE)
            write(worlds, station, "end", T0 + S, call, outcome=outcome, code=503)
    for at_s in range(2, 90):
        follower.step(T0 + at_s * S)
    follower.eyes = Noting()
    (tmp_path / "away").rename(worlds[away].path)
    for at_s in range(90, 100):
        follower.step(T0 + at_s * S)
    assert [row[:1] + row[4:5] for row in list_rows(store)] == [
        ("c1", "answered"), ("c2", "failed")
    ]  # fmt: skip
    assert [back.caller for back in People(store).list_callbacks()] == ["+33639980002"]
    assert follower.eyes.calls == []
    store.close()


def write_failed(worlds, first, count, at_us):
    for index in range(first, first + count):
        call, caller = f"q{index}", f"+3363998{index:04}"
        write(worlds, SITE, "attempt", at_us, call, by="python", dialled="15", caller=caller)
        write(worlds, SITE, "end", at_us + MS, call, outcome="failed", code=503)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_callers_of_a_station_whose_disk_was_put_back_are_called_back(
    tmp_path, worlds, is_restarted, capsys
):
    write_failed(worlds, 0, 5, T0)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    shutil.copytree(tmp_path / SITE, tmp_path / "older")
    write_failed(worlds, 10, 40, T0 + 10 * S)
    follower.step(T0 + 20 * S)
    shutil.rmtree(tmp_path / SITE)
    (tmp_path / "older").rename(tmp_path / SITE)
    worlds[SITE] = World(tmp_path / SITE / "records")
    for at_s in (100, 200):
        write_failed(worlds, at_s, 15, T0 + at_s * S)
        if is_restarted:
            store.close()
            store, follower = open_follower(tmp_path, worlds)
        follower.step(T0 + at_s * S + 10 * S)
    assert len(People(store).list_callbacks()) == 5 + 40 + 30
    assert len(list_rows(store)) == 5 + 40 + 30
    assert capsys.readouterr().out.count("was put back to an older state") == 1
    assert follower.intake.count_gaps() == 0
    store.close()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_nobody_is_counted_twice_when_the_newer_disk_is_back(tmp_path, worlds, is_restarted):
    write_failed(worlds, 0, 5, T0)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    shutil.copytree(tmp_path / SITE, tmp_path / "older")
    write_failed(worlds, 10, 40, T0 + 10 * S)
    follower.step(T0 + 20 * S)
    (tmp_path / SITE).rename(tmp_path / "newer")
    (tmp_path / "older").rename(tmp_path / SITE)
    newer, worlds[SITE] = worlds[SITE], World(tmp_path / SITE / "records")
    write_failed(worlds, 100, 15, T0 + 100 * S)
    follower.step(T0 + 110 * S)
    shutil.rmtree(tmp_path / SITE)
    (tmp_path / "newer").rename(tmp_path / SITE)
    worlds[SITE] = newer
    write_failed(worlds, 200, 15, T0 + 200 * S)
    if is_restarted:
        store.close()
        store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 210 * S)
    assert len(list_rows(store)) == 5 + 40 + 15 + 15
    assert follower.intake.count_gaps() == 0
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


def test_of_a_folder_with_writers_without_end_the_last_are_known(tmp_path, worlds, monkeypatch):
    monkeypatch.setattr(owners, "WRITERS_MAX", 3)
    store, follower = open_follower(tmp_path, worlds)
    for index in range(8):
        if index == 4:
            store.close()
            store, follower = open_follower(tmp_path, worlds)
        shutil.rmtree(tmp_path / SITE)
        worlds[SITE] = World(tmp_path / SITE / "records")
        write_failed(worlds, index, 1, T0 + index * S)
        follower.step(T0 + index * S + S)
    for table in ("taken", "newest", "writers"):
        (count,) = store.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert count == 3, table
    assert len(follower.intake.list_taken()) == 3
    follower.step(T0 + 20 * S)
    assert len(list_rows(store)) == 8
    store.close()


class PutBack:
    """A folder that is put back to its first record again and again."""

    def __init__(self, name):
        self.name = name
        self.count = 0

    def read(self, _count_max):
        self.count += 1
        return [Record("end", {"site": SITE}, T0 + self.count * S, "0" * 12, 1)]


def test_a_folder_that_is_put_back_without_end_is_bounded_and_said_now_and_then(tmp_path, capsys):
    store, follower = open_follower(tmp_path, {})
    follower.feed.add(PutBack(str(tmp_path / SITE / "records")))
    for second in (*range(1, 50), 4_000, 4_001):
        follower.step(T0 + second * S)
    assert capsys.readouterr().out.count("was put back") == 2
    (count,) = store.execute("SELECT count(*) FROM taken").fetchone()
    assert count == len(follower.intake.list_taken()) == OLDER_MAX + 1
    store.close()
