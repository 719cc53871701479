import errno
import hashlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from route112.adapters.chained_file import ChainedFile, ChainedFileError, Prefix
from route112.adapters.chained_file import file as module
from route112.wire.chained import begin_chain, parse_chain, render_chained

BEGIN = begin_chain("test")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal"


def write(file, *texts):
    lines, end = b"", file.end
    for text in texts:
        line, end = render_chained("event", {"text": text}, time_us=1, after=end)
        lines += line
    file.append(lines, end)


def texts(path):
    chain = parse_chain(path.read_bytes(), after=BEGIN)
    assert (chain.flaw, chain.torn) == ("", 0)
    return [line.fields["text"] for line in chain.lines]


def test_what_was_appended_is_there_for_whoever_comes_next(path):
    with ChainedFile(path, BEGIN) as file:
        write(file, "one")
        write(file, "two", "three")
    with ChainedFile(path, BEGIN) as file:
        assert file.end.number == 3
        assert file.read() == path.read_bytes()
        write(file, "four")
    assert texts(path) == ["one", "two", "three", "four"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_two_programs_do_not_write_at_a_time(path):
    with ChainedFile(path, BEGIN), pytest.raises(ChainedFileError, match="another program"):
        ChainedFile(path, BEGIN)
    ChainedFile(path, BEGIN).close()


def test_a_line_that_was_never_whole_is_cut_off(path):
    with ChainedFile(path, BEGIN) as file:
        write(file, "one", "two")
    path.write_bytes(path.read_bytes()[:-9])
    with ChainedFile(path, BEGIN) as file:
        assert file.torn > 0
        write(file, "three")
    assert texts(path) == ["one", "three"]


@pytest.mark.parametrize("altered", [b"one", b"C1"])
def test_an_altered_file_is_left_as_it_is(path, altered):
    with ChainedFile(path, BEGIN) as file:
        write(file, "one", "two")
    content = path.read_bytes().replace(altered, b"Xne", 1)
    path.write_bytes(content)
    with pytest.raises(ChainedFileError, match=r"line 1: .*compare it with a copy"):
        ChainedFile(path, BEGIN)
    assert path.read_bytes() == content
    with pytest.raises(ChainedFileError, match="line 1"):
        ChainedFile(path, BEGIN)


def test_a_file_of_another_purpose_is_refused(path):
    with ChainedFile(path, BEGIN) as file:
        write(file, "one")
    with pytest.raises(ChainedFileError, match="line 1"):
        ChainedFile(path, begin_chain("other"))


@pytest.mark.parametrize("written", [0, 1, 50, 10_000])
def test_a_write_that_fails_half_way_leaves_nothing(path, monkeypatch, written):
    real = os.pwrite
    left = [written]

    def pwrite(handle, content, offset):
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = real(handle, content[: left[0]], offset)
        left[0] -= count
        return count

    with ChainedFile(path, BEGIN) as file:
        write(file, "one")
        monkeypatch.setattr(os, "pwrite", pwrite)
        if written < 10_000:
            with pytest.raises(ChainedFileError, match="cannot be written: No space left"):
                write(file, "two", "three")
            assert texts(path) == ["one"]
        monkeypatch.undo()
        write(file, "four")
    assert texts(path) == ["one", "four"]


def test_a_disk_that_takes_nothing_back_shuts_the_file(path, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    file = ChainedFile(path, BEGIN)
    write(file, "one")
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", fail)
        with pytest.raises(ChainedFileError, match="Input/output error"):
            write(file, "two")
    assert file.is_shut
    with pytest.raises(ChainedFileError, match="is shut since a write failed"):
        write(file, "three")
    file.close()
    with ChainedFile(path, BEGIN) as file:
        assert file.end.number == 1


def test_lines_that_do_not_follow_are_never_written(path):
    with ChainedFile(path, BEGIN) as file:
        line, end = render_chained("event", {}, time_us=1, after=file.end)
        file.append(line, end)
        with pytest.raises(AssertionError, match="do not follow"):
            file.append(line, end)


def test_a_file_has_a_limit(path, monkeypatch):
    with ChainedFile(path, BEGIN) as file:
        write(file, "one")
        monkeypatch.setattr(module, "FILE_BYTES_MAX", path.stat().st_size)
        with pytest.raises(ChainedFileError, match="is full"):
            write(file, "two")
    ChainedFile(path, BEGIN).close()
    monkeypatch.setattr(module, "FILE_BYTES_MAX", path.stat().st_size - 1)
    with pytest.raises(ChainedFileError, match="nothing here writes more"):
        ChainedFile(path, BEGIN)


def test_what_is_no_file_is_refused(path, monkeypatch):
    with pytest.raises(ChainedFileError, match="cannot be opened: No such file"):
        ChainedFile(path / "x", BEGIN)
    os.mkfifo(path)
    with pytest.raises(ChainedFileError, match="no regular file"):
        ChainedFile(path, BEGIN)
    path.unlink()

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    path.touch()
    with pytest.raises(ChainedFileError, match="cannot be used: Input/output error"):
        ChainedFile(path, BEGIN)


CHILD = """
import sys
from pathlib import Path
from route112.adapters.chained_file import ChainedFile
from route112.wire.chained import begin_chain, render_chained
file = ChainedFile(Path(sys.argv[1]), begin_chain("test"))
while True:
    line, end = render_chained("event", {"text": "x" * 3000}, time_us=1, after=file.end)
    file.append(line, end)
    print(end.number, flush=True)
"""


def test_whatever_was_acknowledged_survives_a_kill(path):
    """A real process, killed at three moments; each goes on where the one before was cut off."""
    acknowledged = 0
    for seed in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert int(child.stdout.readline()) > acknowledged
        time.sleep(random.Random(seed).uniform(0.0, 0.03))
        child.send_signal(signal.SIGKILL)
        numbers = child.stdout.read().split("\n")[:-1]
        child.stdout.close()
        child.wait()
        acknowledged = int(numbers[-1]) if numbers else acknowledged
        with ChainedFile(path, BEGIN) as file:
            assert acknowledged <= file.end.number
            acknowledged = file.end.number


def make_prefix(path, *texts):
    """Have a file of these lines, and say that they were verified."""
    with ChainedFile(path, BEGIN) as file:
        write(file, *texts)
        content = path.read_bytes()
        return Prefix(len(content), hashlib.sha256(content).hexdigest(), file.end)


def test_what_was_verified_before_is_not_read_line_by_line_again(path, monkeypatch):
    known = make_prefix(path, "one", "two")
    with ChainedFile(path, BEGIN) as file:
        write(file, "three")
    path.write_bytes(path.read_bytes() + b"C1 ev")
    read = []

    def parse(content, *, after):
        read.append(len(content))
        return parse_chain(content, after=after)

    monkeypatch.setattr(module, "parse_chain", parse)
    with ChainedFile(path, BEGIN, known=known) as file:
        assert (file.known, file.end.number, file.torn) == (known, 3, 5)
        assert read == [path.stat().st_size + 5 - known.size]
        write(file, "four")
    assert texts(path) == ["one", "two", "three", "four"]


def test_what_is_not_as_it_was_verified_is_read_from_its_beginning(path):
    known = make_prefix(path, "one", "two")
    path.unlink()
    with ChainedFile(path, BEGIN) as file:
        write(file, "other", "lines")
    with ChainedFile(path, BEGIN, known=known) as file:
        assert (file.known, file.end.number) == (None, 2)
    content = path.read_bytes()
    altered = make_prefix(path, "three")
    path.write_bytes(content.replace(b"other", b"OTHER"))
    with pytest.raises(ChainedFileError, match="line 1: it was altered"):
        ChainedFile(path, BEGIN, known=altered)
    path.write_bytes(b"")
    with ChainedFile(path, BEGIN, known=known) as file:
        assert (file.known, file.end) == (None, BEGIN)
