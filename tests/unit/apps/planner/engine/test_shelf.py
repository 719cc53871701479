import errno
import os

import pytest
from tests.support.planned import write_plan, write_trust
from tests.support.snapshots import NOW

from route112.apps.planner.engine import shelf as module
from route112.apps.planner.engine.shelf import CandidateError, Shelf


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "planner", write_trust(tmp_path / "trust.json"))


def test_a_candidate_is_kept_under_its_hash(shelf, tmp_path):
    kept = shelf.keep_candidate(write_plan(tmp_path / "fr.r112"), now=NOW)
    path = shelf.find_candidate(kept.content_hash)
    assert path.name == f"{kept.content_hash}.r112"
    assert path.stat().st_mode & 0o777 == 0o600
    assert shelf.open_candidate(kept.content_hash).content_hash == kept.content_hash
    assert shelf.find_snapshot(kept.content_hash) is None
    shelf.offer_candidate(kept.content_hash)
    assert shelf.find_snapshot(kept.content_hash).read_bytes() == path.read_bytes()


def test_what_a_station_would_refuse_is_no_candidate(shelf, tmp_path):
    with pytest.raises(CandidateError, match="unknown-key"):
        shelf.keep_candidate(write_plan(tmp_path / "fr.r112", key="e"), now=NOW)
    (tmp_path / "odd.r112").write_bytes(b"nothing of the kind")
    with pytest.raises(CandidateError, match=r"odd\.r112"):
        shelf.keep_candidate(tmp_path / "odd.r112", now=NOW)
    with pytest.raises(CandidateError, match="No such file"):
        shelf.keep_candidate(tmp_path / "none.r112", now=NOW)
    (tmp_path / "trust.json").write_text("{}")
    with pytest.raises(CandidateError, match=r"trust\.json"):
        shelf.keep_candidate(write_plan(tmp_path / "fr.r112"), now=NOW)
    assert not list((tmp_path / "planner/candidates").iterdir())


def test_without_a_trust_list_signatures_are_not_looked_at(tmp_path):
    shelf = Shelf(tmp_path / "planner", None)
    assert shelf.keep_candidate(write_plan(tmp_path / "fr.r112", key="e"), now=NOW)


def test_a_full_disk_keeps_nothing(shelf, tmp_path, monkeypatch):
    plan = write_plan(tmp_path / "fr.r112")

    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fail)
        with pytest.raises(CandidateError, match="No space left"):
            shelf.keep_candidate(plan, now=NOW)
    kept = shelf.keep_candidate(plan, now=NOW)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fail)
        with pytest.raises(CandidateError, match="No space left"):
            shelf.offer_candidate(kept.content_hash)


@pytest.mark.parametrize("name", ["", "x" * 64, "../../etc/passwd", "A" * 64, "a" * 63])
def test_only_hashes_name_files(shelf, name):
    assert shelf.find_snapshot(name) is None
    assert shelf.find_candidate(name) is None


def test_a_candidate_that_is_gone_or_altered_is_not_opened(shelf, tmp_path):
    with pytest.raises(CandidateError, match="not there"):
        shelf.open_candidate("a" * 64)
    with pytest.raises(CandidateError, match="not there"):
        shelf.offer_candidate("a" * 64)
    kept = shelf.keep_candidate(write_plan(tmp_path / "fr.r112"), now=NOW)
    path = shelf.find_candidate(kept.content_hash)
    path.rename(path.with_name(f"{'b' * 64}.r112"))
    with pytest.raises(CandidateError, match="another content"):
        shelf.open_candidate("b" * 64)
    path.write_bytes(b"x")
    with pytest.raises(CandidateError, match="cannot be read"):
        shelf.open_candidate(kept.content_hash)


def test_few_candidates_stay_open(shelf, tmp_path):
    hashes = [
        shelf.keep_candidate(write_plan(tmp_path / "x", generation=number), now=NOW).content_hash
        for number in range(1, 5)
    ]
    for each in hashes:
        shelf.open_candidate(each)
    assert len(shelf._opened) == module.OPENED_MAX
    assert shelf.open_candidate(hashes[-1]) is shelf.open_candidate(hashes[-1])


def test_old_files_go_but_never_those_in_use(shelf, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CANDIDATES_MAX", 1)
    monkeypatch.setattr(module, "SNAPSHOTS_MAX", 0)
    hashes = []
    for number in range(1, 5):
        plan = write_plan(tmp_path / "x", generation=number)
        hashes.append(shelf.keep_candidate(plan, now=NOW).content_hash)
        shelf.offer_candidate(hashes[-1])
        os.utime(shelf.find_candidate(hashes[-1]), (number, number))
    shelf.prune(candidates=hashes[:1], snapshots=hashes[1:2])
    assert [shelf.find_candidate(each) is not None for each in hashes] == [1, 0, 0, 1]
    assert [shelf.find_snapshot(each) is not None for each in hashes] == [0, 1, 0, 0]


def test_leftovers_of_one_that_was_killed_go(shelf, tmp_path):
    leftover = tmp_path / "planner/snapshots/.abc.new"
    leftover.write_bytes(b"half")
    Shelf(tmp_path / "planner", None)
    assert not leftover.exists()
