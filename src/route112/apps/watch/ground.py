"""What a topology and a snapshot say of the things that elements hang on."""

from route112.model.topology import Topology
from route112.snapshot.reader import Snapshot
from route112.watch.alarms import Ground
from route112.watch.alarms.ground import (
    count_inhabitants,
    describe_departements,
    describe_psaps,
    describe_topology,
    describe_trunks,
)


def build_ground(topology: Topology, snapshot: Snapshot) -> Ground:
    """Return what alarms have to know of the country."""
    trunks = (snapshot.trunk(index) for index in range(snapshot.records.frame.count("trunks")))
    return Ground(
        attributes={
            **describe_topology(topology),
            **describe_trunks((trunk.name, trunk.hops) for trunk in trunks),
            **describe_psaps(map(snapshot.psap, range(snapshot.psaps_count))),
            **describe_departements({each.code: each.zone for each in snapshot.departements}),
        },
        inhabitants=count_inhabitants(map(snapshot.commune, range(snapshot.communes_count))),
        numbers=tuple(each.number for each in snapshot.short_numbers),
    )


def list_names(topology: Topology, snapshot: Snapshot) -> dict[str, list[str]]:
    """List what a report can be about, by dimension."""
    return {
        "number": [each.number for each in snapshot.short_numbers],
        "operator": [each.id for each in topology.operators],
        "departement": [each.code for each in snapshot.departements],
        "psap": [snapshot.psap(index).id for index in range(snapshot.psaps_count)],
    }
