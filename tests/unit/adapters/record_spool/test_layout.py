import os
from dataclasses import replace

import pytest
from tests.support.records import NOW_US

from route112.adapters.record_spool.layout import (
    HEAD_BYTES,
    Checkpoint,
    Folder,
    choose_start,
    hash_line,
    identify,
    load_state,
    prepare_folder,
    render_state,
)

STATE = Checkpoint("aaaaaaaaaaaa", "bbbbbbbbbbbb", 7, 41, 8_192)


@pytest.fixture
def raw(tmp_path):
    opened = prepare_folder(tmp_path / "records", site="site-3", now_us=NOW_US)
    yield opened
    os.close(opened.descriptor)


def test_a_folder_is_private_and_its_raw_file_says_who_it_is(tmp_path, raw):
    folder = Folder(tmp_path / "records")
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.raw.stat().st_mode & 0o777 == 0o600
    first = folder.raw.read_bytes()
    assert first.startswith(b"R1 raw t=1795000000000000 site=site-3 id=")
    assert first.endswith(f"key={raw.key}\n".encode())
    assert len(raw.key) == 12


def test_a_raw_file_is_continued_with_its_key(tmp_path, raw):
    again = prepare_folder(tmp_path / "records", site="site-3", now_us=NOW_US + 1)
    os.write(again.descriptor, b"more\n")
    os.close(again.descriptor)
    assert again.key == raw.key
    assert Folder(tmp_path / "records").raw.read_bytes().count(b"\n") == 2


def test_a_raw_file_may_have_no_key(tmp_path):
    raw = prepare_folder(tmp_path, site="s", now_us=1, with_key=False)
    assert raw.key == ""
    assert identify(raw.descriptor).key == ""
    os.close(raw.descriptor)


def open_with(tmp_path, content):
    path = tmp_path / "raw"
    path.write_bytes(content)
    return os.open(path, os.O_RDWR)


def test_a_file_that_kamailio_began_is_known_by_its_first_line(tmp_path):
    handle = open_with(tmp_path, b" 0(12) INFO: hello\nR1 end t=1\n")
    identity = identify(handle)
    assert (identity.first_line, identity.start) == (b" 0(12) INFO: hello", 0)
    assert choose_start(handle, identity, None).offset == 0
    os.close(handle)


def test_a_first_line_that_is_not_whole_is_awaited(tmp_path):
    handle = open_with(tmp_path, b"R1 raw t=1 id=a")
    assert identify(handle) is None
    os.close(handle)
    handle = open_with(tmp_path, b"x" * (HEAD_BYTES + 1))
    assert len(identify(handle).first_line) == HEAD_BYTES
    os.close(handle)


def test_the_state_is_read_as_it_was_written(tmp_path):
    (tmp_path / "state").write_bytes(render_state(STATE))
    assert load_state(tmp_path / "state") == STATE


def test_a_state_that_is_cut_or_altered_is_none(tmp_path):
    content, path = render_state(STATE), tmp_path / "state"
    for size in range(len(content)):
        path.write_bytes(content[:size])
        assert load_state(path) is None
    path.write_bytes(content.replace(b"last=41", b"last=42"))
    assert load_state(path) is None
    path.write_bytes(b"")
    assert load_state(path) is None
    assert load_state(tmp_path / "missing") is None


def test_a_pipe_in_the_place_of_a_state_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "state")
    assert load_state(tmp_path / "state") is None


@pytest.mark.parametrize("digits", [19, 3_000])
def test_a_state_with_a_number_that_nobody_can_keep_is_none(tmp_path, digits):
    for name in ("number", "last", "offset"):
        path = tmp_path / "state"
        path.write_bytes(render_state(replace(STATE, **{name: 10 ** (digits - 1)})))
        assert load_state(path) is None


def test_a_file_is_taken_up_where_it_was_sealed(raw):
    identity = identify(raw.descriptor)
    name = hash_line(identity.first_line)
    os.write(raw.descriptor, b"x" * 100)
    known = Checkpoint(name, name, 3, 9, 60)
    assert choose_start(raw.descriptor, identity, known) == known


def test_another_raw_file_begins_anew_behind_the_numbers_of_the_old_one(raw):
    identity = identify(raw.descriptor)
    start = choose_start(raw.descriptor, identity, STATE)
    name = hash_line(identity.first_line)
    assert start == Checkpoint(name, name, 7, 0, identity.start)


def test_a_file_that_was_cut_by_force_gets_another_writer(raw):
    identity = identify(raw.descriptor)
    name = hash_line(identity.first_line)
    start = choose_start(raw.descriptor, identity, Checkpoint(name, name, 3, 9, 10_000))
    assert start.raw == name
    assert start.writer != name
    assert (start.number, start.last, start.offset) == (3, 0, os.fstat(raw.descriptor).st_size)


def test_a_freed_file_about_which_nothing_is_known_gets_another_writer(tmp_path):
    handle = open_with(tmp_path, b"first\n")
    os.pwrite(handle, b"INFO: rest of a line\nR1 end t=1\n", 65_536)
    identity = identify(handle)
    start = choose_start(handle, identity, None)
    assert start.writer != hash_line(b"first")
    assert 6 < start.offset <= 65_536
    os.ftruncate(handle, HEAD_BYTES + 4_096)
    assert choose_start(handle, identity, None).offset in (HEAD_BYTES, HEAD_BYTES + 4_096)
    os.close(handle)
