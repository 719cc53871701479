import os

import pytest

from route112.adapters.plain_file import read_plain


def test_a_file_is_read_and_one_byte_more_than_allowed_shows_that_it_is_longer(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_plain(path, 5) == b"12345"
    assert read_plain(path, 3) == b"1234"


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is no plain file"):
        read_plain(tmp_path / "pipe", 1)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "nowhere", 1)
