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
from tests.support.records import World
from tests.support.watched import MS, PREPARED_US, SITE, T0, Plan, S

from route112.adapters.watch_store import InHand, People, load_counts, open_store
from route112.apps.watch.following.follower import Follower
from route112.apps.watch.names import Names
from route112.countries import read_builtin_profile
from route112.watch.calls import strands
from route112.wire.documents.profile import parse_profile
from route112.wire.record_lines import render_line


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
    for station, second in ((EDGE, 10), ("ecume-edge-1", 13)):
        write(worlds, station, "end", T0 + 2 * S, "1@192.0.2.7", outcome="failed", code=503)
        store, follower = open_follower(tmp_path, worlds)
        follower.step(T0 + second * S)
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


def test_a_call_id_that_begins_anew_after_an_unknown_call_is_a_new_call(tmp_path, worlds):
    fields = {"by": "native", "op": "bruyere", "dialled": "15", "caller": "+33639980001"}
    write(worlds, EDGE, "attempt", T0, "c1", **fields)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 61 * S)
    write(worlds, EDGE, "attempt", T0 + 70 * S, "c1", **fields)
    follower.step(T0 + 71 * S)
    assert len(InHand(store).load().records) == 1
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
    counts = load_counts(store)
    assert counts.get("calls", 0) == 0
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
