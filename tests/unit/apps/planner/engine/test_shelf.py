import errno
import os

import pytest
from tests.support.planned import write_plan, write_trust
from tests.support.snapshots import NOW, make_test_key, small_content

from route112.apps.planner.engine import shelf as module
from route112.apps.planner.engine.shelf import CandidateError, Shelf
from route112.snapshot.keys import find_key_id
from route112.snapshot.writer import write_snapshot


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


def test_the_newest_candidates_are_read_beforehand_and_each_once(shelf, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "OPENED_MAX", 2)
    kept = []
    for number in range(41, 45):
        path = write_plan(tmp_path / f"{number}.r112", generation=number)
        kept.append(shelf.keep_candidate(path, now=NOW).content_hash)
        os.utime(shelf.find_candidate(kept[-1]), (number, number))
    assert shelf.list_unread() == [kept[-1], kept[-2]]
    assert not shelf.is_open(kept[-1])
    shelf.open_candidate(kept[-1])
    assert shelf.is_open(kept[-1])
    assert shelf.list_unread() == [kept[-2]]
    shelf.open_candidate(kept[-2])
    assert shelf.list_unread() == []


def test_what_is_in_use_is_read_before_all_that_was_only_handed_in(shelf, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "OPENED_MAX", 2)
    kept = []
    for number in range(41, 45):
        path = write_plan(tmp_path / f"{number}.r112", generation=number)
        kept.append(shelf.keep_candidate(path, now=NOW).content_hash)
        # Whatever the clock was when these came.
        os.utime(shelf.find_candidate(kept[-1]), (number + 4e9, number + 4e9))
    shelf.note_used({kept[0], "f" * 64})
    assert shelf.list_unread() == [kept[0], kept[-1]]


def test_what_cannot_be_marked_is_left_as_it_is(shelf, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise PermissionError(1, "not yours")

    found = shelf.keep_candidate(write_plan(tmp_path / "fr.r112"), now=NOW)
    monkeypatch.setattr(module.os, "utime", fail)
    shelf.note_used({found.content_hash})
    assert shelf.list_unread() == [found.content_hash]


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
        for number in range(1, module.OPENED_MAX + 3)
    ]
    for each in hashes:
        shelf.open_candidate(each)
    assert len(shelf._opened) == module.OPENED_MAX
    assert shelf.open_candidate(hashes[-1]) is shelf.open_candidate(hashes[-1])


def test_what_is_in_use_stays_open_whatever_is_read(shelf, tmp_path):
    used, *others = [
        shelf.keep_candidate(write_plan(tmp_path / "x", generation=number), now=NOW).content_hash
        for number in range(1, module.OPENED_MAX + 3)
    ]
    shelf.note_used({used})
    for each in (used, *others):
        shelf.open_candidate(each)
    assert shelf.is_open(used)
    assert len(shelf._opened) == module.OPENED_MAX
    for each in (used, *others):
        shelf.find_candidate(each).unlink()
    path = write_plan(tmp_path / "y", generation=99)
    shelf.open_candidate(shelf.keep_candidate(path, now=NOW).content_hash)
    assert len(shelf._opened) == module.OPENED_MAX, "files that are gone hinder nothing"


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
    secret = tmp_path / "planner/.backup-killed/secrets/planner.key"
    secret.parent.mkdir(parents=True)
    secret.write_text("private")
    Shelf(tmp_path / "planner", None)
    assert leftover.exists(), "who only looks removes nothing that another one is writing"
    shelf.clear_leftovers()
    assert not leftover.exists()
    assert not (tmp_path / "planner/.backup-killed").exists()


def test_who_signed_a_snapshot_is_known_as_long_as_it_is_there(shelf, tmp_path):
    content = write_plan(tmp_path / "fr.r112").read_bytes()
    shelf.keep_snapshot("a" * 64, content)
    assert shelf.find_signer("a" * 64) == find_key_id(make_test_key("a"))
    shelf.keep_snapshot("b" * 64, write_snapshot(small_content()))
    assert shelf.find_signer("b" * 64) == ""
    shelf.keep_snapshot("c" * 64, b"nothing of the kind")
    assert shelf.find_signer("c" * 64) is shelf.find_signer("d" * 64) is None
