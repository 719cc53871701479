import subprocess
import sys
import time

import pytest
from tests.support.planned import write_plan
from tests.support.snapshots import NOW

from route112 import native
from route112.adapters.tables.native import write_native
from route112.apps.receiver import comparing as module
from route112.apps.receiver.comparing import AGAIN_S, LATER, Comparing, compare, compare_beside
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot

A, B = "a" * 64, "b" * 64


class World:
    def __init__(self, folder):
        self.seconds, self.asked, self.said = 100.0, [], "0"
        self.comparing = Comparing(folder, compare=self.compare, monotonic_s=lambda: self.seconds)

    def compare(self, folder):
        self.asked.append(folder)
        return self.said

    def look(self, content_hash=A):
        """Look twice: what is begun by the first look is there at the second."""
        self.comparing.look(content_hash)
        if self.comparing._thread is not None:
            self.comparing._thread.join(60)
        return self.comparing.look(content_hash)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def station(tmp_path):
    """A site with a plan in force, and its native table."""
    plan = write_plan(tmp_path / "plan.r112")
    (tmp_path / "current").write_text(f"{plan}\n")
    table = native.translate(Snapshot(plan.read_bytes()), now=UtcTime(NOW))
    write_native(tmp_path / "native.sqlite", table)
    return tmp_path


def test_what_is_in_force_is_compared_once_and_in_the_background(world, tmp_path):
    assert world.comparing.look(A) == (None, "")
    assert world.look() == (0, "")
    assert world.look() == (0, "")
    assert world.asked == [tmp_path]
    assert world.comparing.look("") == (None, ""), "nothing is in force"


def test_another_one_in_force_is_compared_anew_and_so_is_what_was_forgotten(world):
    world.look()
    world.said, world.seconds = "7", world.seconds + AGAIN_S
    assert world.look(B) == (7, "")
    world.seconds += AGAIN_S
    world.comparing.forget()
    assert world.look(B) == (7, "")
    assert len(world.asked) == 3


def test_what_is_not_there_yet_is_looked_for_each_second(world):
    world.said = LATER
    assert world.look() == (None, "")
    assert world.look() == (None, "")
    assert len(world.asked) == 1
    world.said, world.seconds = "0", world.seconds + AGAIN_S
    assert world.look() == (0, "")


def test_why_it_never_can_be_is_one_short_line(world):
    world.said = "never ZeroDivisionError: n\N{LATIN SMALL LETTER E WITH ACUTE}\t" + "x" * 300
    differences, flaw = world.look()
    assert differences is None
    assert flaw.startswith("ZeroDivisionError: n??xxx")
    assert len(flaw) == module.FLAW_CHARS_MAX


def test_a_station_is_compared_by_its_own_files(station, tmp_path):
    assert compare(station) == "0"
    assert compare_beside(station) == "0"
    (station / "native.sqlite").write_bytes(b"no table")
    assert compare(station) == LATER
    (station / "current").unlink()
    assert compare(station) == LATER
    assert compare_beside(station) == LATER


def test_a_mistake_is_said_and_not_taken_for_what_may_be_over(station, monkeypatch):
    def fail(_folder):
        raise ZeroDivisionError("by\nnobody")

    monkeypatch.setattr(module, "compare_station", fail)
    assert compare(station) == "never ZeroDivisionError: by nobody"


def test_a_process_that_cannot_be_had_is_tried_again(station, monkeypatch):
    monkeypatch.setattr(module.sys, "executable", str(station / "none"))
    assert compare_beside(station) == LATER


def test_the_program_says_one_line(station):
    argv = [sys.executable, "-m", "route112.apps.receiver.comparing", str(station)]
    began_s = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("0\n", "")
    assert time.monotonic() - began_s < 60
