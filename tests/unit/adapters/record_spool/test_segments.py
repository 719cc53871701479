import hashlib
from pathlib import Path

import pytest
from tests.support.records import NOW_US, end_line

from route112.adapters.record_spool.layout import Checkpoint
from route112.adapters.record_spool.segments import (
    Batch,
    Segment,
    is_intact,
    list_segments,
    read_end,
    read_range,
    read_segment,
    read_span,
    seal,
)

DOCUMENT = (Path(__file__).parents[4] / "docs" / "formats" / "records.md").read_text()
START = Checkpoint("a" * 12, "b" * 12, 16, 1_040, 182_272)


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
    body = segment.path.read_bytes().rpartition(b"R1 sealed")[0]
    assert foot.endswith(hashlib.sha256(body).hexdigest())


def test_what_is_sealed_is_read(segment):
    records = list(read_segment(segment, after=1_041))
    assert [(record.sequence, record.call) for record in records] == [(1_042, "1"), (1_043, "2")]
    assert {record.writer for record in records} == {"b" * 12}
    assert read_end(segment) == Checkpoint("a" * 12, "b" * 12, 17, 1_043, 182_790)
    span = read_span(segment)
    assert (span.begin_us, span.finish_us) == (NOW_US, NOW_US + 2)
    assert read_range(segment) == (1_041, 1_043)
    assert is_intact(segment)


def test_lines_without_some_bytes_are_passed_over(segment):
    assert [r.call for r in read_segment(segment, after=0, containing=b"call=1")] == ["1"]
    assert list(read_segment(segment, after=0, containing=b"nobody")) == []


def test_a_segment_that_is_gone_gives_nothing(segment):
    segment.path.unlink()
    assert list(read_segment(segment, after=0)) == []
    assert read_end(segment) is read_span(segment) is None
    assert read_range(segment) == (1, 0)
    assert not is_intact(segment)


def test_a_damaged_segment_is_read_as_far_as_it_can_be(segment):
    content = segment.path.read_bytes()
    for size in range(len(content)):
        segment.path.write_bytes(content[:size])
        assert not is_intact(segment)
        assert read_span(segment) is None
        end = read_end(segment)
        assert end is None or (end.offset == 182_272 and end.last <= 1_043)
    segment.path.write_bytes(content.replace(b"call=1 ", b"call=\xff "))
    assert [record.kind for record in read_segment(segment, after=0)] == ["end", "damaged", "end"]
    assert not is_intact(segment)


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
