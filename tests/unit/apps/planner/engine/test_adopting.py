import asyncio
import errno
import os
import time as clock
from dataclasses import replace

import pytest
from tests.support.planned import (
    STATIONS,
    S,
    found_engine,
    give,
    make,
    make_order,
    open_engine,
    tell,
    write_plan,
)
from tests.support.snapshots import NOW, small_content

from route112.apps.planner.engine import CandidateError, JournalError
from route112.change.asking import Refusal
from route112.change.holding import AdoptServed
from route112.replication import render_report
from route112.replication.values import Report
from route112.snapshot.reader import Snapshot

UNTIL = small_content().valid_until + 1
"""Of another plan than the one in force."""


@pytest.fixture
def engine(tmp_path):
    engine = found_engine(tmp_path)
    yield engine
    engine.close()


def copy_by_hand(engine, path, *stations, **changes):
    """Bring a snapshot to stations that its planner knows nothing of; return its hash."""
    write_plan(path, **{"generation": 60, **changes})
    snapshot = Snapshot(path.read_bytes())
    for station in stations or STATIONS:
        report = Report(
            station=station, number=snapshot.generation, content_hash=snapshot.content_hash
        )
        engine.answer(render_report(report))
    engine.turn()
    return snapshot.content_hash


ALL = frozenset({"o-1", "o-2", "o-8", "o-9", "o,9"})


def adopt(engine, content_hash, seen=ALL):
    wish = AdoptServed(
        content_hash=content_hash, author="a", approver="b", reason="by hand", seen=seen
    )
    return engine.wish(wish)


def read_wanted(engine, station="site-1"):
    wanted = engine.find_wanted(station)
    return Snapshot(engine.find_snapshot(wanted.content_hash).read_bytes())


def test_a_plan_that_was_copied_by_hand_stays_and_gets_orders(engine, tmp_path):
    for station in STATIONS[1:]:
        tell(engine, station)
    content_hash = copy_by_hand(engine, tmp_path / "new.r112", "site-1", valid_until=UNTIL)
    assert dict(engine.state.held) == {"site-1": "ahead"}
    give(engine)
    make(engine)
    assert engine.find_wanted("site-1").number == 0, "nothing is sent there"
    engine.take_candidate(tmp_path / "new.r112")
    assert adopt(engine, content_hash).stations == ("site-1",)
    assert engine.state.assigned["site-1"] == content_hash, "handed in again it is nothing new"
    make(engine)
    mine, others = read_wanted(engine), read_wanted(engine, "site-2")
    assert mine.generation > 60
    assert [order.id for order in mine.orders] == ["o-1"] == [each.id for each in others.orders]
    assert (mine.valid_until, others.valid_until) == (UNTIL, UNTIL - 1)


def test_a_planner_that_starts_reads_all_that_is_in_use(engine, tmp_path):
    content_hash = copy_by_hand(engine, tmp_path / "new.r112", "site-1", valid_until=UNTIL)
    engine.take_candidate(tmp_path / "new.r112")
    adopt(engine, content_hash)
    make(engine)
    engine.close()
    again = open_engine(tmp_path / "planner")
    used = {*again.state.assigned.values()}
    assert len(used) == 2

    async def run():
        running = asyncio.create_task(again.run())
        until_s = clock.monotonic() + 60
        while not all(map(again._shelf.is_open, used)):
            assert clock.monotonic() < until_s, "it never reads them"
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    again.close()


def test_an_order_for_the_others_waits_for_no_reading_of_an_adopted_plan(
    engine, tmp_path, monkeypatch
):
    """A standby that has just become the planner is reading it still."""
    monkeypatch.setattr("route112.apps.planner.engine.shelf.READ_S_MAX", 600.0)
    content_hash = copy_by_hand(engine, tmp_path / "new.r112", "site-1", valid_until=UNTIL)
    engine.take_candidate(tmp_path / "new.r112")
    adopt(engine, content_hash)
    make(engine)
    engine.close()
    again = open_engine(tmp_path / "planner")

    async def run():
        running = asyncio.create_task(again.run())
        give(again)
        until_s = clock.monotonic() + 60
        while [each.id for each in read_wanted(again, "site-2").orders] != ["o-1"]:
            assert clock.monotonic() < until_s, "it waits for the reading"
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with again._shelf.reading(content_hash):
        asyncio.run(run())
    again.close()


def test_a_plan_that_is_copied_to_one_station_after_the_other_is_taken_back_nowhere(
    engine, tmp_path
):
    """Numbers have gone on above it when the next station gets it."""
    for station in STATIONS:
        tell(engine, station)
    for station in STATIONS:
        content_hash = copy_by_hand(engine, tmp_path / "new.r112", station, valid_until=UNTIL)
        assert dict(engine.state.held) == {station: "ahead"}
        engine.take_candidate(tmp_path / "new.r112")
        assert adopt(engine, content_hash).stations == (station,)
        make(engine)
        tell(engine, station)
        give(engine, f"o-{station}")
        make(engine)
        assert read_wanted(engine, station).valid_until == UNTIL
        tell(engine, station)
    assert engine.state.candidate == content_hash


def test_its_orders_are_given_and_can_be_taken_back(engine, tmp_path):
    orders = (make_order("o-9"),)
    path = tmp_path / "new.r112"
    content_hash = copy_by_hand(engine, path, orders=orders, valid_until=UNTIL)
    engine.take_candidate(path)
    adopt(engine, content_hash)
    assert list(engine.state.orders) == ["o-9"]
    assert engine.state.candidate not in ("", content_hash), "it is kept without them"
    assert engine.find_candidate(engine.state.candidate) is not None
    make(engine)
    assert [order.id for order in read_wanted(engine).orders] == ["o-9"]


def test_a_planner_that_is_killed_behind_it_goes_on(engine, tmp_path):
    path = tmp_path / "new.r112"
    content_hash = copy_by_hand(engine, path, valid_until=UNTIL, orders=(make_order("o-9"),))
    engine.take_candidate(path)
    adopt(engine, content_hash)
    known = engine.state
    engine.close()
    again = open_engine(tmp_path / "planner")
    assert again.state == known
    make(again)
    assert read_wanted(again).generation == 61
    again.close()


def test_a_new_journal_goes_on_with_what_stations_serve(engine, tmp_path):
    """The way out where a journal is full: it is moved aside, and keeps the history."""
    give(engine, "o-1", expires=make_order().expires - 1)
    give(engine, "o-2", psap="CIC17-29")
    make(engine)
    known = engine.state.generations[43]
    served = engine.find_snapshot(known.content_hash).read_bytes()
    engine.close()
    journal = tmp_path / "planner" / "journal.log"
    journal.rename(tmp_path / "planner" / "journal-2026.log")
    again = open_engine(tmp_path / "planner")
    again.found(tmp_path / "fr.r112", STATIONS)
    for station in STATIONS:
        report = Report(station=station, number=43, content_hash=known.content_hash)
        again.answer(render_report(report))
    again.turn()
    assert set(again.state.held) == set(STATIONS)
    (tmp_path / "site-1.r112").write_bytes(served)
    assert adopt(again, again.take_candidate(tmp_path / "site-1.r112")).stations == STATIONS
    assert set(again.state.orders) == {"o-1", "o-2"}
    assert again.state.candidate == engine.state.candidate
    make(again)
    made = read_wanted(again)
    assert (made.generation, [order.id for order in made.orders]) == (44, ["o-1", "o-2"])
    again.close()


@pytest.mark.parametrize(
    "changed",
    [
        {"starts": -3_600 * S},
        {"key": "o,9"},
        {"reason": "r" * 20_000},
        {"expires": NOW + 300 * 86_400 * S},
    ],
)
def test_an_order_that_nobody_could_give_here_stays_in_its_plan(engine, tmp_path, changed):
    """In the journal it would end this planner, for good."""
    for station in STATIONS:
        tell(engine, station)
    odd, sound = make_order(**{"key": "o-9"} | changed), make_order("o-8", psap="CIC17-29")
    orders = tuple(sorted((odd, sound), key=lambda each: each.id))
    path = tmp_path / "new.r112"
    content_hash = copy_by_hand(engine, path, "site-1", valid_until=UNTIL, orders=orders)
    engine.take_candidate(path)
    assert adopt(engine, content_hash).stations == ("site-1",)
    assert list(engine.state.orders) == ["o-8"]
    give(engine, psap="CTA18-29")
    make(engine)
    mine, others = read_wanted(engine), read_wanted(engine, "site-2")
    assert [each.id for each in mine.orders] == sorted(["o-1", "o-8", odd.id])
    assert [each.id for each in others.orders] == ["o-1", "o-8"]
    engine.close()
    open_engine(tmp_path / "planner").close()


def test_an_order_that_no_second_person_saw_goes_nowhere_else(engine, tmp_path):
    for station in STATIONS:
        tell(engine, station)
    orders = (make_order("o-8"), make_order("o-9", psap="CIC17-29"))
    path = tmp_path / "new.r112"
    content_hash = copy_by_hand(engine, path, "site-1", valid_until=UNTIL, orders=orders)
    engine.take_candidate(path)
    assert engine.list_brought(content_hash) == (orders, 0)
    adopt(engine, content_hash, frozenset({"o-9"}))
    make(engine)
    mine, others = read_wanted(engine), read_wanted(engine, "site-2")
    assert [each.id for each in mine.orders] == ["o-8", "o-9"]
    assert [each.id for each in others.orders] == ["o-9"]
    assert engine.list_brought(content_hash) == ((), 0), "the plan's own by now, and one given"


def rename(old, new):
    """Return the answering points, one of them under another id."""
    return tuple(
        replace(each, id=new) if each.id == old else each for each in small_content().psaps
    )


@pytest.mark.parametrize("flaw", ["another country", "an order"])
def test_a_plan_that_orders_could_never_reach_is_not_adopted(engine, tmp_path, flaw):
    """The station would be held no more, and get nothing for ever: nobody would see it."""
    for station in STATIONS:
        tell(engine, station)
    give(engine, psap="CTA18-75")
    make(engine)
    changes = {"country": "be"}
    if flaw == "an order":
        changes = {"psaps": rename("CTA18-75", "CTA18-76")}
    path = tmp_path / "new.r112"
    content_hash = copy_by_hand(engine, path, "site-1", **changes)
    engine.take_candidate(path)
    refused = adopt(engine, content_hash)
    assert (refused.reason, set(engine.state.held)) == ("unfit", {"site-1"})
    assert {"be", "CTA18-75"} & set(refused.text.replace(",", " ").replace("'", " ").split())
    with pytest.raises(CandidateError, match="could not reach it"):
        engine.list_brought(content_hash)
    assert list(engine.state.orders) == ["o-1"]


def test_an_order_of_it_that_does_not_fit_the_plan_in_force_stays_in_it(engine, tmp_path):
    """Given to all it would be refused there, and end where it is in force."""
    for station in STATIONS:
        tell(engine, station)
    orders = (make_order("o-8", psap="CTA18-76"), make_order("o-9", psap="CIC17-29"))
    path = tmp_path / "new.r112"
    psaps = rename("CTA18-75", "CTA18-76")
    content_hash = copy_by_hand(engine, path, "site-1", psaps=psaps, orders=orders)
    engine.take_candidate(path)
    assert engine.list_brought(content_hash) == (orders[1:], 1)
    assert adopt(engine, content_hash).stations == ("site-1",)
    make(engine)
    make(engine)
    mine, others = read_wanted(engine), read_wanted(engine, "site-2")
    assert [each.id for each in mine.orders] == ["o-8", "o-9"]
    assert [each.id for each in others.orders] == ["o-9"]


def test_one_that_stays_makes_another_plan_of_the_one_in_force(engine, tmp_path):
    long = make_order("o-9", expires=NOW + 300 * 86_400 * S)
    path = tmp_path / "new.r112"
    content_hash = copy_by_hand(engine, path, "site-1", orders=(long,))
    engine.take_candidate(path)
    adopt(engine, content_hash)
    assert engine.state.assigned["site-1"] == content_hash != engine.state.candidate
    make(engine)
    assert [each.id for each in read_wanted(engine).orders] == ["o-9"]
    assert not engine.state.orders


def test_what_was_not_handed_in_cannot_be_adopted(engine, tmp_path):
    content_hash = copy_by_hand(engine, tmp_path / "new.r112")
    assert adopt(engine, content_hash).reason == "unknown-candidate"
    found = engine.take_candidate(tmp_path / "new.r112")
    engine.find_candidate(found).write_bytes(b"odd")
    refused = adopt(engine, content_hash)
    assert isinstance(refused, Refusal)
    assert refused.reason == "unknown-candidate"
    assert "cannot be read" in refused.text


def test_without_room_for_its_plan_nothing_happens(engine, tmp_path, monkeypatch):
    path = tmp_path / "new.r112"
    content_hash = copy_by_hand(engine, path, valid_until=UNTIL, orders=(make_order("o-9"),))
    engine.take_candidate(path)
    known = engine.state

    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(JournalError, match="No space left"):
        adopt(engine, content_hash)
    with pytest.raises(CandidateError, match="No space left"):
        engine.list_brought(content_hash)
    assert engine.state == known
