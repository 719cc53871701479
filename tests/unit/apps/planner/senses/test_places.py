from types import SimpleNamespace

from tests.support.snapshots import NOW, small_content
from tests.unit.watch.probing.test_paths import TOPOLOGY

from route112 import native
from route112.adapters.tables.native import write_native
from route112.apps.planner.senses import places as module
from route112.apps.planner.senses.places import (
    Place,
    compare_station,
    list_pointing,
    read_in_force,
)
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


def test_a_station_is_compared_when_it_has_all_of_its_own(tmp_path):
    assert compare_station(tmp_path) is None
    plan = tmp_path / "plan.r112"
    plan.write_bytes(write_snapshot(small_content()))
    (tmp_path / "current").write_text(f"{plan}\n")
    snapshot = read_in_force(tmp_path)
    assert snapshot.content_hash == Snapshot(plan.read_bytes()).content_hash
    write_native(tmp_path / "native.sqlite", native.translate(snapshot, now=UtcTime(NOW)))
    assert compare_station(tmp_path) == 0
    plan.write_bytes(write_snapshot(small_content(generation=snapshot.generation + 1)))
    assert compare_station(tmp_path) is None


def test_what_is_in_force_somewhere_may_not_be_readable(tmp_path):
    assert read_in_force(tmp_path) is None
    (tmp_path / "current").write_text(str(tmp_path / "gone"))
    assert read_in_force(tmp_path) is None
    (tmp_path / "gone").write_bytes(b"no snapshot")
    assert read_in_force(tmp_path) is None
    (tmp_path / "current").write_bytes(b"\xff")
    assert read_in_force(tmp_path) is None


def test_sites_that_take_calls_are_asked_themselves(tmp_path, monkeypatch):
    entries = [SimpleNamespace(id=id_, kind=kind) for id_, kind in (
        ("s1", "site"), ("s2", "site"), ("a1", "edge"),
    )]  # fmt: skip

    async def survey(sites, *, now_s):
        assert now_s > 0
        states = ("up", "drained")
        return [SimpleNamespace(entry=entry, state=state)
                for entry, state in zip(sites, states, strict=True)]  # fmt: skip

    monkeypatch.setattr(module, "survey", survey)
    monkeypatch.setattr(module, "read_state", lambda _dir: SimpleNamespace(members=entries))
    assert module.list_serving(tmp_path) == ("s1",)


def test_an_edge_points_to_the_sites_that_it_was_started_with(tmp_path):
    place = Place(run_dir=tmp_path, topology=TOPOLOGY, find_file=lambda _hash: None)
    for edge, sites in (
        ("a1", "s1|127.0.1.1:5060|udp;s2|127.0.1.2:5060|udp"),
        ("b1", "s2|h:1|udp"),
    ):
        (tmp_path / edge).mkdir()
        (tmp_path / edge / "edge.cfg").write_text(f'x\n#!define SITES "{sites}"\n')
    assert list_pointing(place, "s1") == ("a1",)
    assert list_pointing(place, "s2") == ("a1", "b1")
    (tmp_path / "a1" / "edge.cfg").write_text("nothing")
    (tmp_path / "b1" / "edge.cfg").unlink()
    assert list_pointing(place, "s1") == ()
