"""Bad snapshots: each is what it says it is, offered to one member alone."""

import pytest

from route112.apps.country_run.exercise import Extras, prepare
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


def test_a_member_without_offers_of_its_own_is_refused(run):
    with pytest.raises(FaultError, match="no offers of its own"):
        run.faults.inject("bad-snapshot", ["edge-1"])
