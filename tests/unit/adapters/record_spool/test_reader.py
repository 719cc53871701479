import os
import random
import shutil
from itertools import islice

import pytest
from tests.support.records import NOW_US, World, end_line, kill
from tests.support.tampering import make_sealed

from route112.adapters.record_spool import Bounds, Position, follow, prepare_folder, reader
from route112.adapters.record_spool.layout import Folder
from route112.adapters.record_spool.reader import (
    CHUNK_BYTES,
    Reader,
    Wanted,
    find_checkpoint,
    read_records,
)
from route112.adapters.record_spool.segments import list_segments


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "records", bounds=Bounds(segment_bytes_max=300, seal_seconds=1e9))


def seal_all(world):
    recorder = world.recorder()
    while recorder.step():
        pass
    kill(recorder)


def test_without_a_recorder_everything_is_in_the_raw_file(world):
    assert world.read() == []
    world.write(5)
    assert world.read() == world.expected


def test_a_pipe_in_the_place_of_the_raw_file_is_waited_for_by_nobody(world):
    (world.path / "raw.log").unlink()
    os.mkfifo(world.path / "raw.log")
    with pytest.raises(OSError, match="is no regular file"):
        world.read()


def test_a_pipe_in_the_place_of_a_segment_is_a_damaged_one(world):
    world.write(50)
    seal_all(world)
    first = list_segments(Folder(world.path).segments)[0].path
    first.unlink()
    os.mkfifo(first)
    world.read()


def test_segments_and_raw_file_are_one(world):
    world.write(50)
    seal_all(world)
    world.write(3)
    assert world.list_sealed()
    assert world.read() == world.expected


def test_a_line_without_an_end_is_not_a_line_yet(world):
    world.write(1)
    line = end_line("2", key=world.raw.key)
    world.append(line[:-5])
    assert world.read() == [(1, "1")]
    world.append(line[-5:])
    assert world.read() == [(1, "1"), (2, "2")]


def test_a_reader_goes_on_behind_a_position_wherever_it_is(world):
    world.write(40)
    writer = next(read_records(world.path)).writer
    for _ in range(2):
        for sequence in (0, 1, 17, 39, 40):
            found = world.read(since=Position(writer, sequence))
            assert found == world.expected[sequence:]
        seal_all(world)


def test_a_position_in_the_raw_file_does_not_repeat_older_writers(world):
    world.write(10)
    seal_all(world)
    (world.path / "raw.log").unlink()
    world.raw = prepare_folder(world.path, site="s", now_us=NOW_US + 1)
    world.append(end_line("new", key=world.raw.key) * 2)
    *_, last = read_records(world.path)
    assert world.read() == [*world.expected, (1, "new"), (2, "new")]
    assert world.read(since=Position(last.writer, 1)) == [(2, "new")]
    assert world.read(since=Position("0" * 12, 1)) == world.read()
    (world.path / "raw.log").unlink()
    assert world.read(since=Position(last.writer, 1)) == world.expected


def test_records_that_are_sealed_and_freed_while_they_are_read_are_read_once(world, monkeypatch):
    world.write(200)
    real, calls = reader.read_lines, []

    def seal_meanwhile(raw, offset, *, key):
        lines = real(raw, offset, key=key)
        if not calls:
            calls.append(offset)
            seal_all(world)
            world.write(5)
        return lines

    monkeypatch.setattr(reader, "read_lines", seal_meanwhile)
    assert world.read() == world.expected


def test_following_goes_on_until_it_is_told_to_end(world):
    rounds = []

    def wait():
        rounds.append(len(rounds))
        world.write(3)
        if len(rounds) % 2:
            seal_all(world)
        return len(rounds) < 6

    found = [(record.sequence, record.call) for record in follow(world.path, wait=wait)]
    assert found == world.expected[:15]


def test_a_folder_without_a_raw_file_is_empty(tmp_path):
    assert list(read_records(tmp_path)) == []
    (tmp_path / "raw.log").write_bytes(b"R1 ra")
    assert list(read_records(tmp_path, since=Position("0" * 12, 1))) == []


def test_segments_outside_the_wanted_times_are_not_parsed(world, monkeypatch):
    world.bounds = Bounds(segment_bytes_max=1 << 20, seal_seconds=0)
    for _ in range(3):
        world.write(10)
        seal_all(world)
    parsed = []
    real = reader.read_segment
    monkeypatch.setattr(
        reader,
        "read_segment",
        lambda segment, **k: parsed.append(segment.number) or real(segment, **k),
    )
    found = world.read(wanted=Wanted(since_us=NOW_US + 11, until_us=NOW_US + 20))
    assert found == world.expected[10:20]
    assert parsed == [2]
    assert world.read(wanted=Wanted(containing=b"call=25 ")) == [(25, "25")]


def test_a_line_longer_than_a_chunk_holds_nobody_up(world):
    world.write(1)
    world.append(b"x" * (2 * CHUNK_BYTES) + b"\n")
    world.write(1)
    assert world.read() == world.expected


def test_state_and_newest_segment_stand_in_for_each_other(world):
    world.write(50)
    seal_all(world)
    folder = reader.Folder(world.path)
    known = find_checkpoint(folder)
    content = folder.state.read_bytes()
    folder.state.unlink()
    assert find_checkpoint(folder) == known
    folder.state.write_bytes(content)
    list_segments(folder.segments)[-1].path.write_bytes(b"damaged")
    assert find_checkpoint(folder) == known
    folder.state.unlink()
    assert find_checkpoint(folder) is None or find_checkpoint(folder).number < known.number


def test_a_segment_newer_than_the_state_wins(world):
    world.write(50)
    seal_all(world)
    folder = reader.Folder(world.path)
    old = folder.state.read_bytes()
    world.write(50)
    seal_all(world)
    known = find_checkpoint(folder)
    folder.state.write_bytes(old)
    assert find_checkpoint(folder) == known
    assert world.read() == world.expected
    assert os.fstat(world.raw.descriptor).st_size >= known.offset


def test_who_follows_reads_what_is_new_and_nothing_again(world, monkeypatch):
    offsets = []

    def read_lines(raw, offset, *, key):
        offsets.append(offset)
        return reader.read_lines_before(raw, offset, key=key)

    monkeypatch.setattr(reader, "read_lines_before", reader.read_lines, raising=False)
    monkeypatch.setattr(reader, "read_lines", read_lines)
    world.write(50)
    following = Reader(Folder(world.path), None)
    assert len(list(following.read())) == 50
    size = (world.path / "raw.log").stat().st_size
    offsets.clear()
    world.write(2)
    assert [record.call for record in following.read()] == ["51", "52"]
    assert min(offsets) == size


def test_who_follows_finds_the_same_however_it_is_sealed_meanwhile(world):
    rng = random.Random(1)
    following, found, pending = Reader(Folder(world.path), None), [], None
    for _ in range(60):
        world.write(rng.randrange(4))
        if rng.random() < 0.3:
            seal_all(world)
        # Now and then somebody stops in the middle, and goes on later.
        count = rng.randrange(6) if rng.random() < 0.5 else 1_000
        pending = following.read() if pending is None else pending
        some = list(islice(pending, count))
        found += some
        pending = pending if len(some) == count else None
    found += [*(pending or ()), *following.read()]
    assert [(record.sequence, record.call) for record in found] == world.expected


def test_a_raw_file_that_was_cut_short_is_read_from_its_beginning(world):
    world.write(3)
    following = Reader(Folder(world.path), None)
    assert len(list(following.read())) == 3
    os.truncate(world.path / "raw.log", len(_head(world)))
    world.write(5)
    assert [record.sequence for record in following.read()] == [4, 5]


def _head(world):
    first, end, _ = (world.path / "raw.log").read_bytes().partition(b"\n")
    return first + end


def list_files(world):
    return [segment.path for segment in list_segments(world.path / "segments")]


def test_exchanged_segments_are_read_where_their_first_lines_put_them(tmp_path):
    world = make_sealed(tmp_path / "records", 5)
    one, two = list_files(world)[1:3]
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert world.read() == world.expected


@pytest.mark.parametrize("number", [1, 3, 99, 10**9])
@pytest.mark.parametrize("writer", ["", "000000000000", "ffffffffffff"])
def test_a_copy_is_read_by_nobody_and_holds_up_nobody(tmp_path, number, writer):
    """Neither who begins, nor who follows, nor the next recorder."""
    world = make_sealed(tmp_path / "records", 5)
    reading = reader.Reader(reader.Folder(world.path), None)
    followed = [record.sequence for record in reading.read()]
    file = list_files(world)[1]
    copied = file.with_name(f"{writer or file.stem[:12]}-{number:010}.r1")
    if not copied.exists():
        copied.write_bytes(file.read_bytes())
    assert world.read() == world.expected
    world.write(500)
    followed += [record.sequence for record in reading.read()]
    seal_all(world)
    followed += [record.sequence for record in reading.read()]
    assert world.read() == world.expected
    assert followed == [sequence for sequence, _ in world.expected]


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_folder_that_was_put_back_to_an_older_state_is_read_anew(world, tmp_path, is_sealed):
    world.write(30)
    if is_sealed:
        seal_all(world)
    shutil.copytree(world.path, tmp_path / "older")
    world.write(30)
    read = Reader(Folder(world.path), None)
    assert len(list(read.read())) == 60
    shutil.rmtree(world.path)
    (tmp_path / "older").rename(world.path)
    again = World(world.path)
    again.written = 100
    again.write(5)
    calls = [record.call for record in read.read()]
    assert calls[:30] == [str(number) for number in range(1, 31)]
    assert calls[30:] == [str(number) for number in range(101, 106)]
    assert list(read.read()) == []


def test_a_segment_that_says_more_than_its_folder_has_is_no_older_state_without_an_end(world):
    world.write(4)
    writer = next(read_records(world.path)).writer
    (world.path / "segments").mkdir(exist_ok=True)
    (world.path / "segments" / f"{writer}-0000000001.r1").write_text(
        f"R1 segment t=0 raw={writer} writer={writer} number=50 first=1 from=0\n"
        f"R1 sealed t=0 last={10**9} to=1 begin=1 finish=2 sha256={'0' * 64}\n"
    )
    read = Reader(Folder(world.path), None)
    assert len(list(islice(read.read(), 100))) <= 2 * 4
    assert list(islice(read.read(), 100)) == []
    for segment in (world.path / "segments").iterdir():
        segment.unlink()
    read = Reader(Folder(world.path), Position(writer, 4))
    world.write(1)
    assert [record.sequence for record in read.read()] == [5]
