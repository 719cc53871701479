"""The ways that a call can take, and which of them a test call can go."""

from collections.abc import Iterable
from dataclasses import dataclass

from route112.model import Hop
from route112.model.topology import EdgeNode, SiteNode, Topology, find_version


@dataclass(frozen=True, slots=True, order=True)
class Path:
    """One way: an edge, a site, and the next hop of a trunk."""

    edge: str
    site: str
    hop: str
    """`host:port`."""

    def __str__(self) -> str:
        """`bruyere-edge-1 -> site-2 -> 127.0.4.1:5060`."""
        return f"{self.edge} -> {self.site} -> {self.hop}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """All paths of a country."""

    loops: tuple[Path, ...]
    """Over gateways with a loop number, as often as the bound allows. Neighbours in this order
    share neither edge and site nor gateway, as far as there are several."""
    responders: tuple[tuple[Path, ...], ...]
    """For each IP hop the paths to it: its responder is rung over one of them at a time."""
    untested: tuple[str, ...]
    """Gateways without a loop number."""

    @property
    def count(self) -> int:
        """How many paths are tested."""
        return len(self.loops) + sum(map(len, self.responders))


def list_ways(topology: Topology, hops: Iterable[Hop]) -> Ways:
    """
    List the paths of a country.

    Args:
        topology: with or without `probes`; without loop numbers only IP hops are tested.
        hops: of all trunks of the plan; one that stands in several counts once.
    """
    loops = set(dict(topology.probes.loops) if topology.probes else ())
    technologies = {hop.address: hop.technology for hop in hops}
    gateways = [hop for hop, each in technologies.items() if each != "ip" and hop in loops]
    links = [
        (edge.id, site)
        for operator in topology.operators
        for edge in operator.edges
        for site in operator.sites
    ]
    nodes: tuple[SiteNode | EdgeNode, ...] = (*topology.sites, *topology.list_edges())
    # Audio goes past sites and edges, so that all have to speak the next hop's IP version.
    reach = {node.id: {find_version(address) for address in node.addresses} for node in nodes}
    over = [
        Path(*link, gateways[(index + turn) % len(gateways)])
        for turn in range(len(gateways))
        for index, link in enumerate(links)
    ]

    def is_open(path: Path) -> bool:
        version = find_version(path.hop)
        return version in reach[path.edge] and version in reach[path.site]

    to_ip = (
        tuple(filter(is_open, (Path(*link, hop) for link in links)))
        for hop, technology in technologies.items()
        if technology == "ip"
    )
    return Ways(
        loops=tuple(filter(is_open, over)),
        responders=tuple(paths for paths in to_ip if paths),
        untested=tuple(
            hop for hop, each in technologies.items() if each != "ip" and hop not in loops
        ),
    )
