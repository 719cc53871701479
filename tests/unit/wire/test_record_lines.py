"""Lines are read as docs/formats/records.md says, and nothing that a stranger sends breaks them."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from route112.wire.record_lines import (
    DAMAGED_BYTES_MAX,
    FIELDS_MAX,
    LINE_BYTES_MAX,
    PREFIX_BYTES_MAX,
    Record,
    cut_line,
    parse_line,
    parse_piece,
    render_line,
)

DOCUMENT = (Path(__file__).parents[3] / "docs" / "formats" / "records.md").read_text()
EXAMPLES = re.search(r"Examples, one per kind:\n\n```\n(.*?)```", DOCUMENT, re.DOTALL)[
    1
].splitlines()
KINDS = re.findall(
    r"^\| `([a-z]+)` \| (?:[PNSRT] ?)+\| [^|]*\| ([^|]*) \|$", DOCUMENT, re.MULTILINE
)
END = b"R1 end t=1795000004100000 site=s call=a@h outcome=answered"


@pytest.mark.parametrize("line", EXAMPLES, ids=lambda line: line.split()[1])
def test_each_documented_example_is_a_record_with_documented_fields(line):
    record = parse_line(line.encode())
    kind = line.split()[1]
    assert record.kind == kind
    documented = set(re.findall(r"`([a-z_]+)`", dict(KINDS)[kind])) | {"t", "site", "call"}
    assert set(record.fields) <= documented
    assert record.time_us >= 1_795_000_000_000_000 or kind == "damaged"


def test_there_is_an_example_for_each_kind():
    assert sorted(line.split()[1] for line in EXAMPLES) == sorted(kind for kind, _ in KINDS)


def test_every_field_of_a_kind_is_explained():
    explained = set(re.findall(r"^\| `([a-z_]+)` \| [^|]*\|$", DOCUMENT, re.MULTILINE))
    used = {name for _, fields in KINDS for name in re.findall(r"`([a-z_]+)`", fields)}
    assert used - explained == set()


@pytest.mark.parametrize("name", ["LINE_BYTES_MAX", "FIELDS_MAX"])
def test_the_document_names_the_limits(name):
    value = {"LINE_BYTES_MAX": LINE_BYTES_MAX, "FIELDS_MAX": FIELDS_MAX}[name]
    assert re.search(rf"{value:,}[^|\n]*\(`{name}`\)", DOCUMENT)


def test_kamailios_prefix_is_dropped_and_its_time_is_read():
    line = b" 3(4711) INFO: <script>: R1 end t=1795000005.000001 call=a%40h code=200 psap=<null>\n"
    record = parse_line(line)
    assert (record.kind, record.time_us, record.call) == ("end", 1_795_000_005_000_001, "a@h")
    assert record.get("psap") == ""


@pytest.mark.parametrize("line", [b"", b"\n", b"INFO: no record", b"R1", b"R1 x=y z", b"R1 9 t=1"])
def test_a_line_without_the_marker_is_no_record(line):
    assert parse_line(line) is None


@pytest.mark.parametrize(
    "fields",
    [
        b"site=s",
        b"t=yesterday",
        b"t=1795000000.5",
        b"t=1 t=2",
        b"t=1 caller",
        b"t=1  a=b",
        b"t=1 a=%zz",
        b't=1 a="b"',
        b"t=1 a=\xe9",
        b"t=1 a=\x00",
        b"t=1 A=b",
        b"t=1 " + b" ".join(b"f%d=" % n for n in range(FIELDS_MAX)),
    ],
)
def test_a_broken_record_is_damaged_and_keeps_its_text(fields):
    record = parse_line(b"R1 attempt " + fields + b"\n")
    assert record.kind == "damaged"
    assert record.get("text").startswith("R1 attempt")
    assert record.time_us == 0


def test_a_line_above_the_limit_is_damaged_and_kept_in_part():
    record = parse_line(END + b" trace=" + b"x" * LINE_BYTES_MAX + b"\n")
    assert record.kind == "damaged"
    assert len(record.get("text")) == DAMAGED_BYTES_MAX


def test_a_torn_line_is_cut_from_what_was_written_next():
    pieces = cut_line(b"R1 attempt t=1795000001000120 caller=+3363" + END + b"\n")
    assert pieces == (b"R1 damaged text=R1%20attempt%20t%3D1795000001000120%20caller%3D+3363", END)
    assert parse_line(b"R1 attempt t=17 3(9) INFO: x: " + END).call == "a@h"


def test_a_torn_line_before_a_log_line_is_damaged():
    line = b"R1 attempt t=1795000001000120 caller=+3363 3(4711) ERROR: tm: nothing\n"
    assert parse_line(line).kind == "damaged"


def test_with_a_key_only_proven_lines_count():
    forged = b"ERROR: Call-ID: " + END
    proven = END.replace(b"end ", b"end k=0011aabbccdd ")
    assert cut_line(forged, key="0011aabbccdd") == ()
    assert cut_line(b"{" + END + b"} " + proven, key="0011aabbccdd") == (END,)
    assert cut_line(b"R1 end", key="0011aabbccdd") == ()
    assert cut_line(b"R1 end k=0011aabbccdd\n", key="0011aabbccdd")[0].startswith(b"R1 damaged")


def test_a_call_id_that_kamailio_cannot_escape_comes_in_hexadecimal():
    assert parse_line(b"R1 end t=1 call= callx=61e9\n").call == "a\\xe9"
    assert parse_line(b"R1 end t=1 call= callx=zz\n").call == ""


def test_what_is_rendered_is_read_again():
    fields = {"t": 1_795_000_000_000_000, "site": "s", "call": 'é "%= \n\x1b', "trace": "a -> b"}
    line = render_line("decision", fields, key="0011aabbccdd")
    assert line.startswith("R1 decision k=0011aabbccdd t=1795000000000000 site=s")
    assert line.endswith("trace=a%20->%20b\n")
    record = parse_line(line.encode("ascii"), key="0011aabbccdd")
    assert record.fields == {name: str(value) for name, value in fields.items()}


def test_a_line_that_would_be_too_long_loses_the_end_of_its_longest_value():
    line = render_line("decision", {"t": 1, "call": "c" * 300, "trace": "é" * 5_000})
    assert len(line) <= LINE_BYTES_MAX - PREFIX_BYTES_MAX
    record = parse_line(line.encode("ascii"))
    assert record.call == "c" * 300
    assert re.fullmatch("é{300,}[.]{3}", record.get("trace"))


def test_too_many_fields_are_a_programmers_error():
    with pytest.raises(AssertionError, match="64 fields"):
        render_line("site", {f"f{index}": "" for index in range(FIELDS_MAX)})


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True).filter(
    lambda name: name not in ("t", "k")
)
KINDS_ANY = st.from_regex(r"[a-z][a-z-]{0,10}", fullmatch=True).filter(
    lambda kind: kind != "damaged"
)


@given(KINDS_ANY, st.dictionaries(NAMES, st.text(max_size=60), max_size=8))
def test_any_values_survive(kind, values):
    line = render_line(kind, {"t": 5, **values}).encode("ascii")
    assert line.count(b"\n") == 1
    record = parse_line(b" 1(2) INFO: " + line)
    expected = {
        name: "" if text == "<null>" else text.encode("utf-8", "replace").decode()
        for name, text in values.items()
    }
    assert (record.kind, dict(record.fields)) == (kind, {"t": "5", **expected})


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"R1 end ", b"R1 ", b"t=1", b" ", b"\n", b"%", b"k=ab "])).map(
        b"".join
    )
)
@example(b"R1 end t=1\nR1 end t=2")
def test_anything_is_cut_without_an_exception_and_stays_what_it_is(content):
    for key in ("", "ab"):
        for piece in cut_line(content, key=key):
            record = parse_piece(piece)
            assert b"\n" not in piece
            assert parse_piece(piece) == record
            assert cut_line(piece) == (piece,)


@given(st.integers(0, len(END) - 1))
def test_no_torn_line_passes_for_a_whole_one(cut):
    pieces = [parse_piece(piece) for piece in cut_line(END[:cut] + END + b"\n")]
    assert pieces[-1].get("outcome") == "answered"
    assert all(piece.kind == "damaged" for piece in pieces[:-1])


@pytest.mark.parametrize(("text", "at_us"), [("5", 5), ("1.000002", 1_000_002), ("", 7), ("é", 7)])
def test_when_a_record_was_written_is_what_its_writer_says(text, at_us):
    assert Record("try", {"t": text}, 7).written_us == at_us
