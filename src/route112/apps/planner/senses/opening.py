"""Opens the eyes of a planner for a country that `up` runs on its machine."""

import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path

from route112.apps.planner.senses.eyes import Eyes
from route112.apps.planner.senses.places import Place
from route112.apps.planner.senses.testing import Rounds
from route112.apps.planner.senses.view import View
from route112.apps.probe.prober import Prober
from route112.apps.watch.keeping import Files
from route112.model.topology import Topology, find_version


def open_eyes(
    run_dir: Path,
    topology: Topology,
    find_file: Callable[[str], Path | None],
    *,
    watch: Path | None = None,
) -> Eyes:
    """
    Open the eyes of a planner.

    Args:
        run_dir: run directories of all stations are below it.
        topology: edges and sites, and who may place test calls.
        find_file: returns the file of a candidate by its content hash.
        watch: run directory of watch; None: the same.
    """
    edges = {
        edge.id: {find_version(address): address for address in edge.addresses}
        for edge in topology.list_edges()
    }
    local = list_own(topology)
    return Eyes(
        Place(run_dir=run_dir, topology=topology, find_file=find_file),
        View(Files(run_dir if watch is None else watch)),
        Rounds(lambda: Prober(local, edges)),
    )


def list_own(topology: Topology) -> Mapping[int, str]:
    """Return an own address of each IP version that edges take test calls from."""
    hosts: dict[int, str] = {}
    for source in () if topology.probes is None else topology.probes.sources:
        network = ipaddress.ip_network(source)
        hosts.setdefault(network.version, str(network[min(1, network.num_addresses - 1)]))
    return hosts
