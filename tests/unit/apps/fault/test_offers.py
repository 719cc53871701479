"""Bad snapshots: each is what it says it is, offered to one member alone."""

import os
import stat

import pytest

from route112.apps.country_run.exercise import Extras, prepare
from route112.apps.fault import offers
from route112.apps.fault.kinds import FaultError
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot


@pytest.fixture
def offered(run):
    for id_ in ("site-1", "site-2"):
        prepare(run.run_dir / id_, run.plan, Extras())
    return run.run_dir / "site-1" / "offered.r112"


def test_garbage_is_offered_to_one(run, offered):
    id_ = run.faults.inject("bad-snapshot", ["site-1"])
    with pytest.raises(SnapshotError):
        Snapshot(offered.read_bytes())
    assert (run.run_dir / "site-2" / "offered.r112").read_bytes() == run.plan.read_bytes()
    run.faults.clear(id_)
    assert offered.is_symlink()
    assert offered.read_bytes() == run.plan.read_bytes()


def test_an_older_one_is_whole_and_older(run, offered):
    run.faults.inject("bad-snapshot", ["site-1"], {"content": "older"})
    assert Snapshot(offered.read_bytes()).generation == 41


def test_another_one_has_the_same_generation(run, offered):
    run.faults.inject("bad-snapshot", ["site-1"], {"content": "other"})
    found, good = Snapshot(offered.read_bytes()), Snapshot(run.plan.read_bytes())
    assert found.generation == good.generation
    assert found.content_hash != good.content_hash


def test_a_file_may_be_named(run, offered, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"mine")
    run.faults.inject("bad-snapshot", ["site-1"], {"file": str(other)})
    assert offered.read_bytes() == b"mine"
    run.faults.clear()
    with pytest.raises(FaultError, match="No such file"):
        run.faults.inject("bad-snapshot", ["site-1"], {"file": str(tmp_path / "none")})


def test_a_copy_is_for_the_user_of_the_run_alone_and_does_not_stay(run, offered, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"nobody's business")
    id_ = run.faults.inject("bad-snapshot", ["site-1"], {"file": str(other)})
    assert stat.S_IMODE(offered.stat().st_mode) == 0o600
    assert offered.stat().st_uid == offered.parent.stat().st_uid
    run.faults.clear(id_)
    kept = [path for path in run.run_dir.rglob("*") if path.is_file()]
    assert not [path for path in kept if other.read_bytes() in path.read_bytes()]


def test_only_a_plain_file_of_bounded_size_is_offered(run, offered, tmp_path, monkeypatch):
    monkeypatch.setattr(offers, "FILE_BYTES_MAX", 4)
    large, pipe = tmp_path / "large", tmp_path / "pipe"
    large.write_bytes(b"12345")
    os.mkfifo(pipe)
    for path, why in (
        (large, "large has more than 4 bytes"),
        (pipe, "pipe: it is no plain file"),
        (tmp_path, "Is a directory|it is no plain file"),
        ("/dev/zero", "zero: it is no plain file"),
    ):
        with pytest.raises(FaultError, match=why):
            run.faults.inject("bad-snapshot", ["site-1"], {"file": str(path)})
    assert run.faults.list() == ()
    assert offered.is_symlink()
    large.write_bytes(b"1234")
    run.faults.inject("bad-snapshot", ["site-1"], {"file": str(large)})


def test_a_plan_that_is_gone_is_told(run, offered):
    run.plan.unlink()
    with pytest.raises(FaultError, match=r"plan\.r112: No such file"):
        run.faults.inject("bad-snapshot", ["site-1"], {"content": "older"})
    assert offered.is_symlink()


def test_a_member_without_offers_of_its_own_is_refused(run):
    with pytest.raises(FaultError, match="no offers of its own"):
        run.faults.inject("bad-snapshot", ["edge-1"])


def test_with_a_planner_the_plan_of_its_own_comes_back(run, offered):
    own = run.run_dir / "plans" / "site-1.r112"
    own.parent.mkdir()
    own.write_bytes(b"its own")
    run.write(has_planner=True)
    id_ = run.faults.inject("bad-snapshot", ["site-1"])
    run.faults.clear(id_)
    assert offered.readlink() == own
