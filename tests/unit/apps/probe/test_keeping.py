import asyncio

import pytest

from route112.adapters.record_spool import RecorderRunningError, read_records
from route112.apps.probe.keeping import FILE, MEMBER, Book, load_kept
from route112.watch.probing.pace import Pace
from route112.watch.probing.paths import Path, Ways
from route112.watch.probing.verdict import Outcome

T0 = 1_795_000_000_000_000
LOOP, TO_IP = Path("e", "s", "g:1"), Path("e", "s", "i:1")
WAYS = Ways(loops=(LOOP,), responders=((TO_IP,),), untested=("g:2",))


def make_outcome(path=LOOP, **values):
    usual = {
        "path": path, "call": "p1", "at_us": T0, "status": 200, "failed": "", "ring_ms": 12,
        "sent": 9, "heard": 8, "is_mirrored": True, "is_passed": True,
    }  # fmt: skip
    return Outcome(**{**usual, **values})


def open_book(run_dir, ways=WAYS):
    return Book(run_dir, ways, Pace(ways), now_us=lambda: T0, complain=print)


def write(run_dir, *outcomes, turns=()):
    async def scenario():
        book = open_book(run_dir)
        book.begin()
        for path in turns:
            book.note_turn(path)
        written = [book.write(outcome) for outcome in outcomes]
        await book.end()
        return written

    return asyncio.run(scenario())


def test_each_test_call_has_one_record_that_is_sealed(tmp_path):
    ((latest, seen), _) = write(tmp_path, make_outcome(), make_outcome(status=0, ring_ms=None))
    assert (latest.said, latest.audio, latest.every_s) == ("well", "both", 10.0)
    assert (seen.probe, seen.is_test, seen.edge, seen.site) == ("well", True, "e", "s")
    assert seen.tries[0].hop == "g:1"
    records = [
        each for each in read_records(tmp_path / MEMBER / "records") if each.kind == "probe"
    ]
    assert [(each.get("test"), each.get("said"), each.get("ring_ms")) for each in records] == [
        ("p1", "well", "12"),
        ("p1", "site", ""),
    ]
    assert records[0].call == "", "stations have the call itself; nothing is counted twice"


def test_the_latest_of_each_path_stands_in_one_file_and_outlives_the_prober(tmp_path):
    assert load_kept(tmp_path) is None
    write(tmp_path, make_outcome(heard=0), turns=(LOOP, TO_IP))
    kept = load_kept(tmp_path)
    assert {each.path: each.said for each in kept.paths} == {LOOP: "audio", TO_IP: ""}
    assert kept.rung_us == {"i:1": T0}, "gateways are no responders"
    assert kept.untested == ["g:2"]
    write(tmp_path)
    assert load_kept(tmp_path).paths == kept.paths, "another prober goes on with it"
    assert load_kept(tmp_path).rung_us == kept.rung_us
    (tmp_path / MEMBER / FILE).write_text("{")
    assert load_kept(tmp_path) is None


def test_a_path_that_is_there_no_more_is_forgotten(tmp_path):
    write(tmp_path, make_outcome())
    book = open_book(tmp_path, Ways(loops=(), responders=((TO_IP,),), untested=()))
    assert [each.path for each in book.save().paths] == [TO_IP]


def test_there_is_one_prober_at_a_time(tmp_path):
    open_book_first = open_book(tmp_path)
    with pytest.raises(RecorderRunningError):
        open_book(tmp_path)
    asyncio.run(open_book_first.end())
