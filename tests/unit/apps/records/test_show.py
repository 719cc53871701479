import pytest
from tests.support.records import NOW_US

from route112.apps.records.show import (
    align,
    clean,
    dump_call,
    dump_record,
    escape_call,
    list_call_cells,
    render_record,
    render_time,
)
from route112.wire.record_calls import join_calls
from route112.wire.record_lines import parse_line

CALLER = "caller=+33639981234"
LINES = {
    "R1 attempt by=python src=127.0.2.1:5060 proto=udp op=bruyere tech=mobile dialled=15 commune=29019 "
    + CALLER: "15 @29019 bruyere/mobile from +33 6 39 98 .. .. via 127.0.2.1:5060/udp, by python",
    "R1 attempt by=native": "? @? ?/? from unknown via /, by native",
    "R1 decision trace=15%20->%20x degraded=native": "15 -> x, degraded: native",
    "R1 decision targets=P/1/primary": "P/1/primary",
    "R1 try n=1 psap=P number=%2b33261910029 hop=h:1": "1: P +33261910029 at h:1",
    "R1 failed n=1 psap=P hop=h:1 code=408 cause=timeout ms=602": "1: P  at h:1: timeout 408 after 0.6 s",
    "R1 ring n=2 psap=P number=1 ms=x": "2: P 1 rings after ? s",
    "R1 end outcome=answered code=200 psap=P ms=3100": "answered 200 by P after 3.1 s",
    "R1 end outcome=failed code=503 ms=1 party=carrier": "failed 503 after 0.0 s, party carrier",
    "R1 refused reason=shed op= " + CALLER: "reason=shed",
    "R1 site event=snapshot g=43": "event=snapshot g=43",
    "R1 later a=%1b[2Jb%e2%80%ae": "a=?[2Jb?",
}


def make(line):
    return parse_line(f"{line} t={NOW_US} site=s call=a@h".encode())


def test_each_kind_reads_as_a_sentence_with_time_site_and_call():
    for line, expected in LINES.items():
        record = make(line)
        head = f"2026-11-18 11:06:40.000  s        {record.kind:<8}  "
        assert render_record(record) == f"{head}{expected} id=a@h"


def test_a_damaged_record_shows_its_length_only():
    record = parse_line(b"R1 attempt t=1 caller=+33639981234 broken\n")
    assert render_record(record).endswith("41 characters, not shown: they may hold a number")
    assert "63998" not in str(dump_record(record))


def test_no_clear_number_leaves_unless_it_is_asked_for():
    (call,) = join_calls([make(next(iter(LINES)))])
    assert "63998123" not in str(dump_record(call.records[0]))
    assert "63998123" not in str(dump_call(call, clear=False))
    assert "63998123" not in str(list_call_cells(call, clear=False))
    assert dump_call(call, clear=True)["caller"] == "+33639981234"


@pytest.mark.parametrize("dialled", ["+33639981234", "tel:+33639981234", "06.39.98.12.34"])
def test_a_number_in_the_place_of_what_was_dialled_is_masked_too(dialled):
    lines = [
        make(f"R1 attempt dialled={dialled} commune=29019"),
        make(
            f"R1 decision trace={dialled}%20@29019%20->%20rule%20primary%20->%20P%20+33261910029"
        ),
    ]
    (bare,) = join_calls(lines[:1])
    (call,) = join_calls(lines)
    shown = [
        *map(render_record, lines),
        *(str(dump_record(line)) for line in lines),
        *(str(list_call_cells(each, clear=False)) for each in (bare, call)),
        str(dump_call(call, clear=False)),
    ]
    for text in shown:
        assert "63998123" not in text
        assert "12.34" not in text
    assert dump_call(call, clear=False)["trace"].endswith(
        " @29019 -> rule primary -> P +33261910029"
    )


def test_a_call_without_a_decision_shows_what_is_known():
    cells = [
        list_call_cells(next(join_calls([make(line)])), clear=False)[-1]
        for line in (
            "R1 attempt op=o dialled=18",
            "R1 refused reason=shed src=a:1",
            "R1 end code=1",
        )
    ]
    assert cells == [
        "18 @? o/? id=a@h",
        "a:1 refused: shed id=a@h",
        "no attempt recorded id=a@h",
    ]


def test_rows_line_up():
    assert align([("a", "bb", "c"), ("aaa", "b", "cc")]) == ["a    bb  c", "aaa  b   cc"]


def test_texts_are_harmless_and_bounded():
    assert clean("a\n\x1b\u202e" + "b" * 1_000) == "a???" + "b" * 596 + "..."
    assert render_time(NOW_US + 123_456) == "2026-11-18 11:06:40.123"
    assert render_time(10**18).startswith("6")


def test_a_call_id_is_shown_so_that_nothing_in_it_looks_like_a_field():
    assert escape_call("a84b4c76@127.0.2.1:5060<x>") == "a84b4c76@127.0.2.1:5060<x>"
    assert escape_call('a b\n"%="\u202e\udce9') == "a%20b%0A%22%25%3D%22%E2%80%AE%E9"
    assert len(escape_call(" " * 1_000)) == 603
