import asyncio
import errno
import os
import threading
import time

import pytest
from tests.support.planned import (
    STATIONS,
    Quiet,
    Time,
    found_engine,
    give,
    make,
    open_engine,
    tell,
    write_plan,
)
from tests.support.plans import PROFILE
from tests.support.snapshots import NOW, make_test_key

from route112.apps.planner.engine import (
    CandidateError,
    Engine,
    JournalError,
    Means,
    ReportError,
    Shelf,
)
from route112.apps.planner.seams import Handless
from route112.change import Kind, deciding
from route112.change.asking import BeginChange, Refusal
from route112.change.events import OrderGiven, Restored
from route112.replication import NOTHING, Refused, Report, parse_wanted, render_report
from route112.snapshot.keys import find_key_id
from route112.snapshot.reader import Snapshot


def test_a_first_start_takes_what_is_in_force(tmp_path):
    engine = found_engine(tmp_path)
    assert engine.state.stations == STATIONS
    wanted = tell(engine)
    assert (wanted.number, wanted.size) == (42, (tmp_path / "fr.r112").stat().st_size)
    path = engine.find_snapshot(wanted.content_hash)
    assert path.read_bytes() == (tmp_path / "fr.r112").read_bytes()
    assert engine.found(tmp_path / "fr.r112", STATIONS).reason == "not-the-first"
    engine.close()
    again = open_engine(tmp_path / "planner")
    assert again.state == engine.state
    again.close()


def test_a_wish_is_in_the_journal_when_it_is_granted(tmp_path):
    engine = found_engine(tmp_path)
    assert isinstance(give(engine), OrderGiven)
    assert give(engine).reason == "bad-id"
    engine.close()
    again = open_engine(tmp_path / "planner")
    assert list(again.state.orders) == ["o-1"]
    again.close()


def test_a_folder_has_one_planner(tmp_path):
    engine = found_engine(tmp_path)
    with pytest.raises(JournalError, match="another program"):
        open_engine(tmp_path / "planner")
    engine.close()


def test_nonsense_is_no_report(tmp_path):
    engine = found_engine(tmp_path)
    for content in (b"", b"\n", b"R1 report t=0\n", b"x" * 5_000):
        with pytest.raises(ReportError):
            engine.answer(content)
    engine.close()


def test_a_plan_needs_its_file(tmp_path):
    engine = found_engine(tmp_path)
    tell(engine)
    candidate = engine.take_candidate(write_plan(tmp_path / "new.r112", edition="2027-01"))
    wish = BeginChange(
        id="c" * 64, kind=Kind.PLAN, author="a", approver="b", reason="r", candidate="d" * 64
    )
    assert engine.wish(wish) == Refusal("unknown-candidate", f"there is no file {'d' * 16}")
    (tmp_path / "odd").write_bytes(b"odd")
    with pytest.raises(CandidateError):
        engine.take_candidate(tmp_path / "odd")
    engine.wish(BeginChange(
        id="c" * 64, kind=Kind.PLAN, author="a", approver="b", reason="r", candidate=candidate
    ))  # fmt: skip
    assert engine.state.change.candidate == candidate
    engine.close()


def test_plans_that_were_only_handed_in_do_not_hide_the_one_in_force(tmp_path):
    engine = found_engine(tmp_path)
    for number in (51, 52, 53):
        engine.take_candidate(write_plan(tmp_path / "new.r112", generation=number))
    waiting = Shelf(tmp_path / "planner", None)
    assert waiting.list_unread()[0] == engine.state.candidate, "who waits reads it first"
    engine.close()


def test_an_order_becomes_a_generation_that_stations_shall_have(tmp_path):
    engine = found_engine(tmp_path)
    assert [tell(engine, station).number for station in STATIONS] == [42] * 3
    give(engine)
    make(engine)
    wanted = [tell(engine, station) for station in STATIONS]
    assert [each.number for each in wanted] == [43] * 3
    path = engine.find_snapshot(wanted[0].content_hash)
    made = Snapshot(path.read_bytes())
    assert ([each.id for each in made.orders], made.size) == (["o-1"], wanted[0].size)
    assert made.signature is not None
    engine.close()


def test_an_order_that_cannot_be_is_refused_and_the_others_pass(tmp_path):
    engine = found_engine(tmp_path)
    give(engine, psap="CTA18-99")
    give(engine, "o-2")
    make(engine)
    make(engine)
    assert list(engine.state.orders) == ["o-2"]
    made = Snapshot(engine.find_snapshot(tell(engine).content_hash).read_bytes())
    assert [each.id for each in made.orders] == ["o-2"]
    engine.close()


def test_a_planner_that_was_killed_while_it_made_one_goes_on(tmp_path):
    engine = found_engine(tmp_path)
    give(engine)
    engine.turn()
    engine.close()
    again = open_engine(tmp_path / "planner")
    assert again.state.last_number == 43
    make(again)
    assert tell(again).number == 43
    again.close()


def test_without_room_nothing_happens_and_later_it_does(tmp_path, monkeypatch):
    engine = found_engine(tmp_path)

    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", fail)
        with pytest.raises(JournalError, match="No space left"):
            give(engine)
        assert engine.state.orders == {}
    give(engine)
    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", fail)
        with pytest.raises(JournalError):
            engine.turn()
        assert tell(engine).number == 42
    make(engine)
    assert tell(engine).number == 43
    engine.close()


def test_senses_that_raise_hold_a_change_and_no_order(tmp_path):
    class Broken:
        asks_at_gate = False

        def measure(self, _state, _now_us):
            raise RuntimeError("out of sorts")

    said = []
    engine = found_engine(tmp_path, senses=Broken(), say=said.append)
    tell(engine)
    candidate = engine.take_candidate(write_plan(tmp_path / "new.r112", edition="2027-01"))
    wish = BeginChange(
        id="c" * 64, kind=Kind.PLAN, author="a", approver="b", reason="r", candidate=candidate
    )
    assert engine.wish(wish).reason == "alarm-open"
    assert said == ["senses: RuntimeError: out of sorts"]
    give(engine)
    make(engine)
    assert tell(engine).number == 43
    engine.close()


def test_a_change_that_cannot_go_on_keeps_no_order_from_its_stations(tmp_path, monkeypatch):
    engine = found_engine(tmp_path)
    tell(engine)
    give(engine)

    def stumble(_state, _facts, _now_us):
        raise AssertionError("an event that no line takes")

    monkeypatch.setattr(deciding, "_step_change", stumble)
    with pytest.raises(AssertionError):
        engine.turn()
    assert list(engine.state.generations[43].orders) == ["o-1"]
    engine.close()


def test_it_runs_by_itself_whatever_hangs(tmp_path):
    release = threading.Event()

    class Hanging:
        asks_at_gate, kinds = False, frozenset(Kind)

        def measure(self, _state, _now_us):
            release.wait(120)

        def act(self, _act):
            release.wait(120)

    async def run():
        engine = found_engine(tmp_path, senses=Hanging(), hands=Hanging())
        task = asyncio.create_task(engine.run())
        await asyncio.sleep(0.01)
        began_s = time.monotonic()
        give(engine)
        while tell(engine).number != 43:
            assert time.monotonic() - began_s < 10
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        release.set()
        engine.close()

    asyncio.run(run())


def test_what_a_station_refuses_of_an_old_key_is_made_by_the_new_one(tmp_path):
    engine = found_engine(tmp_path)
    give(engine)
    make(engine)
    engine.close()
    means = Means(PROFILE, make_test_key("b"))
    clocks = Time().clocks
    engine = Engine(tmp_path / "planner", means, senses=Quiet(), hands=Handless(), clocks=clocks)
    for station in STATIONS[:2]:
        tell(engine, station)
    old = engine.find_wanted("edge-1")
    refused = Refused(old.number, old.content_hash, "revoked-key")
    before = engine.state.generations[42].content_hash
    tell(engine, "edge-1", number=42, content_hash=before, refused=refused)
    make(engine)
    make(engine)
    wanted = [engine.find_wanted(station) for station in STATIONS]
    engine.close()
    assert [each.number for each in wanted] == [43, 43, 44]
    signed = Snapshot(engine.find_snapshot(wanted[2].content_hash).read_bytes())
    assert signed.signature.key_id == find_key_id(make_test_key("b"))
    assert [each.id for each in signed.orders] == ["o-1"]


def test_a_station_that_is_back_after_a_restore_keeps_its_later_plan(tmp_path):
    """It was silent while the planner learned, so that nothing holds it yet."""
    time = Time()
    engine = found_engine(tmp_path, time=time)
    engine._journal.append([Restored(at_us=NOW, author="root", reason="burnt")])
    engine.close()
    path = write_plan(tmp_path / "later.r112", generation=55)
    later = render_report(
        Report(station="site-1", number=55, content_hash=Snapshot(path.read_bytes()).content_hash)
    )
    engine = open_engine(tmp_path / "planner", time=time)
    for station in STATIONS[1:]:
        tell(engine, station)
    time.pass_s(6)
    engine.turn()
    give(engine)
    make(engine)
    assert set(engine.state.wanted.values()) == {engine.state.last_number}
    assert parse_wanted(engine.answer(later)) == NOTHING
    assert engine.find_wanted("site-1") == NOTHING
    engine.turn()
    assert list(engine.state.held) == ["site-1"]
    assert parse_wanted(engine.answer(later)) == NOTHING
    assert tell(engine, "site-2").number == engine.state.last_number
    engine.close()


def test_work_at_stations_is_refused_at_once_where_nobody_has_hands(tmp_path):
    engine = found_engine(tmp_path, hands=Handless())
    tell(engine)
    for kind in set(Kind) - {Kind.PLAN}:
        wish = BeginChange(
            id="c" * 64, kind=kind, author="a", approver="b", reason="r", stations=("site-1",),
            version="1.1",
        )  # fmt: skip
        refusal = engine.wish(wish)
        assert refusal.reason == "no-hands"
        assert refusal.text == f"this planner acts at no station, and {kind} needs it"
    assert engine.state.change is None
    engine.close()


def test_what_a_station_said_last_can_be_had(tmp_path):
    engine = found_engine(tmp_path)
    assert engine.find_fact("site-1") is None
    tell(engine, calls=3)
    assert engine.find_fact("site-1").report.calls == 3
    engine.close()
