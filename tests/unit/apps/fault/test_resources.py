"""Memory, disk and clock of a member."""

import resource
from pathlib import Path

import pytest

from route112.apps.fault import resources
from route112.apps.fault.kinds import FaultError


def limit(pid):
    return resource.prlimit(pid, resource.RLIMIT_AS)[0]


def test_limits_are_what_is_used_and_then_as_before(run):
    pids = [run.kamailio("site-1"), run.leaders["site-1"].pid]
    before = [limit(pid) for pid in pids]
    id_ = run.faults.inject("memory-full", ["site-1"], {"spare_kb": 4})
    for pid in pids:
        used = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
        assert limit(pid) == pytest.approx(used + 4096, abs=1 << 20)
    run.faults.clear(id_)
    assert [limit(pid) for pid in pids] == before


def test_a_disk_that_is_everybodys_is_not_filled(run):
    with pytest.raises(FaultError, match="site-1 has no disk of its own"):
        run.faults.inject("disk-full", ["site-1"])
    assert list((run.run_dir / "site-1").glob(".exercise*")) == []


def test_a_disk_of_its_own_is_filled_and_freed(run, monkeypatch):
    monkeypatch.setattr(Path, "is_mount", lambda _self: True)
    monkeypatch.setattr(resources, "FILL_BYTES_MAX", 3 << 20)
    id_ = run.faults.inject("disk-full", ["site-1"], {"spare_kb": 1024})
    filling = run.run_dir / "site-1" / resources.FILLING
    assert filling.stat().st_size == 2 << 20
    run.faults.clear(id_)
    assert not filling.exists()


def test_a_clock_is_set_where_there_is_one(run):
    with pytest.raises(FaultError, match="the clock of this machine"):
        run.faults.inject("clock-jump", ["site-1"])
    clock = run.run_dir / "site-1" / "clock"
    clock.write_text("+0\n")
    id_ = run.faults.inject("clock-jump", ["site-1"], {"by_s": -60})
    assert clock.read_text() == "-60\n"
    run.faults.clear(id_)
    assert clock.read_text() == "+0\n"
