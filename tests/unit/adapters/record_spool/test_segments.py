import errno
import hashlib
import os
from pathlib import Path

import pytest
from tests.support.records import NOW_US, end_line

from route112.adapters.record_spool import segments
from route112.adapters.record_spool.layout import Checkpoint
from route112.adapters.record_spool.segments import (
    Batch,
    Segment,
    hash_beginning,
    hash_content,
    list_segments,
    parse_head,
    read_end,
    read_range,
    read_segment,
    read_span,
    seal,
)

DOCUMENT = (Path(__file__).parents[4] / "docs" / "formats" / "records.md").read_text()
BEFORE = "c" * 64
START = Checkpoint("a" * 12, "b" * 12, 16, 1_040, 182_272, BEFORE)


def pieces(count, t=NOW_US):
    return tuple(end_line(str(index), t=t + index).rstrip() for index in range(count))


@pytest.fixture
def segment(tmp_path):
    seal(tmp_path, Batch(START, 182_790, pieces(3)))
    return list_segments(tmp_path)[0]


def test_a_segment_is_what_the_document_says(segment):
    head, *lines, foot, _ = segment.path.read_text().split("\n")
    documented_head, documented_foot = (
        next(line for line in DOCUMENT.splitlines() if line.startswith(f"R1 {kind} "))
        for kind in ("segment", "sealed")
    )
    names = [word.partition("=")[0] for word in documented_head.split()]
    assert [word.partition("=")[0] for word in head.split()] == names
    names = [word.partition("=")[0] for word in documented_foot.split()]
    assert [word.partition("=")[0] for word in foot.split()] == names
    assert [line.split()[0] for line in lines] == ["1041", "1042", "1043"]
    assert segment.path.name == "bbbbbbbbbbbb-0000000017.r1"
    body = segment.path.read_bytes().rpartition(b" sha256=")[0]
    assert foot.endswith(hashlib.sha256(body).hexdigest())


def list_documented(number):
    """Return one of the two whole segments of the document, to the byte."""
    blocks = DOCUMENT.split("```\n")
    return next(block for block in blocks if block.startswith("R1 segment ") and number in block)


def test_the_chain_is_what_the_document_says(tmp_path):
    first, second = (list_documented(f" number={number} ") for number in (1, 2))
    lines = [line.partition(" ")[2].encode() for line in first.splitlines()[1:-1]]
    start = Checkpoint("5f0c2a9e41d7", "5f0c2a9e41d7", 0, 0, 67)
    end, size = seal(tmp_path, Batch(start, 67 + 512, tuple(lines)))
    assert list_segments(tmp_path)[0].path.read_text() == first
    assert size == len(first)
    lines = [line.partition(" ")[2].encode() for line in second.splitlines()[1:-1]]
    seal(tmp_path, Batch(end, 1_024, tuple(lines)))
    assert list_segments(tmp_path)[1].path.read_text() == second
    assert f"before={end.seal}" in second
    assert f"before={hash_beginning('5f0c2a9e41d7', '5f0c2a9e41d7')}" in first


def test_a_segment_of_before_the_chain_is_read(tmp_path):
    content = list_documented(" number=1 ").encode()
    head, _, rest = content.partition(b"\n")
    old = head[: head.index(b" before=")] + b"\n" + rest
    body = old[: old.rindex(b"R1 sealed ")]
    old = old[:-65] + hashlib.sha256(body).hexdigest().encode() + b"\n"
    path = tmp_path / f"{'5f0c2a9e41d7'}-0000000001.r1"
    path.write_bytes(old)
    (segment,) = list_segments(tmp_path)
    assert parse_head(old.partition(b"\n")[0] + b"\n").before == ""
    assert hash_content(old, chained=False) == read_span(segment).sha256
    assert read_end(segment).seal == read_span(segment).sha256
    assert read_range(segment) == (1, 2)


def test_what_is_sealed_is_read(segment):
    records = list(read_segment(segment, after=1_041))
    assert [(record.sequence, record.call) for record in records] == [(1_042, "1"), (1_043, "2")]
    assert {record.writer for record in records} == {"b" * 12}
    assert read_end(segment) == Checkpoint(
        "a" * 12, "b" * 12, 17, 1_043, 182_790, read_span(segment).sha256
    )
    span = read_span(segment)
    assert (span.begin_us, span.finish_us) == (NOW_US, NOW_US + 2)
    assert read_range(segment) == (1_041, 1_043)
    assert hash_content(segment.path.read_bytes(), chained=True) == span.sha256


def test_lines_without_some_bytes_are_passed_over(segment):
    assert [r.call for r in read_segment(segment, after=0, containing=b"call=1")] == ["1"]
    assert list(read_segment(segment, after=0, containing=b"nobody")) == []


@pytest.mark.parametrize("digits", [19, 20, 5_000])
def test_a_sequence_that_nobody_can_keep_is_no_record(segment, digits):
    content = segment.path.read_bytes().replace(b"\n1042 R1 ", b"\n%b R1 " % (b"9" * digits))
    segment.path.write_bytes(content)
    assert [record.sequence for record in read_segment(segment, after=0)] == [1_041, 1_043]


def test_a_segment_that_is_gone_gives_nothing(segment):
    segment.path.unlink()
    assert list(read_segment(segment, after=0)) == []
    assert read_end(segment) is read_span(segment) is None
    assert read_range(segment) == (1, 0)


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.EMFILE, errno.ESTALE])
def test_a_segment_that_cannot_be_read_now_is_not_gone(segment, code, monkeypatch):
    def fail(path):
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(segments, "open_regular", fail)
    with pytest.raises(OSError, match=os.strerror(code)):
        list(read_segment(segment, after=0))
    assert read_range(segment) == (1, 0), "the bound has to remove it all the same"


def test_a_folder_in_the_place_of_a_segment_gives_nothing(segment):
    segment.path.unlink()
    segment.path.mkdir()
    assert list(read_segment(segment, after=0)) == []


def test_a_damaged_segment_is_read_as_far_as_it_can_be(segment):
    content = segment.path.read_bytes()
    for size in range(len(content)):
        segment.path.write_bytes(content[:size])
        assert read_span(segment) is None
        end = read_end(segment)
        assert end is None or (end.offset == 182_272 and end.last <= 1_043)
    segment.path.write_bytes(content.replace(b"call=1 ", b"call=\xff "))
    assert [record.kind for record in read_segment(segment, after=0)] == ["end", "damaged", "end"]


def test_only_segments_are_listed_by_their_number(tmp_path):
    assert list_segments(tmp_path / "missing") == []
    for name in ("c" * 12 + "-0000000002.r1", "a" * 12 + "-0000000010.r1", "x.r1", "a.r1.new"):
        (tmp_path / name).write_bytes(b"")
    found = list_segments(tmp_path)
    assert found == [
        Segment(tmp_path / ("c" * 12 + "-0000000002.r1"), "c" * 12, 2),
        Segment(tmp_path / ("a" * 12 + "-0000000010.r1"), "a" * 12, 10),
    ]


def test_a_batch_without_times_spans_nothing(tmp_path):
    seal(tmp_path, Batch(START, 182_790, (b"R1 damaged text=x",)))
    span = read_span(list_segments(tmp_path)[0])
    assert (span.begin_us, span.finish_us) == (0, 0)


def test_a_last_line_without_its_end_may_say_another_thing_and_is_not_read(segment):
    """Its sequence has been used all the same."""
    content = segment.path.read_bytes()
    whole = [record.sequence for record in read_segment(segment, after=0)]
    end = content.index(b"\n", content.index(b"\n%d R1 " % whole[1]) + 1)
    for size in range(end - 9, end):
        segment.path.write_bytes(content[:size])
        assert [record.sequence for record in read_segment(segment, after=0)] == whole[:1]
        assert read_range(segment) == (whole[0], whole[1])
