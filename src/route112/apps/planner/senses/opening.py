"""Opens the eyes of a planner: for a country that `up` runs on its machine, or on other hosts."""

import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from route112.apps.planner.senses.afar import FarLives, FarPlace
from route112.apps.planner.senses.eyes import Eyes
from route112.apps.planner.senses.places import Place
from route112.apps.planner.senses.testing import Rounds
from route112.apps.planner.senses.view import View
from route112.apps.probe.prober import Prober
from route112.apps.watch.keeping import Files
from route112.change import StationFact
from route112.model.topology import Topology, find_version


class Finding(Protocol):
    """Finds what a planner has and has heard: its engine."""

    def find_candidate(self, content_hash: str) -> Path | None:
        """Return the file of a candidate; None: there is none of this name."""

    def find_snapshot(self, content_hash: str) -> Path | None:
        """Return the file that stations fetch; None: there is none of this name."""

    def find_fact(self, station: str) -> StationFact | None:
        """Return what a station said last; None: nothing."""


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
    return Eyes(
        Place(run_dir=run_dir, topology=topology, find_file=find_file),
        View(Files(run_dir if watch is None else watch)),
        open_rounds(topology),
    )


def open_far_eyes(watch: Path, topology: Topology, finding: Finding) -> Eyes:
    """
    Open the eyes of a planner whose stations are on other hosts.

    Args:
        watch: run directory of a watch on this host, that follows the records of all stations.
        topology: edges and sites, and who may place test calls.
        finding: what the planner has and has heard.
    """
    place = FarPlace(
        run_dir=watch,
        topology=topology,
        find_file=finding.find_candidate,
        find_snapshot=finding.find_snapshot,
        find_fact=finding.find_fact,
    )
    lives = FarLives(watch, finding.find_fact)
    return Eyes(place, View(Files(watch)), open_rounds(topology), lives=lives)


def open_rounds(topology: Topology) -> Rounds:
    """Return who places the test calls of a planner."""
    edges = {
        edge.id: {find_version(address): address for address in edge.addresses}
        for edge in topology.list_edges()
    }
    local = list_own(topology)
    return Rounds(lambda: Prober(local, edges))


def list_own(topology: Topology) -> Mapping[int, str]:
    """Return an own address of each IP version that edges take test calls from."""
    hosts: dict[int, str] = {}
    for source in () if topology.probes is None else topology.probes.sources:
        network = ipaddress.ip_network(source)
        hosts.setdefault(network.version, str(network[min(1, network.num_addresses - 1)]))
    return hosts
