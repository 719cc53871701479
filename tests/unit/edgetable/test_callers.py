from tests.support.snapshots import small_content

from route112.edgetable import callers
from route112.edgetable.callers import list_callers
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

SNAPSHOT = Snapshot(write_snapshot(small_content()))


def test_cells_and_lines_are_rows_with_the_code_of_their_commune():
    assert dict(list_callers(SNAPSHOT, "bruyere")) == {
        "k:208-01-0a": "29019",
        "k:208-01-0b": "29155",
        "k:208-01-1": "29103",
        "k:zone.b:7_x": "75120",
        "l:0298": "29103",
        "l:331": "75101",
        "l:33298": "29019",
        "l:332984": "29155",
        "l:33298455": "75056",
        "l:9": "75120",
        "lmax": "8",
    }


def test_an_operator_without_lines_has_no_longest_one():
    assert dict(list_callers(SNAPSHOT, "genet")) == {"k:208-01-0a": "75056"}


def test_tables_that_are_too_long_are_left_out_whole(monkeypatch):
    monkeypatch.setattr(callers, "CALLERS_MAX", 9)
    assert dict(list_callers(SNAPSHOT, "bruyere")) == {}
    assert dict(list_callers(SNAPSHOT, "genet")) == {"k:208-01-0a": "75056"}
    monkeypatch.setattr(callers, "CALLERS_MAX", 10)
    assert len(dict(list_callers(SNAPSHOT, "bruyere"))) == 11
