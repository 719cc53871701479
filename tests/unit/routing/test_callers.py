import pytest
from tests.support.snapshots import NOW, small_content

from route112.model import Call, States
from route112.routing import decide, read_call, render_decision
from route112.routing.callers import place_call
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

SNAPSHOT = Snapshot(write_snapshot(small_content(orders=())))


def place(commune="", *, cell="", line="", operator="bruyere"):
    call = Call(dialled="17", commune=commune, operator=operator)
    placed = place_call(call, SNAPSHOT, cell=cell, line=line)
    return placed.commune, placed.commune_by


@pytest.mark.parametrize(
    ("told", "cell", "line", "found"),
    [
        ("75056", "208-01-0a", "+33298", ("75056", "")),
        ("29165", "208-01-0a", "", ("29165", "")),
        ("", "208-01-0A", "+331", ("29019", "cell")),
        ("99999", "208-01-0a", "", ("29019", "cell")),
        ("", "unknown", "+331", ("75101", "line")),
        ("", "", "+331", ("75101", "line")),
        ("99999", "", "", ("99999", "")),
        ("99999", "unknown", "77", ("99999", "")),
        ("", "unknown", "", ("", "")),
    ],
)
def test_a_told_commune_wins_then_the_cell_then_the_line(told, cell, line, found):
    assert place(told, cell=cell, line=line) == found


def test_only_the_operators_own_tables_count():
    assert place(cell="208-01-0a", operator="genet") == ("75056", "cell")
    assert place(line="+331", operator="genet") == ("", "")
    assert place(cell="208-01-0a", operator="") == ("", "")


def test_a_call_by_its_cell_is_not_degraded_and_the_notation_says_how_it_was_placed():
    told = {"X-Cell": "208-01-0a", "X-Line": "+331"}
    read = read_call(SNAPSHOT, source="127.0.2.1", request_uri="sip:17@h", find_header=told.get)
    decision = decide(read.call, SNAPSHOT, States(), now=NOW)
    assert decision.degraded is None
    line = render_decision(read.call, decision)
    assert line.startswith("17 @29019/cell bruyere/mobile -> rule primary -> ")
    assert "208-01" not in line
    del told["X-Cell"]
    read = read_call(SNAPSHOT, source="127.0.2.1", request_uri="sip:17@h", find_header=told.get)
    assert render_decision(read.call, decide(read.call, SNAPSHOT, States(), now=NOW)).startswith(
        "17 @75101/line bruyere/mobile -> rule primary -> "
    )
