import os

import pytest
from tests.support.site_offers import OfferWorld
from tests.support.snapshots import NOW, VALID_UNTIL, sign_blindly, small_content

from route112 import __version__
from route112.apps.station.offers import RETRY_FIRST_S, RETRY_MAX_S, describe
from route112.apps.station.standing import Standing, read_standing, stamp_file
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


@pytest.fixture
def world(tmp_path):
    return OfferWorld(tmp_path)


def test_a_file_is_judged_when_it_is_replaced_and_not_else(world):
    world.write(42)
    assert world.offers.take()
    assert world.report.events == [("snapshot", "offered")]
    assert world.report.generation == 42
    assert not world.offers.take()
    world.write(43)
    assert world.offers.take()
    assert world.generation == 43


def test_a_refusal_names_the_reason_and_what_stays(world):
    world.write(42)
    world.offers.take()
    world.write(41)
    assert not world.offers.take()
    assert world.report.events[-1] == ("snapshot-refused", "older-generation")
    assert world.report.said[-1] == (
        f"{world.plan} is refused (older-generation): "
        "generation 41 is older than 42, already accepted; g42 stays"
    )
    assert not world.offers.take()
    assert len(world.report.events) == 2, "said once"


def test_a_missing_file_is_told_once_and_taken_when_it_comes(world):
    assert not world.offers.take()
    assert not world.offers.take()
    assert world.report.events == [("snapshot-refused", "unreadable")]
    assert world.report.said[-1].endswith("; nothing is in force")
    world.write(42)
    assert world.offers.take()


def test_a_file_that_is_being_written_is_judged_when_it_stands_still(world):
    world.write(42)
    world.offers.take()
    content = sign_blindly(write_snapshot(small_content(generation=43)), "a")
    for end in (1_000, 2_000, len(content)):
        with world.plan.open("wb") as file:
            file.write(content[:end])
        assert not world.offers.take()
    assert world.offers.take()
    assert world.report.events == [("snapshot", "offered")] * 2


def test_whoever_asks_gets_an_answer_about_the_same_file(world):
    world.write(42)
    world.offers.take()
    world.offers.asked = True
    assert not world.offers.take(), "it is in force already"
    assert len(world.report.events) == 1
    world.plan.write_bytes(b"not a snapshot")
    world.offers.asked = True
    world.offers.take()
    assert world.report.events[-1] == ("snapshot-refused", "not-a-snapshot")


def test_a_new_trust_list_counts_at_once_and_a_bad_one_changes_nothing(tmp_path):
    world = OfferWorld(tmp_path, trust=True)
    world.write(42, key="e")
    world.offers.take()
    assert world.report.events == [("snapshot-refused", "unknown-key")]
    world.write(42)
    assert world.offers.take()
    aside = tmp_path / "aside"
    aside.write_text("{")
    aside.replace(world.trust)
    world.write(43)
    assert world.offers.take()
    assert any(text.startswith("the trust list stays as it was") for text in world.report.said)


def test_a_pipe_in_the_place_of_the_trust_list_is_waited_for_by_nobody(tmp_path):
    world = OfferWorld(tmp_path, trust=True)
    world.write(42)
    assert world.offers.take()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "pipe").replace(world.trust)
    world.write(43)
    assert world.offers.take()
    assert any(text.startswith("the trust list stays as it was") for text in world.report.said)


def test_a_disk_that_is_full_leaves_the_one_in_force(world, monkeypatch):
    world.write(42)
    world.offers.take()

    def full(_handle):
        raise OSError(28, "No space left on device")

    fsync = "route112.adapters.staging.os.fsync"
    kept = os.fsync
    monkeypatch.setattr(fsync, full)
    world.write(43)
    assert not world.offers.take()
    assert world.report.events[-1] == ("snapshot-refused", "not-staged")
    assert "; tried again by itself in 1 s" in world.report.said[-1]
    assert world.generation == 42
    waits, trials = [], len(world.report.events)
    for _ in range(7):
        began = world.seconds
        world.opened = 0
        while not world.opened:
            assert not world.offers.take()
            world.seconds += 0.5
        waits.append(world.seconds - 0.5 - began)
    assert waits[0] == pytest.approx(RETRY_FIRST_S)
    assert waits == sorted(waits)
    assert max(waits) <= RETRY_MAX_S
    assert len(world.report.events) == trials, "told once"
    monkeypatch.setattr(fsync, kept)
    world.seconds += RETRY_MAX_S
    assert world.offers.take()
    assert world.generation == 43
    world.seconds += RETRY_MAX_S
    assert not world.offers.take()


def test_a_newer_file_takes_the_place_of_the_one_that_waits(world, monkeypatch):
    world.write(42)
    world.offers.take()
    kept = os.fsync

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("route112.adapters.staging.os.fsync", full)
    for generation in (43, 44):
        world.write(generation)
        assert not world.offers.take()
    assert world.report.events[1:] == [("snapshot-refused", "not-staged")] * 2
    monkeypatch.setattr("route112.adapters.staging.os.fsync", kept)
    world.seconds += RETRY_FIRST_S
    assert world.offers.take()
    assert world.generation == 44


def test_a_file_that_gets_the_number_of_a_removed_one_is_another_file(world):
    """A disk gives the number of a removed file to the next one, so that two take turns."""
    for generation in range(42, 60):
        for content in (b"passed over", None):
            aside = world.folder / "aside"
            if content:
                aside.write_bytes(content)
                aside.replace(world.plan)
            else:
                world.write(generation)
        assert world.offers.take(), f"g{generation} is judged at the first look"


def test_a_snapshot_past_its_time_says_so():
    snapshot = Snapshot(write_snapshot(small_content()))
    assert describe(snapshot, NOW) == "g42 (edition 2026-11, 3 orders, until 2027-12-31T00:00:00Z)"
    assert "OUT OF DATE since" in describe(snapshot, VALID_UNTIL)


def test_word_of_what_was_refused_is_left_for_whoever_brings_snapshots(tmp_path):
    world = OfferWorld(tmp_path, trust=True)
    world.write(2)
    assert world.offers.take()
    assert read_standing(tmp_path / "run") == Standing(__version__)
    world.write(3, key="e")
    assert not world.offers.take()
    refused = read_standing(tmp_path / "run")
    assert (refused.file, refused.reason) == (stamp_file(world.plan), "unknown-key")
    world.write(4)
    assert world.offers.take()
    assert read_standing(tmp_path / "run") == Standing(__version__)
