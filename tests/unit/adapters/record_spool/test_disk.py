import errno
import os

import pytest

from route112.adapters.record_spool import disk
from route112.adapters.record_spool.disk import (
    RecorderRunningError,
    load_punch,
    take_lock,
    write_all,
    write_durably,
)


def test_there_is_one_lock_until_it_is_closed(tmp_path):
    first = take_lock(tmp_path / "lock")
    with pytest.raises(RecorderRunningError, match="has a recorder already"):
        take_lock(tmp_path / "lock")
    os.close(first)
    os.close(take_lock(tmp_path / "lock"))
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_a_file_is_replaced_whole_and_private(tmp_path):
    path = tmp_path / "state"
    write_durably(path, b"one")
    write_durably(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "state"
    write_durably(path, b"one")
    monkeypatch.setattr(disk.os, "write", lambda _handle, _content: 0)
    with pytest.raises(OSError, match="No space left"):
        write_durably(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_short_writes_are_continued(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(disk.os, "write", lambda handle, content: real(handle, content[:2]))
    handle = os.open(tmp_path / "x", os.O_WRONLY | os.O_CREAT)
    write_all(handle, b"abcde")
    os.close(handle)
    assert (tmp_path / "x").read_bytes() == b"abcde"


def test_a_hole_gives_blocks_back_and_reads_as_zeros(tmp_path):
    path = tmp_path / "raw"
    path.write_bytes(b"x" * 100_000)
    handle = os.open(path, os.O_RDWR)
    before = os.fstat(handle).st_blocks
    load_punch()(handle, 4_096, 81_920)
    assert os.fstat(handle).st_blocks < before
    assert os.fstat(handle).st_size == 100_000
    assert os.pread(handle, 2, 4_095) == b"x\0"
    os.close(handle)


def test_a_hole_that_is_refused_is_an_os_error():
    with pytest.raises(OSError) as refused:
        load_punch()(-1, 0, 4_096)
    assert refused.value.errno == errno.EBADF
