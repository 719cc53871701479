import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from route112.wire.chained import LINE_BYTES_MAX, begin_chain, parse_chain, render_chained

BEGIN = begin_chain("test")
NAMES = st.from_regex(r"[a-mo-s][a-z0-9_]{0,10}", fullmatch=True)
FIELDS = st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=20), max_size=4)


def write(*entries, after=BEGIN):
    content = b""
    for number, fields in enumerate(entries):
        line, after = render_chained("event", fields, time_us=number, after=after)
        content += line
    return content, after


@given(st.lists(FIELDS, max_size=5))
def test_what_is_read_is_what_was_written(entries):
    content, end = write(*entries)
    chain = parse_chain(content, after=BEGIN)
    assert [dict(line.fields) for line in chain.lines] == entries
    assert [line.time_us for line in chain.lines] == list(range(len(entries)))
    assert (chain.end, chain.size, chain.torn, chain.flaw) == (end, len(content), 0, "")


def test_a_chain_is_read_on_from_where_it_was_left():
    first, end = write({"a": "1"}, {"a": "2"})
    more, last = write({"a": "3"}, after=end)
    assert parse_chain(more, after=end).end == last
    assert parse_chain(first + more, after=BEGIN).end == last
    assert parse_chain(more, after=BEGIN).flaw == "line 1: it says that it is line 3"


@pytest.mark.parametrize("seed", range(200))
def test_no_byte_can_be_altered(seed):
    content, _ = write({"a": "one"}, {"b": "two and more"}, {"c": "three"})
    place = seed * len(content) // 200
    altered = bytearray(content)
    altered[place] ^= 1
    chain = parse_chain(bytes(altered), after=BEGIN)
    if content[place] == ord("\n") and place == len(content) - 1:
        assert chain.torn
    else:
        assert chain.flaw
    assert len(chain.lines) < 3


def test_no_line_can_be_removed_moved_or_repeated():
    one, two, three = write({"a": "1"}, {"a": "2"}, {"a": "3"})[0].splitlines(keepends=True)
    for content in (two + three, one + three, two + one + three, one + one + two, one + two + two):
        assert parse_chain(content, after=BEGIN).flaw


def test_a_torn_line_is_told_apart_from_an_altered_one():
    content, _ = write({"a": "1"}, {"a": "2"})
    lines = content.splitlines(keepends=True)
    chain = parse_chain(content[:-1], after=BEGIN)
    assert (len(chain.lines), chain.size) == (1, len(lines[0]))
    assert (chain.torn, chain.flaw) == (len(lines[1]) - 1, "")


def test_a_file_of_another_purpose_does_not_fit():
    content, _ = write({"a": "1"}, after=begin_chain("other"))
    assert parse_chain(content, after=BEGIN).flaw.startswith("line 1: it was altered")


@pytest.mark.parametrize("line", [b"\n", b"C1 x\n", b"C1 x n=1 t=0 a sha256=0\n", b"\xff\n"])
def test_what_is_no_line_is_a_flaw(line):
    assert parse_chain(line, after=BEGIN).flaw == "line 1: it is no whole line of this format"


def test_a_line_has_a_limit():
    longest = "x" * (LINE_BYTES_MAX - len(write({"a": ""})[0]))
    content, end = write({"a": longest})
    assert parse_chain(content, after=BEGIN).end == end
    assert parse_chain(b"x" * LINE_BYTES_MAX + b"\n", after=BEGIN).flaw
    with pytest.raises(AssertionError, match="bytes in one line"):
        write({"a": longest + "x"})
    with pytest.raises(AssertionError, match="misnamed"):
        write({"A": ""})


def test_the_document_shows_lines_of_the_program():
    text = (Path(__file__).parents[4] / "docs/formats/chained-lines.md").read_text()
    shown = re.findall(r"^C1 [a-z].*$", text, re.MULTILINE)
    content = "".join(f"{line}\n" for line in shown).encode()
    chain = parse_chain(content, after=begin_chain("audit"))
    assert (len(chain.lines), chain.flaw) == (2, "")
