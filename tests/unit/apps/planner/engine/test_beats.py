import threading
import time

from route112.apps.planner.engine.beats import Beat


def wait_for(is_so, seconds_max=60.0):
    until_s = time.monotonic() + seconds_max
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.005)


def test_it_is_done_again_and_again_until_it_ends():
    done = []
    beat = Beat("turn", lambda: done.append(1), every_s=0.005, say=print)
    beat.begin()
    wait_for(lambda: len(done) > 3)
    assert beat.end(60)
    count = len(done)
    time.sleep(0.05)
    assert len(done) == count


def test_who_wakes_it_does_not_wait():
    done = []
    beat = Beat("turn", lambda: done.append(1), every_s=60, say=print)
    beat.begin()
    wait_for(lambda: done == [1])
    beat.wake()
    wait_for(lambda: done == [1, 1])
    assert beat.end(60)


def test_what_it_raises_ends_nothing_and_is_told_once():
    said, done = [], []

    def do():
        done.append(1)
        if len(done) < 4:
            raise OSError("full")

    beat = Beat("turn", do, every_s=0.001, say=said.append)
    beat.begin()
    wait_for(lambda: len(done) > 5)
    assert beat.end(60)
    assert said == ["turn: OSError: full"]


def test_one_that_hangs_keeps_nobody_from_ending():
    release = threading.Event()
    beat = Beat("senses", release.wait, every_s=1, say=print)
    beat.begin()
    assert not beat.end(0.05)
    release.set()
    assert beat.end(60)


def test_one_that_never_began_has_ended():
    assert Beat("turn", print, every_s=1, say=print).end(0)
