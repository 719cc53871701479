import errno
import os

import pytest
from tests.support.changing import STATIONS, T0

from route112.apps.planner.engine.journal_file import JournalError, JournalFile
from route112.change import State
from route112.change.events import Founded, OrderEnded

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
    from route112.change import journal as module

    monkeypatch.setattr(module, "EVENTS", {})
    with pytest.raises(JournalError, match="later version"):
        JournalFile(path)


def _raise(number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail
