import fcntl
import os
import time

import pytest

from route112.adapters.watch_store import aside as module
from route112.adapters.watch_store.aside import Aside, AsideError, pack, unpack

WAIT_S_MAX = 60.0


@pytest.fixture
def aside():
    made = Aside()
    yield made
    made.end()


def wait(aside):
    deadline = time.monotonic() + WAIT_S_MAX
    while (made := aside.take()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return unpack(made)


def test_it_is_made_as_of_the_instant_at_which_it_was_begun(aside):
    changing = [b"before"]
    aside.begin(lambda: time.sleep(0.1) or b"".join(changing) * 100_000)
    assert aside.is_busy
    changing[0] = b"after"
    assert wait(aside) == b"before" * 100_000
    assert not aside.is_busy


def test_whoever_packs_by_himself_packs_alike():
    assert unpack(pack(b"same")) == b"same"
    with pytest.raises(ValueError, match="header"):
        unpack(b"damaged")


def test_a_copy_holds_no_lock_of_ours(aside, tmp_path):
    """Whoever is started after a kill must not find the lock of a copy."""
    path = tmp_path / "lock"
    held = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    aside.begin(lambda: time.sleep(60) or b"")
    time.sleep(0.3)
    os.close(held)
    again = os.open(path, os.O_RDWR)
    fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(again)
    assert aside.take() is None


def test_a_mistake_in_it_is_said(aside):
    def fail():
        raise ZeroDivisionError

    aside.begin(fail)
    with pytest.raises(AsideError, match="ended with status 256"):
        wait(aside)
    assert not aside.is_busy


def test_it_is_bounded_in_time(aside, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_MAX", 0.05)
    aside.begin(lambda: time.sleep(60) or b"")
    with pytest.raises(AsideError, match="took longer"):
        wait(aside)
    assert not aside.is_busy


def test_where_there_is_no_room_for_a_copy_that_is_said(aside, monkeypatch):
    def refuse():
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(os, "fork", refuse)
    with pytest.raises(AsideError, match="Cannot allocate memory"):
        aside.begin(bytes)
    assert not aside.is_busy
