"""
Somebody does things to the records while recorders come and die: what was done is found, and
nobody who reads counts a record twice.
"""

import os
import random
import shutil
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_record_spool import Story
from tests.support.records import kill
from tests.support.tampering import check, list_files, reseal

from route112.adapters.record_spool import Position, follow, read_records
from route112.watch import Intake

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 12)),
        st.tuples(st.just("write"), st.integers(1, 12)),
        st.tuples(st.just("step"), st.integers(1, 3)),
        st.tuples(st.just("die"), st.integers(0, 40)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=12,
)


@pytest.fixture(autouse=True, scope="module")
def _disk_that_need_not_be_waited_for():
    """Processes die here, machines do not: nothing that was written is lost without a sync."""
    with mock.patch.object(os, "fsync", int), mock.patch.object(os, "fdatasync", int):
        yield


class Reading:
    """A consumer that follows, reads again what it had, and takes each record once."""

    def __init__(self, path, chance):
        self.path, self.chance = path, chance
        self.intake = Intake()
        self.position = None
        self.counted = []

    def look(self):
        """Read on, or all of it anew, in whatever order a network would bring it."""
        since = self.position if self.chance.random() < 0.7 else None
        found = list(follow(self.path, since=since, wait=lambda: False))
        if found:
            self.position = Position(found[-1].writer, found[-1].sequence)
        self.take(found)

    def take(self, found):
        found = found + self.chance.sample(found, len(found) // 2)
        self.chance.shuffle(found)
        for record in found:
            if self.intake.accept(record.writer, record.sequence):
                self.counted.append(record.call)


class Told:
    """A folder of records, recorders that come and die, somebody who reads beside them."""

    def __init__(self, path, chance):
        self.story = Story(path)
        self.path = path
        self.chance = chance
        self.reading = Reading(path, chance)

    def play(self, steps):
        for action, amount in steps:
            getattr(self.story, action)(amount)
            if self.chance.random() < 0.5:
                self.reading.look()

    def seal(self):
        """Have everything sealed, and a recorder that has ended."""
        self.story.step(30)
        self.story.restart(0)

    def end(self):
        if self.story.recorder is not None:
            kill(self.story.recorder)
        os.close(self.story.world.raw.descriptor)


def pick(files, chance, count=1):
    return chance.sample(files, min(count, len(files)))


def cut(files, chance):
    (file,) = pick(files, chance)
    content = file.read_bytes()
    file.write_bytes(content[: chance.randrange(len(content))])


def alter(files, chance):
    (file,) = pick(files, chance)
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def edit(files, chance):
    """Change a record, and the segment's own seal with it."""
    (file,) = pick(files, chance)
    file.write_bytes(reseal(file.read_bytes().replace(b"answered", b"failed", 1)))


def remove(files, chance):
    pick(files, chance)[0].unlink()


def repeat_lines(files, chance):
    (file,) = pick(files, chance)
    head, *lines, foot, end = file.read_bytes().split(b"\n")
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    file.write_bytes(reseal(b"\n".join([head, *lines, foot, end])))


def exchange(files, chance):
    one, two = chance.sample(files, 2)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def copy(files, chance):
    """Put a segment there once more, under another number or as another writer's."""
    (file,) = pick(files, chance)
    writer, number = file.stem.split("-")
    writer = chance.choice((writer, "0" * 12, "f" * 12))
    number = chance.choice((1, int(number), len(files) + 1, len(files) + 7, 10**9))
    place = file.with_name(f"{writer}-{number:010}.r1")
    if not place.exists():
        shutil.copy(file, place)


FAULTS = (cut, alter, edit, remove, repeat_lines, exchange, copy)
LOSSLESS = (exchange, copy, repeat_lines)
"""All that was recorded is still there, if not where it belongs."""


def list_contents(path):
    return [(file.name, file.read_bytes()) for file in list_files(path)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@settings(max_examples=40, deadline=None)
@given(before=STEPS, after=STEPS, seed=st.integers(0, 2**32))
def test_what_somebody_does_is_found_and_nothing_is_counted_twice(fault, before, after, seed):
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="records-") as name:
        told = Told(Path(name) / "records", chance)
        try:
            told.play([*before, ("write", 12), ("step", 5), ("write", 12), ("step", 5)])
            told.seal()
            told.reading.look()
            assert check(told.path).is_intact
            whole = list_contents(told.path)
            fault(list_files(told.path), chance)
            is_done = list_contents(told.path) != whole
            assert check(told.path).is_intact is not is_done
            told.play(after)
            told.seal()
            told.reading.look()
            late = Reading(told.path, chance)
            late.take(list(read_records(told.path)))
            written = told.story.expected
            if fault is alter:  # an altered record may name another call: that it is found is all
                return
            for counted in (told.reading.counted, late.counted):
                known = [call for call in counted if call in set(written)]
                assert len(known) == len(set(known)), "counted twice"
            assert sorted(told.reading.counted) == sorted(written), "whoever followed has all"
            if fault in LOSSLESS:
                assert sorted(late.counted) == sorted(written), "nothing is lost by it"
        finally:
            told.end()


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, seed=st.integers(0, 2**32))
def test_count_in_is_count_out_whatever_order_records_come_in(steps, seed):
    """Two copies of one folder, read again and again beside recorders that are killed."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="records-") as name:
        told = Told(Path(name) / "records", chance)
        try:
            told.play(steps)
            shutil.copytree(told.path, Path(name) / "copy")
            told.play(steps)
            told.seal()
            reading = told.reading
            reading.take(list(read_records(Path(name) / "copy")))
            reading.look()
            reading.take(list(read_records(told.path)))
            assert sorted(reading.counted) == sorted(told.story.expected)
            assert (reading.intake.missing, reading.intake.count_gaps()) == (0, 0)
            assert check(told.path).is_intact
        finally:
            told.end()
