import pytest
from tests.support.followed import EDGE, Noting, open_follower, write, write_event
from tests.support.watched import SITE, T0, S

from route112.adapters.watch_store import Refusal
from route112.apps.watch.following.events import CONTRADICTION, FIRST_RECORDS


def test_a_restart_is_a_change_of_its_station_and_its_first_start_is_none(worlds, tmp_path):
    for station in worlds:
        write(worlds, station, "site", T0, "", event="start", reason="ready")
        for index in range(FIRST_RECORDS):
            write(worlds, station, "site", T0, "", event="snapshot", g=index)
    write(worlds, SITE, "site", T0 + 7, "", event="restart", reason="ready")
    write(worlds, SITE, "site", T0 + 8, "", event="start", reason="adopted")
    write(worlds, EDGE, "site", T0 + 9, "", event="start", reason="ready")
    write(worlds, SITE, "site", T0 + 10, "", event="drained", reason="drained")
    write(worlds, SITE, "site", T0 + 11, "", event="given-back", reason="given-back")
    store, follower = open_follower(tmp_path, worlds)
    follower.eyes = Noting()
    follower.step(T0 + S)
    assert sorted(follower.eyes.changes) == [
        ("drained", "site", SITE, 10),
        ("given back", "site", SITE, 11),
        ("restart", "edge", EDGE, 9),
        ("restart", "site", SITE, 7),
    ]
    store.close()


def test_who_was_offered_two_contents_under_one_generation_is_known_until_a_later_one(
    tmp_path, worlds
):
    for station, reason in ((EDGE, CONTRADICTION), (SITE, CONTRADICTION), (SITE, "truncated")):
        write_event(worlds, station, "snapshot-refused", T0, 42, reason)
    write_event(worlds, SITE, "snapshot-refused", T0, "", CONTRADICTION)
    write_event(worlds, SITE, "native-flip", T0, 43, "slot-a")
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    site = Refusal("site", SITE, 42, T0)
    assert follower.list_refusals() == [Refusal("edge", EDGE, 42, T0), site]
    store.close()
    write_event(worlds, EDGE, "snapshot", T0 + S, 43, "offered")
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 2 * S)
    assert follower.list_refusals() == [site]
    store.close()


@pytest.mark.parametrize("generation", [10**18, 10**19, 10**3_000])
def test_a_generation_that_nobody_can_keep_is_passed_over(tmp_path, worlds, generation):
    for event in ("snapshot", "snapshot-refused"):
        write_event(worlds, SITE, event, T0, generation, CONTRADICTION)
    write_event(worlds, EDGE, "snapshot-refused", T0, 10**18 - 1, CONTRADICTION)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    assert follower.list_refusals() == [Refusal("edge", EDGE, 10**18 - 1, T0)]
    store.close()
