from tests.support.snapshots import small_content

from route112.apps.watch.ground import build_ground, list_names
from route112.countries.fr.sites import TOPOLOGY
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
