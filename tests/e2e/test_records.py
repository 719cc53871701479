"""Real processes write, record, follow and are killed; the disk is really full."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time

import pytest
from tests.support.machine import mount_disk
from tests.support.records import NOW_US, World
from tests.support.tampering import check, list_files

from route112.adapters.record_spool import read_records

pytestmark = pytest.mark.e2e
ROUTE112 = [sys.executable, "-m", "route112.apps"]
KILLS_TIMED = 25
CALLS_DEADLY_MAX = 120
BYTES_FEW = 30_000
"""So little room that almost each recorder has to remove a segment."""

DRIVER = """
import os, signal, sys
from pathlib import Path
from route112.adapters.record_spool import Bounds, Recorder

left = int(sys.argv[2])
def deadly(name):
    real = getattr(os, name)
    def call(*arguments, **named):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    setattr(os, name, call)

for name in ("open", "write", "fsync", "fdatasync", "replace", "pread", "close", "unlink"):
    deadly(name)
room = int(sys.argv[3])
bounds = Bounds(bytes_max=room, segment_bytes_max=1000, seal_seconds=0, disk_free_bytes_min=0)
recorder = Recorder(Path(sys.argv[1]), site="s", complain=print, bounds=bounds)
for _ in range(3):
    recorder.step()
"""

WRITER = """
import os, sys
from route112.wire.record_lines import render_line
who, count, key = sys.argv[1], int(sys.argv[2]), sys.argv[3]
for number in range(1, count + 1):
    fields = {"t": 1795000000000000 + number, "site": "s", "call": f"{who}-{number}", "x": "y" * 700}
    os.write(2, render_line("end", fields, key=key).encode("ascii"))
"""


def start(argv, **options):
    return subprocess.Popen(argv, start_new_session=True, **options)


def start_into(path, name, argv):
    """Start with one stream, `stdout` or `stderr`, appended to a file."""
    with path.open("ab") as file:
        return start(argv, **{name: file})


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def calls(path):
    records = list(read_records(path))
    assert [record.sequence for record in records] == list(range(1, len(records) + 1))
    return [record.call or record.get("event") or record.kind for record in records]


def test_a_recorder_killed_before_each_of_its_calls_loses_and_repeats_nothing(tmp_path):
    world = World(tmp_path / "records")
    died = 0
    for countdown in range(CALLS_DEADLY_MAX):
        world.write(7)
        driven = drive(world, countdown, room=1 << 30)
        assert driven.returncode in (0, -signal.SIGKILL), driven.stderr
        assert world.read() == world.expected
        assert check(world.path).flaws == []
        if driven.returncode == 0:
            break
        died += 1
    assert died > 20
    assert driven.returncode == 0
    assert world.list_sealed()


def test_a_recorder_killed_while_it_keeps_the_bound_leaves_a_chain_that_says_so(tmp_path):
    world = World(tmp_path / "records")
    died = 0
    for countdown in range(CALLS_DEADLY_MAX):
        world.write(30)
        driven = drive(world, countdown, room=BYTES_FEW)
        assert driven.returncode in (0, -signal.SIGKILL), driven.stderr
        found = check(world.path)
        assert found.flaws == [], countdown
        died += driven.returncode != 0
    assert died > 20
    assert "gone by the bound" in found.notes[0]
    list_files(world.path)[0].unlink()
    assert [flaw.kind for flaw in check(world.path).flaws] == ["missing"]


def drive(world, countdown, *, room):
    """Let a recorder work until one of its calls kills it."""
    argv = [sys.executable, "-c", DRIVER, str(world.path), str(countdown), str(room)]
    return subprocess.run(argv, check=False, capture_output=True, timeout=30)


def test_a_recorder_killed_at_any_time_under_load_loses_and_repeats_nothing(tmp_path):
    world = World(tmp_path / "records")
    keep = [*ROUTE112, "records", "keep", str(world.path), "--site", "s"]
    tail = [*ROUTE112, "records", "tail", str(world.path), "--follow", "--json"]
    follower = start_into(tmp_path / "followed", "stdout", [*tail, "-n", "1000000"])
    key, chance, writers = world.raw.key, random.Random(112), []
    recorder = start(keep, stderr=subprocess.DEVNULL)
    try:
        for turn in range(KILLS_TIMED):
            argv = [sys.executable, "-c", WRITER, f"w{turn}", "2000", key]
            writers.append(start(argv, stderr=world.raw.descriptor))
            time.sleep(chance.uniform(0.05, 0.8))
            end(recorder)
            recorder = start(keep, stderr=subprocess.DEVNULL)
        for writer in writers:
            assert writer.wait(60) == 0
        expected = {
            f"w{turn}-{number}" for turn in range(KILLS_TIMED) for number in range(1, 2001)
        }
        found = calls(world.path)
        assert len(found) == len(expected)
        assert set(found) == expected
        deadline = time.monotonic() + 30
        followed = tmp_path / "followed"
        while followed.read_bytes().count(b"\n") < len(expected) and time.monotonic() < deadline:
            time.sleep(0.2)
        shown = [json.loads(line)["fields"]["call"] for line in followed.read_bytes().splitlines()]
        assert shown == found
    finally:
        for process in (recorder, follower, *writers):
            end(process)
    assert world.list_sealed()


def test_lines_of_several_processes_never_mix(tmp_path):
    world = World(tmp_path / "records")
    argv = [sys.executable, "-c", WRITER]
    writers = [
        start([*argv, f"w{number}", "3000", world.raw.key], stderr=world.raw.descriptor)
        for number in range(4)
    ]
    for writer in writers:
        assert writer.wait(60) == 0
    found = calls(world.path)
    for number in range(4):
        own = [call for call in found if call.startswith(f"w{number}-")]
        assert own == [f"w{number}-{count}" for count in range(1, 3001)]
    assert len(found) == 12_000


def test_a_writer_killed_in_the_middle_leaves_whole_lines(tmp_path):
    world = World(tmp_path / "records")
    for turn in range(6):
        argv = [sys.executable, "-c", WRITER, f"w{turn}", "1000000", world.raw.key]
        writer = start(argv, stderr=world.raw.descriptor)
        time.sleep(0.1)
        end(writer)
    world.append(b" 0(1) INFO: the next one goes on\n")
    found = [call for call in calls(world.path) if call != "damaged"]
    for turn in range(6):
        own = [call for call in found if call.startswith(f"w{turn}-")]
        assert own == [f"w{turn}-{count}" for count in range(1, len(own) + 1)]


def test_the_second_recorder_is_refused(tmp_path):
    world = World(tmp_path / "records")
    keep = [*ROUTE112, "records", "keep", str(world.path)]
    first = start(keep)
    try:
        deadline = time.monotonic() + 10
        while not (world.path / "recorder.lock").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        second = subprocess.run(keep, check=False, capture_output=True, text=True, timeout=30)
        assert second.returncode == 2
        assert "has a recorder already" in second.stderr
        world.write(3)
        first.terminate()
        assert first.wait(10) == 0
    finally:
        end(first)
    assert len(world.list_sealed()) == 1
    assert world.read() == world.expected


@pytest.fixture
def small_disk(tmp_path):
    with mount_disk(tmp_path / "small", mib=2) as disk:
        yield disk


def test_a_full_disk_stops_no_writer_and_sealing_resumes(small_disk, tmp_path):
    recorder = None
    try:
        world = World(small_disk / "records")
        keep = [*ROUTE112, "records", "keep", str(world.path), "--bound-mib", "16"]
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            while file.write(b"x" * 4_096) == 4_096 and ballast.stat().st_size < 1_500_000:
                pass
        recorder = start_into(tmp_path / "said", "stderr", keep)
        flood = [sys.executable, "-c", WRITER_THAT_GOES_ON, "w", "2000", world.raw.key]
        writer = subprocess.run(flood, check=False, stderr=world.raw.descriptor, timeout=60)
        assert writer.returncode == 0
        time.sleep(1.5)
        recorder.terminate()
        assert recorder.wait(20) == 0
        before = [call for call in calls(world.path) if call.startswith("w-")]
        assert 0 < len(before) < 2_000
        ballast.unlink()
        recorder = start_into(tmp_path / "said", "stderr", keep)
        flood[3] = "after"
        flood[4] = "100"
        subprocess.run(flood, check=True, stderr=world.raw.descriptor, timeout=60)
        time.sleep(1.5)
        recorder.terminate()
        assert recorder.wait(20) == 0
        found = calls(world.path)
        assert [call for call in found if call.startswith("w-")] == before
        assert [call for call in found if call.startswith("after-")][-1] == "after-100"
        assert world.list_sealed()
        assert b"near full" in (tmp_path / "said").read_bytes()
    finally:
        if recorder is not None:
            end(recorder)
        os.close(world.raw.descriptor)


WRITER_THAT_GOES_ON = (
    WRITER.replace("    os.write(2,", "    try: os.write(2,") + "    except OSError: pass\n"
)


def limit_file_size():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def test_segments_that_may_not_be_written_wait_in_the_raw_file(tmp_path):
    world = World(tmp_path / "records")
    key = world.raw.key
    argv = [sys.executable, "-c", WRITER, "w", "2000", key]
    subprocess.run(argv, check=True, stderr=world.raw.descriptor, timeout=30)
    keep = [*ROUTE112, "records", "keep", str(world.path)]
    recorder = start(keep, stderr=subprocess.PIPE, preexec_fn=limit_file_size)
    time.sleep(1.5)
    recorder.terminate()
    _, said = recorder.communicate(timeout=20)
    assert said.count(b"records cannot be sealed: File too large; calls go on") == 1
    assert world.list_sealed() == []
    assert len(calls(world.path)) == 2_000
    again = start(keep)
    time.sleep(1)
    again.terminate()
    assert again.wait(20) == 0
    assert len(world.list_sealed()) == 1
    assert len(calls(world.path)) == 2_000


def test_open_attempts_are_listed_after_everything_has_been_killed(tmp_path):
    world = World(tmp_path / "run" / "records")
    attempt = (
        f"R1 attempt k={world.raw.key} t={NOW_US} site=s call=lost@h by=python op=ecume"
        " dialled=15 commune=29019 caller=+33639981234\n"
    )
    world.append(attempt.encode())
    argv = [*ROUTE112, "records", "query", str(tmp_path / "run"), "--open", "--json"]
    shown = json.loads(subprocess.run(argv, check=True, capture_output=True, timeout=30).stdout)
    assert [(call["call"], call["outcome"]) for call in shown] == [("lost@h", "unknown")]
    assert shown[0]["caller"] == "+33 6 39 98 .. .."
