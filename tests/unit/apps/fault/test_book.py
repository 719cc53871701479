"""What is written down of faults, and read again."""

import json

import pytest

from route112.apps.fault import book as subject
from route112.apps.fault.book import Book, BookError, Fault, lock_book, read_book, write_book


def make(number=1):
    return Fault(
        id=f"stop-{number}", number=number, kind="stop", targets=("site-1",), settings={},
        since_us=5, ending="SIGCONT",
    )  # fmt: skip


def test_a_book_is_read_as_it_was_written(tmp_path):
    assert read_book(tmp_path) == Book()
    book = Book(count=1, in_force=[make()])
    write_book(tmp_path, book)
    assert read_book(tmp_path) == book
    assert book.find("stop-1").chain == "f1"
    assert book.find("stop-2") is None


def test_what_has_ended_is_past_and_bounded(monkeypatch):
    monkeypatch.setattr(subject, "PAST_MAX", 2)
    book = Book(in_force=[make(number) for number in range(3)])
    for fault in list(book.in_force):
        book.close(fault, now_us=9, by="cleared")
        book.close(fault, now_us=10, by="again")
    assert [(fault.id, fault.ended_us, fault.ended_by) for fault in book.past] == [
        ("stop-1", 9, "cleared"), ("stop-2", 9, "cleared"),
    ]  # fmt: skip
    assert book.in_force == []


def test_a_book_that_is_none_is_an_error(tmp_path):
    (tmp_path / "faults.json").write_text("{")
    with pytest.raises(BookError, match=r"faults\.json"):
        read_book(tmp_path)


def test_each_event_is_a_line(tmp_path):
    with lock_book(tmp_path):
        subject.write_log(tmp_path, "inject", make(), now_us=7)
        subject.write_log(tmp_path, "clear", make(), now_us=8, by="cleared")
    lines = (tmp_path / "faults.log").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["inject", "clear"]
    assert json.loads(lines[1])["by"] == "cleared"


def test_a_disk_that_is_full_stops_no_fault(tmp_path):
    subject.write_log(tmp_path / "gone", "clear", make(), now_us=8)
