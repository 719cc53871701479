"""Whatever is appended, whenever recorders come and die: each record once, in order."""

import os
import tempfile
from pathlib import Path
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.records import EndOfTheWorldError, World, kill
from tests.support.tampering import check

from route112.adapters.record_spool import Bounds, Position, follow, read_records

DEADLY = ("fsync", "fdatasync", "replace", "write", "open", "pread")
"""Calls of the recorder before which the world may end."""

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 12)),
        st.tuples(st.just("tear"), st.integers(1, 60)),
        st.tuples(st.just("log"), st.integers(0, 9_000)),
        st.tuples(st.just("step"), st.integers(1, 3)),
        st.tuples(st.just("die"), st.integers(0, 40)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("lose state"), st.integers(0, 60)),
        st.tuples(st.just("read"), st.just(0)),
    ),
    max_size=25,
)


class Story:
    """Plays steps, keeps the slow and obvious list of what has been written."""

    def __init__(self, path: Path) -> None:
        bounds = Bounds(segment_bytes_max=400, seal_seconds=0, disk_free_bytes_min=0)
        self.world = World(path, bounds=bounds)
        self.expected: list[str] = []
        self.followed: list[tuple[str, int, str]] = []
        self.torn = 0
        self.recorder = None
        self.is_state_lost = False

    def write(self, count):
        for _ in range(count):
            self.end_torn()
            self.world.write(1)
            self.expected.append(str(self.world.written))

    def tear(self, length):
        """Write the beginning of a record and no end; what comes next makes it damaged."""
        head = f"R1 attempt k={self.world.raw.key} t=1795000001000120 caller=+33639981234 x="
        self.world.append(head.encode() + b"y" * length)
        self.torn += 1

    def end_torn(self):
        self.expected += ["damaged"] * self.torn
        self.torn = 0

    def log(self, length):
        self.end_torn()
        self.world.append(b" 3(4711) INFO: " + b"." * length + b"\n")

    def step(self, count):
        if self.recorder is None:
            self.recorder = self.world.recorder()
        for _ in range(count):
            self.recorder.step()
        self.is_state_lost = False

    def restart(self, _):
        if self.recorder is not None:
            self.recorder.close()
        self.recorder = None

    def die(self, countdown):
        """Let a recorder work until its n-th deadly call, which does not happen."""
        left = [countdown]

        def deadly(real):
            def call(*arguments, **named):
                left[0] -= 1
                if left[0] < 0:
                    raise EndOfTheWorldError
                return real(*arguments, **named)

            return call

        recorder = self.recorder or self.world.recorder()
        patches = [mock.patch.object(os, name, deadly(getattr(os, name))) for name in DEADLY]
        try:
            for patch in patches:
                patch.start()
            for _ in range(4):
                recorder.step()
        except EndOfTheWorldError:
            pass
        finally:
            for patch in patches:
                patch.stop()
        kill(recorder)
        self.recorder = None

    def lose_state(self, length):
        self.restart(0)
        state = self.world.path / "recorder.state"
        if state.exists():
            state.write_bytes(state.read_bytes()[:length])
            self.is_state_lost = True

    def read(self, _):
        verified = check(self.world.path)
        assert self.is_state_lost or verified.is_intact, verified.flaws
        found = list(read_records(self.world.path))
        assert [record.sequence for record in found] == list(range(1, len(found) + 1))
        assert [record.call or record.kind for record in found] == self.expected
        position = Position(*self.followed[-1][:2]) if self.followed else None
        self.followed += [
            (record.writer, record.sequence, record.call or record.kind)
            for record in follow(self.world.path, since=position, wait=lambda: False)
        ]
        assert [name for _, _, name in self.followed] == self.expected
        assert verified.records + verified.unsealed == len(found)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_each_record_is_read_once_in_order(steps):
    with tempfile.TemporaryDirectory(prefix="records-") as name:
        story = Story(Path(name) / "records")
        try:
            for action, amount in steps:
                getattr(story, action.replace(" ", "_"))(amount)
            story.read(0)
            story.restart(0)
            story.read(0)
        finally:
            if story.recorder is not None:
                kill(story.recorder)
            os.close(story.world.raw.descriptor)
