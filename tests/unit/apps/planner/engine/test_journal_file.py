import dataclasses
import errno
import os

import pytest
from tests.support.changing import STATIONS, T0

from route112.adapters.chained_file import file
from route112.apps.planner.engine import journal_file as module
from route112.apps.planner.engine.journal_file import (
    NOTHING_READ,
    JournalError,
    JournalFile,
    JournalReader,
)
from route112.change import State, parse_journal
from route112.change.events import Founded, OrderEnded, StationHeld

FOUNDED = Founded(
    at_us=T0, stations=STATIONS, candidate="a" * 64, number=1, content_hash="b" * 64, size=7
)
ENDED = OrderEnded(at_us=T0, id="o-1", how="over", cause="", author="", approver="")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.log"


def test_whoever_comes_next_finds_the_state(path):
    journal = JournalFile(path)
    assert journal.state == State()
    assert journal.append((FOUNDED, ENDED)) is journal.state
    journal.close()
    again = JournalFile(path)
    assert again.state == journal.state
    assert again.state.stations == STATIONS
    again.close()


def test_a_second_planner_does_not_get_it(path):
    journal = JournalFile(path)
    with pytest.raises(JournalError, match="another program"):
        JournalFile(path)
    journal.close()


def test_what_could_not_be_read_back_is_not_written(path):
    """A planner that had written it would never start again."""
    journal = JournalFile(path)
    journal.append((FOUNDED,))
    odd = StationHeld(at_us=T0, station="site-1", number=-1, cause="odd")
    with pytest.raises(JournalError, match="could not be read back"):
        journal.append((ENDED, odd))
    known = journal.append((ENDED,))
    journal.close()
    again = JournalFile(path)
    assert again.state == known
    again.close()


def test_a_torn_line_is_cut_off_and_an_altered_one_is_refused(path):
    journal = JournalFile(path)
    journal.append((FOUNDED,))
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    journal = JournalFile(path)
    assert (journal.torn, journal.state.stations) == (40, STATIONS)
    journal.close()
    path.write_bytes(whole.replace(b"site-1", b"site-9"))
    with pytest.raises(JournalError, match="compare it with a copy"):
        JournalFile(path)


def test_a_full_disk_means_that_nothing_happened(path, monkeypatch):
    journal = JournalFile(path)
    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", _raise(errno.ENOSPC))
        with pytest.raises(JournalError, match="No space left"):
            journal.append((FOUNDED,))
    assert journal.state == State()
    journal.append((FOUNDED,))
    assert journal.state.stations == STATIONS
    journal.close()


def test_a_disk_that_takes_nothing_back_is_read_again(path, monkeypatch):
    journal = JournalFile(path)
    journal.append((FOUNDED,))
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", _raise(errno.EIO))
        with pytest.raises(JournalError, match="Input/output error"):
            journal.append((ENDED,))
    with pytest.raises(JournalError, match="opened anew"):
        journal.append((ENDED,))
    assert journal.state.stations == STATIONS
    journal.append((ENDED,))
    journal.close()


def test_a_line_of_a_later_version_keeps_this_one_away(path, monkeypatch):
    journal = JournalFile(path)
    journal.append((FOUNDED,))
    journal.close()
    from route112.change import journal as lines

    monkeypatch.setattr(lines, "EVENTS", {})
    with pytest.raises(JournalError, match="later version"):
        JournalFile(path)


def test_a_journal_is_read_while_another_planner_writes_it(path, monkeypatch):
    journal, reader = JournalFile(path), JournalReader(path)
    journal.append((FOUNDED,))
    reader.read()
    assert reader.known.state == journal.state
    journal.append((ENDED,))
    reader.read()
    assert reader.known.prefix.end.number == 2
    journal.append((ENDED,))
    journal.close()
    parsed = []

    def parse(content, *, after):
        parsed.append(after.number)
        return parse_journal(content, after=after)

    monkeypatch.setattr(module, "parse_journal", parse)
    again = JournalFile(path, reader.known)
    assert (again.state, parsed) == (journal.state, [2]), "one event is all that was left to read"
    again.append((ENDED,))
    again.close()
    whole = JournalFile(path)
    assert (whole.state, parsed) == (again.state, [2, 3, 0]), "what is written is read back"
    whole.close()


def test_a_long_journal_is_read_piece_by_piece(path, monkeypatch):
    monkeypatch.setattr(module, "PIECE_BYTES", 500)
    journal, reader = JournalFile(path), JournalReader(path)
    journal.append((FOUNDED, *[ENDED] * 9))
    numbers = []
    while reader.read():
        numbers.append(reader.known.prefix.end.number)
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 1
    assert reader.known.prefix.end.number == 10
    assert reader.known.state == journal.state
    journal.close()


def test_a_line_that_is_being_written_is_read_when_it_is_whole(path):
    journal, reader = JournalFile(path), JournalReader(path)
    journal.append((FOUNDED, ENDED))
    journal.close()
    content = path.read_bytes()
    path.write_bytes(content[:-7])
    reader.read()
    assert reader.known.prefix.end.number == 1
    path.write_bytes(content)
    reader.read()
    assert reader.known.prefix.size == len(content)
    again = JournalFile(path, reader.known)
    assert again.state == journal.state
    again.close()


def test_another_journal_in_its_place_is_read_from_its_beginning(path):
    reader = JournalReader(path)
    assert not reader.read(), "there is none yet"
    journal = JournalFile(path)
    journal.append((FOUNDED, ENDED))
    journal.close()
    reader.read()
    known = reader.known
    path.unlink()
    other = JournalFile(path)
    other.append((dataclasses.replace(FOUNDED, number=9), ENDED, ENDED, ENDED))
    other.close()
    found = JournalFile(path, known)
    assert found.state == other.state
    found.close()
    reader.read()
    assert reader.known == NOTHING_READ
    reader.read()
    assert reader.known.state == other.state


def test_a_full_journal_says_where_the_way_out_stands(path, monkeypatch):
    journal = JournalFile(path)
    journal.append((FOUNDED,))
    monkeypatch.setattr(file, "FILE_BYTES_MAX", path.stat().st_size)
    with pytest.raises(JournalError, match=r"is full: it may have .* bytes; docs/change.md says"):
        journal.append((ENDED,))
    assert journal.state.last_number == 1
    journal.close()


def _raise(number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail
