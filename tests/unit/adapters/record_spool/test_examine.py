import pytest
from tests.support.tampering import list_files, make_sealed, reseal

from route112.adapters.record_spool.examine import examine, list_lost
from route112.adapters.record_spool.segments import list_segments


@pytest.fixture
def segment(tmp_path):
    world = make_sealed(tmp_path / "records", 1)
    return list_segments(world.path / "segments")[0]


def test_a_sealed_segment_is_sound(segment):
    seen = examine(segment)
    assert seen.is_sound
    assert (seen.records, seen.first, seen.last, seen.damaged) == (5, 1, 5, 0)


def test_a_segment_that_is_gone_is_none(segment):
    segment.path.unlink()
    assert examine(segment) is None


def test_a_segment_without_its_ends_is_counted_as_far_as_it_can_be(segment):
    content = segment.path.read_bytes()
    segment.path.write_bytes(b"\n".join(content.split(b"\n")[1:-3]))
    seen = examine(segment)
    assert (seen.head, seen.span, seen.is_sealed, seen.is_counted) == (None, None, False, False)
    assert (seen.records, seen.first, seen.last) == (4, 1, 4)
    segment.path.write_bytes(b"")
    assert examine(segment).records == 0


def test_a_sequence_that_nobody_can_keep_is_said(segment):
    file = list_files(segment.path.parents[1])[0]
    file.write_bytes(reseal(file.read_bytes().replace(b"\n2 R1 ", b"\n%b R1 " % (b"9" * 5_000))))
    seen = examine(segment)
    assert (seen.is_sealed, seen.is_counted, seen.records) == (True, False, 4)


def test_torn_records_are_counted_apart(segment):
    file = list_files(segment.path.parents[1])[0]
    file.write_bytes(reseal(file.read_bytes().replace(b"2 R1 end ", b"2 R1 damaged ")))
    seen = examine(segment)
    assert (seen.is_sound, seen.damaged) == (True, 1)


def test_a_name_that_its_first_line_does_not_say_is_not_its_place(segment):
    other = segment.path.with_name(f"{segment.writer}-0000000002.r1")
    segment.path.rename(other)
    seen = examine(list_segments(other.parent)[0])
    assert (seen.is_sealed, seen.is_placed, seen.is_sound) == (True, False, False)


def test_lost_segments_are_named_by_their_record():
    line = b"R1 site t=1 site=s event=records-lost reason=%s count=7"
    assert list(list_lost(line % b"aaaaaaaaaaaa-0000000012")) == [12]
    assert list(list_lost(line % b"nonsense")) == []
    assert list(list_lost(b"R1 site t=1 site=s event=start")) == []
