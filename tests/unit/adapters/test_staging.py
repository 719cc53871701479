import os
import signal
import stat
import sys
from dataclasses import replace

import pytest
from tests.support.snapshots import (
    NOW,
    VALID_FROM,
    VALID_UNTIL,
    sign_blindly,
    small_content,
    small_trust,
    trusted_key,
)

from route112.adapters.staging import STAGED_MAX, Staging, StagingError, read_current
from route112.model import UtcTime
from route112.snapshot.trust import TrustList
from route112.snapshot.writer import write_snapshot


def offered(tmp_path, generation, *, key="a", edition="2026-11"):
    path = tmp_path / "offered.r112"
    content = write_snapshot(small_content(generation=generation, edition=edition))
    path.write_bytes(sign_blindly(content, key) if key else content)
    return path


def open_staging(tmp_path, trust=None, now=NOW):
    return Staging(tmp_path / "run", small_trust() if trust is None else trust, now=now)


def staged_names(tmp_path):
    return sorted(path.name.partition("-")[0] for path in (tmp_path / "run/snapshots").iterdir())


def test_a_first_start_has_nothing_in_force(tmp_path):
    staging = open_staging(tmp_path)
    assert (staging.in_force, staging.damage) == (None, "")
    assert not staging.current.exists()


def test_a_good_file_is_staged_and_named(tmp_path):
    staging = open_staging(tmp_path)
    path = offered(tmp_path, 42)
    offer = staging.offer(path, now=NOW)
    assert (offer.changed, offer.reason) == (True, "")
    staged = offer.in_force.path
    digits = offer.in_force.snapshot.content_hash[:16]
    assert staged == tmp_path / "run" / "snapshots" / f"g42-{digits}.r112"
    assert staged.read_bytes() == path.read_bytes()
    assert staging.current.read_text() == f"{staged}\n"
    assert stat.S_IMODE(staged.stat().st_mode) == 0o600
    assert not staging.offer(path, now=NOW).changed


@pytest.mark.parametrize(
    ("generation", "options", "reason"),
    [
        (41, {}, "older-generation"),
        (42, {"edition": "other"}, "same-generation-other-content"),
        (43, {"key": ""}, "unsigned"),
        (43, {"key": "c"}, "revoked-key"),
        (43, {"key": "d"}, "expired-key"),
        (43, {"key": "e"}, "unknown-key"),
    ],
)
def test_a_worse_file_is_refused_and_the_good_one_stays(tmp_path, generation, options, reason):
    staging = open_staging(tmp_path)
    staging.offer(offered(tmp_path, 42), now=NOW)
    before = staging.current.read_text()
    offer = staging.offer(offered(tmp_path, generation, **options), now=NOW)
    assert (offer.changed, offer.reason) == (False, reason)
    assert offer.message
    assert offer.in_force.snapshot.generation == 42
    assert staging.current.read_text() == before
    assert staged_names(tmp_path) == ["g42"]


def test_a_missing_file_changes_nothing(tmp_path):
    staging = open_staging(tmp_path)
    offer = staging.offer(tmp_path / "none", now=NOW)
    assert offer.reason == "unreadable"
    assert offer.message == f"{tmp_path / 'none'} cannot be read: No such file or directory"


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path):
    staging = open_staging(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    offer = staging.offer(tmp_path / "pipe", now=NOW)
    assert offer.reason == "unreadable"
    assert offer.message.endswith("cannot be read: no regular file")


@pytest.mark.parametrize(
    ("generation", "edition", "reason"),
    [
        (41, "2026-11", "older-generation"),
        (42, "other", "same-generation-other-content"),
        (43, "other", ""),
    ],
)
def test_without_a_trust_list_the_floor_still_holds(tmp_path, generation, edition, reason):
    staging = Staging(tmp_path / "run", None, now=NOW)
    assert staging.offer(offered(tmp_path, 42, key=""), now=NOW).changed
    path = offered(tmp_path, generation, key="", edition=edition)
    assert staging.offer(path, now=NOW).reason == reason
    path.write_bytes(b"R112SNAP")
    assert staging.offer(path, now=NOW).reason == "truncated"


def test_the_last_ones_are_kept(tmp_path):
    staging = open_staging(tmp_path)
    for generation in (8, 9, 10, 11, 12):
        staging.offer(offered(tmp_path, generation), now=NOW)
    assert staged_names(tmp_path) == ["g10", "g11", "g12"]
    assert len(staged_names(tmp_path)) == STAGED_MAX
    assert staging.in_force.snapshot.generation == 12


def test_a_restart_knows_what_was_in_force(tmp_path):
    open_staging(tmp_path).offer(offered(tmp_path, 42), now=NOW)
    again = open_staging(tmp_path)
    assert again.in_force.snapshot.generation == 42
    assert again.offer(offered(tmp_path, 41), now=NOW).reason == "older-generation"


def test_a_key_that_ended_since_takes_nothing_away_but_a_revoked_one_does(tmp_path):
    open_staging(tmp_path).offer(offered(tmp_path, 42), now=NOW)
    assert open_staging(tmp_path, now=VALID_UNTIL).in_force is not None
    revoked = TrustList(
        (trusted_key("a", revoked_at=VALID_FROM, reason="stolen"), trusted_key("b"))
    )
    staging = open_staging(tmp_path, trust=revoked)
    assert staging.in_force is None
    assert staging.damage.endswith("is revoked: stolen")
    assert staging.offer(offered(tmp_path, 41, key="b"), now=NOW).reason == "older-generation"
    assert staging.offer(offered(tmp_path, 43, key="b"), now=NOW).changed


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_file_in_force_is_replaced_but_never_by_an_older_one(tmp_path, damage):
    staged = open_staging(tmp_path).offer(offered(tmp_path, 42), now=NOW).in_force.path
    if damage == "cut":
        staged.write_bytes(staged.read_bytes()[:-1])
    else:
        staged.unlink()
    staging = open_staging(tmp_path)
    assert staging.in_force is None
    assert str(staged) in staging.damage
    assert staging.offer(offered(tmp_path, 41), now=NOW).reason == "older-generation"
    other = offered(tmp_path, 42, edition="other")
    assert staging.offer(other, now=NOW).reason == "same-generation-other-content"
    assert staging.offer(offered(tmp_path, 42), now=NOW).changed
    assert staging.damage == ""


def test_a_pointer_to_a_file_of_another_name_is_followed(tmp_path):
    staged = open_staging(tmp_path).offer(offered(tmp_path, 42), now=NOW).in_force.path
    other = tmp_path / "other.r112"
    staged.rename(other)
    (tmp_path / "run" / "current").write_text(f"{other}\n")
    assert open_staging(tmp_path).in_force.path == other


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(StagingError, match="run cannot be used: Not a directory"):
        open_staging(tmp_path)


def test_a_good_file_that_cannot_be_staged_leaves_the_old_one(tmp_path, monkeypatch):
    staging = open_staging(tmp_path)
    staging.offer(offered(tmp_path, 42), now=NOW)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("route112.adapters.staging.os.fsync", full)
    with pytest.raises(StagingError, match="g43 is good and cannot be staged: No space left"):
        staging.offer(offered(tmp_path, 43), now=NOW)
    assert staging.in_force.snapshot.generation == 42
    assert staged_names(tmp_path) == ["g42"]


def test_an_old_file_that_cannot_be_removed_does_not_matter(tmp_path, monkeypatch):
    staging = open_staging(tmp_path)
    for generation in (40, 41, 42):
        staging.offer(offered(tmp_path, generation), now=NOW)

    def refuse(_path, **_options):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("route112.adapters.staging.Path.unlink", refuse)
    assert staging.offer(offered(tmp_path, 43), now=NOW).changed


STEPS = 24
"""More than the file operations of one offer that the interpreter announces."""
WATCHED = {"open", "os.rename", "os.remove", "os.listdir", "os.scandir", "os.chmod", "os.mkdir"}


def offer_and_die(tmp_path, path, step):
    """Offer a file in a child that is killed before its file operation number `step`."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = step

    def count(event, _arguments):
        nonlocal left
        if event in WATCHED:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        staging = open_staging(tmp_path)
        sys.addaudithook(count)
        staging.offer(path, now=NOW)
    finally:
        os._exit(0)


def test_killed_at_any_step_what_is_in_force_is_whole_and_never_older(tmp_path):
    open_staging(tmp_path).offer(offered(tmp_path, 42), now=NOW)
    generation, codes, seen = 42, [], set()
    for step in range(STEPS):
        path = offered(tmp_path, generation + 1)
        codes.append(offer_and_die(tmp_path, path, step))
        after = open_staging(tmp_path)
        assert after.damage == ""
        assert after.in_force.snapshot.generation in (generation, generation + 1)
        seen.add(after.in_force.snapshot.generation - generation)
        assert after.offer(path, now=NOW).reason == ""
        generation += 1
        assert after.in_force.snapshot.generation == generation
        assert not list((tmp_path / "run").rglob(".*")), "nothing half written is left"
        assert len(staged_names(tmp_path)) <= STAGED_MAX
    assert codes[0] == -signal.SIGKILL
    assert codes[-1] == 0, "STEPS covers every step"
    assert seen == {0, 1}


def test_times_are_those_of_the_caller(tmp_path):
    trust = TrustList((trusted_key("a", not_before=UtcTime(NOW + 1)), trusted_key("b")))
    staging = Staging(tmp_path / "run", trust, now=NOW)
    path = offered(tmp_path, 42)
    assert staging.offer(path, now=NOW).reason == "expired-key"
    assert staging.offer(path, now=UtcTime(NOW + 1)).changed
    staging.trust = replace(small_trust())
    assert staging.offer(offered(tmp_path, 43, key="b"), now=NOW).changed


def test_what_is_in_force_is_told_by_its_name(tmp_path):
    assert read_current(tmp_path / "run") is None
    staging = open_staging(tmp_path)
    assert staging.offer(offered(tmp_path, 42), now=NOW).changed
    snapshot = staging.in_force.snapshot
    assert read_current(tmp_path / "run") == (42, snapshot.content_hash[:16])


def test_a_pipe_that_stands_for_what_is_in_force_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "current")
    assert read_current(tmp_path) is None
    with pytest.raises(StagingError, match="regular"):
        Staging(tmp_path, None, now=NOW)
