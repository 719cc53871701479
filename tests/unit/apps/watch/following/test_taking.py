import shutil
from types import SimpleNamespace

import pytest
from tests.support.followed import (
    CALLS,
    EDGE,
    Noting,
    list_rows,
    open_country,
    open_follower,
    write,
    write_calls,
    write_event,
    write_failed,
)
from tests.support.records import World
from tests.support.watched import SITE, T0, S

from route112.adapters.watch_store import People, Refusal, Sources
from route112.apps.watch.following import owners
from route112.apps.watch.following.events import CONTRADICTION
from route112.watch.intake import OLDER_MAX
from route112.wire.record_lines import Record, render_line


def test_a_writer_of_another_folder_uses_up_no_sequence(tmp_path, worlds, capsys):
    """Whoever may write into one station's folder could blind watch for another one."""
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0)
    write_calls(worlds)
    forged = tmp_path / "forged" / "records"
    shutil.copytree(worlds[SITE].path, forged)
    write(worlds, SITE, "site", T0, "", event="snapshot", g=1)
    follower.step(T0 + 10 * S)
    follower.follow([forged])
    follower.step(T0 + 120 * S)
    assert len(list_rows(store)) == CALLS
    before = follower.intake.refused
    follower.step(T0 + 121 * S)
    assert follower.intake.refused == before
    assert "they do not count" in capsys.readouterr().out
    store.close()


def test_a_station_tells_nothing_of_another_one(tmp_path, worlds, capsys):
    """Who may write into a site's folder could take a caller off the list, and end an alarm."""
    write(worlds, EDGE, "attempt", T0, "c1", by="native", dialled="15", caller="+33639980001")
    write(worlds, EDGE, "end", T0 + S, "c1", outcome="failed", code=503)
    write_event(worlds, EDGE, "snapshot-refused", T0, 42, CONTRADICTION)
    write(worlds, SITE, "attempt", T0, "c2", by="python")
    store, follower = open_country(tmp_path, worlds)
    follower.eyes = Noting()
    told = []
    looker = SimpleNamespace(add_arrival=print, add_end=print, tick=lambda _time_us: None)
    follower.watch(SimpleNamespace(note_arrival=lambda *said: told.append(said), **vars(looker)))
    follower.step(T0)
    for kind, fields in (
        ("end", {"call": "c1", "outcome": "answered", "code": 200}),
        ("site", {"event": "snapshot", "g": 43}),
        ("site", {"event": "restart", "reason": "ready"}),
        (
            "site",
            {"site": "nobody", "event": "snapshot-refused", "g": 42, "reason": CONTRADICTION},
        ),
    ):
        forged = {"t": T0 + S + 1, "site": EDGE} | fields
        worlds[SITE].append(render_line(kind, forged, key=worlds[SITE].raw.key).encode())
    write(worlds, SITE, "end", T0 + S, "c2", outcome="answered")
    follower.step(T0 + 10 * S)
    assert [back.caller for back in People(store).list_callbacks()] == ["+33639980001"]
    assert follower.list_refusals() == [Refusal("edge", EDGE, 42, T0)]
    assert follower.eyes.changes == []
    assert {station for station, _ in told} <= {SITE}
    assert follower.intake.count_gaps() == 0
    assert capsys.readouterr().out.count(f"do not name {SITE}: they do not count") == 1
    store.close()


def test_a_station_that_tells_of_others_alone_is_blind(tmp_path, worlds):
    write(worlds, SITE, "attempt", T0, "c1", by="python")
    store, follower = open_follower(tmp_path, worlds)
    follower.absences.stations = {EDGE, SITE}
    worlds[EDGE].append(
        render_line("attempt", {"t": T0, "site": SITE}, key=worlds[EDGE].raw.key).encode()
    )
    follower.step(T0)
    follower.step(T0 + S)
    assert follower.absences.list_blind() == (EDGE,)
    write(worlds, EDGE, "attempt", T0 + S, "c2", by="native")
    follower.step(T0 + 2 * S)
    follower.step(T0 + 3 * S)
    assert follower.absences.list_blind() == ()
    store.close()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_copy_takes_no_writer_from_a_station_that_is_back(tmp_path, worlds, is_restarted):
    write_failed(worlds, 0, 5, T0)
    store, follower = open_country(tmp_path, worlds)
    follower.step(T0 + S)
    copy = tmp_path / f"{SITE}.old" / "records"
    shutil.copytree(worlds[SITE].path, copy)
    worlds[SITE].path.rename(tmp_path / "away")
    follower.step(T0 + 2 * S)
    follower.follow([copy])
    follower.step(T0 + 3 * S)
    (tmp_path / "away").rename(worlds[SITE].path)
    write_failed(worlds, 5, 7, T0 + 4 * S)
    if is_restarted:
        store.close()
        store, follower = open_country(tmp_path, worlds)
        follower.follow([copy])
    for at_s in range(5, 20):
        follower.step(T0 + at_s * S)
    assert len(People(store).list_callbacks()) == 5 + 7
    assert follower.absences.list_blind() == ()
    store.close()


def test_a_folder_that_has_moved_is_followed_on(tmp_path, worlds):
    write(worlds, SITE, "attempt", T0, "c1", by="python", op="bruyere", dialled="15")
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    moved = tmp_path / "moved"
    worlds[SITE].path.rename(moved)
    follower.step(T0 + 2 * S)
    follower.follow([moved])
    follower.step(T0 + 3 * S)
    worlds[SITE].append(
        render_line(
            "end", {"t": T0 + 3 * S, "site": SITE, "call": "c1", "outcome": "answered"},
            key=worlds[SITE].raw.key,
        ).encode()
    )  # fmt: skip
    follower.step(T0 + 9 * S)
    assert [row[4] for row in list_rows(store)] == ["answered"]
    store.close()


@pytest.mark.parametrize(("folder", "site"), [("site-1", "site-1"), ("site-1", "probe")])
def test_a_station_tells_of_nobodys_test_calls(tmp_path, folder, site, capsys):
    world = World(tmp_path / folder / "records")
    fields = {"t": T0, "site": site, "test": "p1", "edge": EDGE, "to": SITE, "said": "edge"}
    for _ in range(2):
        world.append(render_line("probe", fields, key=world.raw.key).encode())
    store, follower = open_follower(tmp_path, {folder: world})
    seen = []
    looker = SimpleNamespace(
        add_arrival=seen.append, add_end=seen.append, tick=lambda _time_us: None
    )
    follower.lookers.append(looker)
    follower.step(T0 + 3 * S)
    assert seen == []
    assert capsys.readouterr().out.count("is no prober's") == 1
    store.close()


def test_whoever_goes_on_knows_who_is_away_and_since_when(tmp_path, worlds):
    write_calls(worlds)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 10 * S)
    worlds[SITE].path.rename(tmp_path / "away")
    follower.step(T0 + 20 * S)
    store.close()
    store, follower = open_follower(tmp_path, worlds)
    assert str(worlds[SITE].path) in follower.known
    assert follower.absences.list_deviations() == (), "not for ten seconds yet"
    follower.step(T0 + 31 * S)
    assert follower.absences.list_blind() == (SITE,)
    assert [each.seen for each in follower.absences.list_deviations()] == [11.0]
    (tmp_path / "away").rename(worlds[SITE].path)
    follower.step(T0 + 32 * S)
    assert Sources(store).load_absences() == []
    store.close()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_callers_of_a_station_whose_disk_was_put_back_are_called_back(
    tmp_path, worlds, is_restarted, capsys
):
    write_failed(worlds, 0, 5, T0)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    shutil.copytree(tmp_path / SITE, tmp_path / "older")
    write_failed(worlds, 10, 40, T0 + 10 * S)
    follower.step(T0 + 20 * S)
    shutil.rmtree(tmp_path / SITE)
    (tmp_path / "older").rename(tmp_path / SITE)
    worlds[SITE] = World(tmp_path / SITE / "records")
    for at_s in (100, 200):
        write_failed(worlds, at_s, 15, T0 + at_s * S)
        if is_restarted:
            store.close()
            store, follower = open_follower(tmp_path, worlds)
        follower.step(T0 + at_s * S + 10 * S)
    assert len(People(store).list_callbacks()) == 5 + 40 + 30
    assert len(list_rows(store)) == 5 + 40 + 30
    assert capsys.readouterr().out.count("was put back to an older state") == 1
    assert follower.intake.count_gaps() == 0
    store.close()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_nobody_is_counted_twice_when_the_newer_disk_is_back(tmp_path, worlds, is_restarted):
    write_failed(worlds, 0, 5, T0)
    store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + S)
    shutil.copytree(tmp_path / SITE, tmp_path / "older")
    write_failed(worlds, 10, 40, T0 + 10 * S)
    follower.step(T0 + 20 * S)
    (tmp_path / SITE).rename(tmp_path / "newer")
    (tmp_path / "older").rename(tmp_path / SITE)
    newer, worlds[SITE] = worlds[SITE], World(tmp_path / SITE / "records")
    write_failed(worlds, 100, 15, T0 + 100 * S)
    follower.step(T0 + 110 * S)
    shutil.rmtree(tmp_path / SITE)
    (tmp_path / "newer").rename(tmp_path / SITE)
    worlds[SITE] = newer
    write_failed(worlds, 200, 15, T0 + 200 * S)
    if is_restarted:
        store.close()
        store, follower = open_follower(tmp_path, worlds)
    follower.step(T0 + 210 * S)
    assert len(list_rows(store)) == 5 + 40 + 15 + 15
    assert follower.intake.count_gaps() == 0
    store.close()


def test_of_a_folder_with_writers_without_end_the_last_are_known(tmp_path, worlds, monkeypatch):
    monkeypatch.setattr(owners, "WRITERS_MAX", 3)
    store, follower = open_follower(tmp_path, worlds)
    for index in range(8):
        if index == 4:
            store.close()
            store, follower = open_follower(tmp_path, worlds)
        shutil.rmtree(tmp_path / SITE)
        worlds[SITE] = World(tmp_path / SITE / "records")
        write_failed(worlds, index, 1, T0 + index * S)
        follower.step(T0 + index * S + S)
    for table in ("taken", "newest", "writers"):
        (count,) = store.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert count == 3, table
    assert len(follower.intake.list_taken()) == 3
    follower.step(T0 + 20 * S)
    assert len(list_rows(store)) == 8
    store.close()


class PutBack:
    """A folder that is put back to its first record again and again."""

    def __init__(self, name):
        self.name = name
        self.count = 0

    def read(self, _count_max):
        self.count += 1
        return [Record("end", {"site": SITE}, T0 + self.count * S, "0" * 12, 1)]


def test_a_folder_that_is_put_back_without_end_is_bounded_and_said_now_and_then(tmp_path, capsys):
    store, follower = open_follower(tmp_path, {})
    follower.feed.add(PutBack(str(tmp_path / SITE / "records")))
    for second in (*range(1, 50), 4_000, 4_001):
        follower.step(T0 + second * S)
    assert capsys.readouterr().out.count("was put back") == 2
    (count,) = store.execute("SELECT count(*) FROM taken").fetchone()
    assert count == len(follower.intake.list_taken()) == OLDER_MAX + 1
    store.close()
