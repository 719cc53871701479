from types import SimpleNamespace

from tests.unit.watch.probing.test_paths import TOPOLOGY

from route112.apps.planner.senses import places as module
from route112.apps.planner.senses.places import (
    Place,
    list_pointing,
)


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
