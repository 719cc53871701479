import asyncio
import json

import pytest

from route112.adapters.record_spool import RecorderRunningError, read_records
from route112.apps.probe.keeping import (
    DAY_US,
    FILE,
    MEMBER,
    RUNG_FILE,
    Book,
    load_kept,
    load_rung,
)
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


def test_when_a_responder_rings_is_on_disk_before_it_does(tmp_path):
    """As a prober leaves it that is killed at that moment."""
    book = open_book(tmp_path)
    book.note_turn(TO_IP)
    assert load_rung(tmp_path / MEMBER, None) == {"i:1": T0}
    assert load_kept(tmp_path) is None, "nothing else was written yet"
    asyncio.run(book.end())


@pytest.mark.parametrize("name", [FILE, RUNG_FILE])
def test_where_nobody_knows_when_responders_rang_each_waits_its_whole_pace(tmp_path, name, capsys):
    write(tmp_path, turns=(TO_IP,))
    (tmp_path / MEMBER / RUNG_FILE).unlink()
    (tmp_path / MEMBER / name).write_text("{")
    book = open_book(tmp_path)
    assert book.rung_us == {"i:1": T0}
    assert "nobody knows" in capsys.readouterr().out
    asyncio.run(book.end())


def test_when_responders_rang_is_known_from_whichever_file_is_there(tmp_path):
    write(tmp_path, turns=(TO_IP,))
    (tmp_path / MEMBER / RUNG_FILE).unlink()
    book = open_book(tmp_path)
    assert book.rung_us == {"i:1": T0}
    asyncio.run(book.end())
    assert load_rung(tmp_path, None) == {}, "a prober that never ran"


def test_what_rang_long_ago_is_forgotten(tmp_path):
    (tmp_path / MEMBER).mkdir()
    (tmp_path / MEMBER / RUNG_FILE).write_text(json.dumps({"i:1": T0 - DAY_US, "old:1": 3}))
    book = open_book(tmp_path)
    assert book.rung_us == {}
    asyncio.run(book.end())


def fail_often(run_dir, count, ways=WAYS):
    """Have a prober fail over one path; return what it finds each time, and what it leaves."""

    async def scenario():
        book = open_book(run_dir, ways)
        book.begin()
        found = []
        for _ in range(count):
            _, seen = book.write(make_outcome(status=480, failed="trunk"))
            book.watch.add_end(seen)
            found.append([str(each.series) for each in book.watch.tick(T0).begun])
        await book.end()
        return found, book.watch.export()

    return asyncio.run(scenario())


def test_what_was_found_of_links_outlives_the_prober(tmp_path):
    assert fail_often(tmp_path, 1)[0] == [[]]
    assert fail_often(tmp_path, 2)[0] == [["s · trunk g:1"], []]
    assert fail_often(tmp_path, 1)[0] == [[]], "it was said before"
    elsewhere = Ways(loops=(), responders=((TO_IP,),), untested=())
    assert fail_often(tmp_path, 0, elsewhere)[1] == [], "this link is tested no more"
