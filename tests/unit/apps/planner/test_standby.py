import fcntl
import os
import signal
import socket
import threading

import pytest

from route112.apps.planner.standby import LOOK_S, LOOKS_FREE, Queue, await_turn, is_taken


class Clock:
    """Time passes while somebody sleeps, and things happen then."""

    def __init__(self):
        self.now_s, self.happens = 0.0, {}

    def sleep(self, seconds):
        self.now_s += seconds
        for at_s in [each for each in self.happens if each <= self.now_s]:
            self.happens.pop(at_s)()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(tmp_path, clock):
    said = []

    def make(head_start_s=0.0, read=lambda: None):
        return Queue(
            folder=tmp_path, head_start_s=head_start_s, read=read, say=said.append,
            monotonic_s=lambda: clock.now_s, sleep=clock.sleep,
        )  # fmt: skip

    make.said = said
    return make


class Holder:
    """Has a file of the folder locked, as a planner has."""

    def __init__(self, path):
        path.touch()
        self.handle = os.open(path, os.O_RDWR)
        fcntl.flock(self.handle, fcntl.LOCK_EX)

    def let_go(self):
        os.close(self.handle)


def test_a_folder_that_is_free_is_taken_at_once(queue, clock):
    assert await_turn(queue())
    assert clock.now_s <= LOOK_S * LOOKS_FREE
    assert queue.said == []


def test_the_turn_comes_when_the_other_has_let_go_of_everything(queue, clock, tmp_path):
    journal, log = (Holder(tmp_path / name) for name in ("journal.log", "audit.log"))
    clock.happens = {20.0: journal.let_go, 21.0: log.let_go}
    assert await_turn(queue(head_start_s=15.0))
    assert 21.0 <= clock.now_s <= 21.0 + LOOK_S * (LOOKS_FREE + 1)
    assert queue.said == [f"another planner has {tmp_path}; this one goes on where it ends"]


def test_at_the_start_the_other_one_comes_first(queue, clock, tmp_path):
    held = []
    clock.happens = {
        14.0: lambda: held.append(Holder(tmp_path / "journal.log")),
        16.0: lambda: held.pop().let_go(),
    }
    assert await_turn(queue(head_start_s=15.0))
    assert 16.0 <= clock.now_s < 17.0


def test_one_that_never_comes_is_not_waited_for(queue, clock):
    assert await_turn(queue(head_start_s=15.0))
    assert 15.0 <= clock.now_s < 16.0


def test_who_answers_there_has_the_folder_whatever_is_locked(tmp_path):
    path = tmp_path / "socket"
    assert not is_taken(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        assert is_taken(tmp_path)
    assert not is_taken(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        path.unlink()
        listening.bind(str(path))
        listening.listen(0)
        with socket.socket(socket.AF_UNIX) as waiting:
            waiting.connect(str(path))
            assert is_taken(tmp_path), "one that hangs has it too"


def test_who_waits_may_be_told_to_end(queue, clock, tmp_path):
    holder = Holder(tmp_path / "journal.log")
    clock.happens = {3.0: lambda: os.kill(os.getpid(), signal.SIGTERM)}
    assert not await_turn(queue())
    assert 3.0 <= clock.now_s < 4.0
    assert not await_turn(queue(), seconds_max=2.0)
    assert clock.now_s < 7.0
    holder.let_go()


def test_what_can_be_read_is_read_while_it_waits(queue, clock, tmp_path):
    holder, read = Holder(tmp_path / "journal.log"), threading.Event()

    def let_go():
        assert read.wait(5.0)
        holder.let_go()

    clock.happens = {1.0: let_go}
    assert await_turn(queue(read=read.set))


def test_what_is_being_read_is_not_waited_for(queue, clock, tmp_path):
    holder, begun = Holder(tmp_path / "journal.log"), threading.Event()
    told, read = threading.Event(), threading.Event()

    def hang():
        begun.set()
        told.wait(20.0)
        read.set()

    def let_go():
        assert begun.wait(60.0)
        holder.let_go()

    clock.happens = {1.0: let_go}
    assert await_turn(queue(read=hang))
    assert not read.is_set(), "it reads on beside whoever goes on"
    told.set()
    assert read.wait(60.0)


def test_what_cannot_be_read_keeps_nobody_from_his_turn(queue):
    def fail():
        raise OSError("no such disk")

    assert await_turn(queue(read=fail))
    assert queue.said == ["standby: OSError: no such disk"]
