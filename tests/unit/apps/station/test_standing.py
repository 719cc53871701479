import errno
import os

import pytest

from route112.apps.station.standing import (
    BYTES_MAX,
    NAME,
    Standing,
    read_standing,
    stamp_file,
    write_standing,
)


def test_what_was_written_is_read(tmp_path):
    standing = Standing("0.6.0", "1-2-3-4", "unknown-key")
    write_standing(tmp_path, standing)
    assert (tmp_path / NAME).read_bytes() == (
        b"R1 standing t=0 version=0.6.0 file=1-2-3-4 reason=unknown-key\n"
    )
    assert read_standing(tmp_path) == standing
    write_standing(tmp_path, Standing("0.6.0"))
    assert read_standing(tmp_path) == Standing("0.6.0")


@pytest.mark.parametrize(
    "content", [b"", b"x", b"R1 other t=0\n", b"\0\n", b"R1 standing t=0", b"x" * 2 * BYTES_MAX]
)
def test_nonsense_says_nothing(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    assert read_standing(tmp_path) == Standing()


def test_nothing_says_nothing(tmp_path):
    assert read_standing(tmp_path) == Standing()
    assert stamp_file(tmp_path / "none") == ""


def test_another_file_has_another_stamp(tmp_path):
    path = tmp_path / "fr.r112"
    path.write_bytes(b"one")
    before = stamp_file(path)
    assert stamp_file(path) == before
    (tmp_path / "new").write_bytes(b"two")
    (tmp_path / "new").replace(path)
    assert stamp_file(path) != before


def test_a_full_disk_stops_nothing(tmp_path, monkeypatch):
    def fail(*_args, **_named):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("route112.apps.station.standing.write_atomically", fail)
    write_standing(tmp_path, Standing("1"))
    assert read_standing(tmp_path) == Standing()
