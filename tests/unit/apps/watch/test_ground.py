from dataclasses import replace

from tests.support.snapshots import small_content

from route112.adapters.watch_store import AlarmBook, open_store
from route112.apps.watch.ground import build_ground, keep_ground, list_answers, list_names
from route112.countries.fr.sites import TOPOLOGY
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

SNAPSHOT = Snapshot(write_snapshot(small_content()))


def test_elements_are_described_from_topology_and_snapshot():
    ground = build_ground(TOPOLOGY, SNAPSHOT)
    assert ground.get(("site", "site-1"), "software") == "1.0"
    assert ground.get(("edge", "bruyere-edge-1"), "operator") == "bruyere"
    psap = SNAPSHOT.psap(0)
    assert ground.get(("psap", psap.id), "departement") == psap.departement
    hop = SNAPSHOT.trunk(0).hops[0]
    assert ground.get(("trunk", hop.address), "vendor") == hop.vendor
    assert ground.numbers == tuple(each.number for each in SNAPSHOT.short_numbers)
    assert sum(ground.inhabitants.values()) > 0


def test_names_are_those_of_the_plan():
    names = list_names(TOPOLOGY, SNAPSHOT)
    assert SNAPSHOT.psap(0).id in names["psap"]
    assert "bruyere" in names["operator"]
    assert set(names) == {"number", "operator", "departement", "psap"}


def test_what_is_another_than_it_was_when_watch_began_last_is_a_change(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    first, *others = TOPOLOGY.sites
    newer = replace(first, software="2.0", place="Brest-2")
    keep_ground(store, TOPOLOGY, SNAPSHOT, now_us=1)
    assert AlarmBook(store).list_changes() == [], "nothing is known from before"
    keep_ground(store, replace(TOPOLOGY, sites=(newer, *others[1:])), SNAPSHOT, now_us=2)
    keep_ground(store, TOPOLOGY, SNAPSHOT, now_us=3)
    found = [(each.at_us, each.what, each.value) for each in AlarmBook(store).list_changes()]
    second = others[0].id
    assert found[:3] == [
        (2, "place Brest -> Brest-2", "site-1"),
        (2, "software 1.0 -> 2.0", "site-1"),
        (2, "gone from the topology", second),
    ]
    assert (3, "new in the topology", second) in found
    assert AlarmBook(store).list_names("number")
    store.close()


def test_an_answering_point_answers_what_the_plan_sends_to_it():
    answers = list_answers(SNAPSHOT)
    assert answers == build_ground(TOPOLOGY, SNAPSHOT).answers
    first: dict[str, set[str]] = {}
    for commune in range(SNAPSHOT.communes_count):
        for number, short in enumerate(SNAPSHOT.short_numbers):
            route = SNAPSHOT.route_index(commune, number)
            variants = () if route == NONE else SNAPSHOT.route(route)
            for psap in (SNAPSHOT.line(each.lines[0]).psap for each in variants):
                if psap != NONE:
                    first.setdefault(SNAPSHOT.psap(psap).id, set()).add(short.number)
    assert first
    assert {psap: set(answers[psap]) for psap in first} == first
    assert any(0 < len(numbers) < len(SNAPSHOT.short_numbers) for numbers in answers.values())
