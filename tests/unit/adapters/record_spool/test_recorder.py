import asyncio
import errno
import os

import pytest
from tests.support.records import World, kill

from route112.adapters.record_spool import Bounds, RecorderRunningError, recorder
from route112.adapters.record_spool.layout import HEAD_BYTES


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "records", bounds=Bounds(seal_seconds=60, disk_free_bytes_min=0))


def test_records_are_sealed_at_an_age(world):
    recorder = world.recorder()
    world.write(3)
    recorder.step()
    assert world.list_sealed() == []
    world.clock = 59.9
    recorder.step()
    assert world.list_sealed() == []
    world.clock = 60
    recorder.step()
    assert len(world.list_sealed()) == 1
    assert recorder.backlog_bytes == 0
    assert world.read() == world.expected
    kill(recorder)


def test_records_are_sealed_at_a_size_and_the_raw_file_is_freed(world):
    world.bounds = Bounds(segment_bytes_max=20_000, seal_seconds=1e9)
    recorder = world.recorder()
    for _ in range(2):
        world.write(1_000)
        while recorder.step():
            pass
    sealed = world.list_sealed()
    assert len(sealed) > 1
    stat = os.fstat(world.raw.descriptor)
    assert stat.st_blocks * 512 < stat.st_size // 2
    assert os.pread(world.raw.descriptor, 6, 0) == b"R1 raw"
    assert os.pread(world.raw.descriptor, 4, HEAD_BYTES) == b"\0\0\0\0"
    assert world.read() == world.expected
    kill(recorder)


def test_log_lines_alone_are_freed_too(world):
    recorder = world.recorder()
    for _ in range(40):
        world.append(b" 3(4711) INFO: nothing to keep\n" * 1_000)
    recorder.step()
    world.write(1)
    assert world.list_sealed() == []
    stat = os.fstat(world.raw.descriptor)
    assert stat.st_blocks * 512 < stat.st_size // 2
    assert world.read() == world.expected
    kill(recorder)
    assert world.read() == world.expected


def test_there_is_one_recorder(world):
    first = world.recorder()
    with pytest.raises(RecorderRunningError, match="has a recorder already"):
        world.recorder()
    first.close()
    second = world.recorder()
    second.close()


def test_closing_seals_what_is_left_and_may_be_repeated(world):
    recorder = world.recorder()
    world.write(2)
    recorder.close()
    recorder.close()
    assert len(world.list_sealed()) == 1
    assert world.read() == world.expected


def test_a_recorder_may_come_before_the_raw_file(world):
    (world.path / "raw.log").unlink()
    recorder = world.recorder()
    assert recorder.step() is False
    assert recorder.backlog_bytes == 0
    (world.path / "raw.log").write_bytes(b"R1 raw t=1")
    assert recorder.step() is False
    with (world.path / "raw.log").open("ab") as file:
        file.write(b" site=s id=0\nR1 end t=1 call=1\n")
    recorder.step()
    recorder.close()
    assert world.read() == [(1, "1")]


def test_leftovers_of_a_killed_recorder_are_removed(world):
    (world.path / "segments" / "x.r1.new").write_bytes(b"half")
    (world.path / "recorder.state.new").write_bytes(b"half")
    world.recorder().close()
    assert world.list_sealed() == []
    assert not (world.path / "recorder.state.new").exists()


def test_a_full_disk_is_said_once_and_sealing_resumes(world, monkeypatch):
    recorder_ = world.recorder()
    world.write(5)
    real = recorder.seal

    def full(_folder, _batch):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recorder, "seal", full)
    world.clock = 100
    recorder_.step()
    world.clock = 200
    for _ in range(3):
        recorder_.step()
    assert world.said == [
        "records: records cannot be sealed: No space left on device; calls go on"
    ]
    world.write(5)
    monkeypatch.setattr(recorder, "seal", real)
    recorder_.step()
    assert world.said[1:] == ["records: works again; before: records cannot be sealed"]
    assert world.read() == world.expected
    recorder_.close()
    assert world.read() == world.expected


def test_a_full_disk_does_not_fill_the_memory(world, monkeypatch):
    world.bounds = Bounds(segment_bytes_max=1_000)
    recorder_ = world.recorder()

    def full(_folder, _batch):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recorder, "seal", full)
    for _ in range(5):
        world.write(20_000)
        recorder_.step()
    assert recorder_._pieces_bytes < 1_000 + 2 * (1 << 20)
    kill(recorder_)


def test_a_file_system_that_cannot_free_is_said_once(world, monkeypatch):
    world.bounds = Bounds(segment_bytes_max=2_000)
    recorder_ = world.recorder()

    def refuse(_handle, _offset, _length):
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(recorder_, "_punch", refuse)
    for _ in range(4):
        world.write(100)
        while recorder_.step():
            pass
    (said,) = world.said
    assert "cannot be freed behind the recorder (Operation not supported): it grows" in said
    assert world.read() == world.expected
    kill(recorder_)
    assert world.read() == world.expected


def test_as_a_task_it_ends_when_told_and_leaves_nothing_unsealed(world):
    async def main():
        recorder_ = world.recorder()
        world.write(3)
        task = asyncio.create_task(recorder_.run())
        await asyncio.sleep(0)
        recorder_.stop()
        await asyncio.wait_for(task, 5)

    asyncio.run(main())
    assert len(world.list_sealed()) == 1
    assert world.read() == world.expected


def test_a_cancelled_task_seals_too(world):
    async def main():
        recorder_ = world.recorder()
        world.write(3)
        task = asyncio.create_task(recorder_.run())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert len(world.list_sealed()) == 1


def test_what_is_read_is_given_to_who_counts(world):
    world.write(2)
    given = []
    counting = recorder.Recorder(
        world.path, site="s", complain=print, counted=lambda *part: given.append(part)
    )
    counting.step()
    world.write(1)
    counting.step()
    kill(counting)
    starts, ends, pieces = zip(*given, strict=True)
    assert starts[1] == ends[0]
    assert [len(part) for part in pieces] == [2, 1]
