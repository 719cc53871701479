"""The demo's topology: six sites on six networks, four operators with one edge each; invented."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from route112.countries.fr.national import quote, quote_all
from route112.model import Hop, Wiring
from route112.model.topology import EdgeNode, OperatorNode, ProbeNode, SiteNode, Topology

PORT = 5060
PROBER = "127.0.14.1/32"
"""Where test calls come from."""
LOOP = "+33199000112"
"""What loops back at each gateway; no line of the demo's plan, and fiction as all of them are."""

SITES = tuple(
    SiteNode(
        id=f"site-{number}",
        address=f"127.0.1.{number}:{PORT}",
        place=place,
        network=network,
        hosting=hosting,
        vendor=vendor,
        software=software,
        power=power,
    )
    for number, (place, network, hosting, vendor, software, power) in enumerate(
        (
            ("Brest", "ouest-ip", "granit", "alder", "1.0", "bretagne-1"),
            ("Lille", "nord-ip", "brique", "birch", "1.0", "nord-1"),
            ("Strasbourg", "est-ip", "gres", "alder", "1.0", "est-1"),
            ("Lyon", "rhone-ip", "galet", "birch", "1.0", "sud-1"),
            ("Toulouse", "midi-ip", "brique", "alder", "1.0", "sud-1"),
            ("Rouen", "seine-ip", "craie", "birch", "1.1", "nord-1"),
        ),
        start=1,
    )
)
"""Networks and hosting providers are invented; the sixth has the next version already."""


def _make_operator(  # noqa: PLR0913  one parameter for each column of the table below
    index: int, id_: str, *, place: str, network: str, order: str, spread: str, redirect: int
) -> OperatorNode:
    return OperatorNode(
        id=id_,
        clients=(f"127.0.3.{16 * index}/28",),
        edges=(
            EdgeNode(
                id=f"{id_}-edge-1",
                address=f"127.0.2.{index + 1}:{PORT}",
                place=place,
                network=network,
            ),
        ),
        sites=tuple(f"site-{number}" for number in order),
        spread=spread,
        redirect=f"127.0.12.{redirect}:{PORT}",
    )


TOPOLOGY = Topology(
    name="demo",
    sites=SITES,
    operators=(
        _make_operator(
            0, "bruyere", place="Rennes", network="ouest-ip", order="142635",
            spread="round-robin", redirect=1,
        ),
        _make_operator(
            1, "cormoran", place="Marseille", network="rhone-ip", order="361524",
            spread="round-robin", redirect=1,
        ),
        _make_operator(
            2, "dolmen", place="Paris", network="seine-ip", order="526143",
            spread="first", redirect=2,
        ),
        _make_operator(
            3, "ecume", place="Bordeaux", network="midi-ip", order="654321",
            spread="round-robin", redirect=2,
        ),
    ),
)  # fmt: skip
"""
The first three sites of bruyere run one version, which `route112 topology check` must find.
"""


def add_probes(topology: Topology, hops: Iterable[Hop]) -> Topology:
    """Let test calls be placed, over the gateways among these next hops too."""
    gateways = dict.fromkeys(hop.address for hop in hops if hop.technology != "ip")
    loops = tuple((gateway, LOOP) for gateway in gateways)
    return replace(topology, probes=ProbeNode(sources=(PROBER,), loops=loops))


def render_topology(topology: Topology) -> bytes:
    """Render `topology.yaml`."""
    return ("\n".join(_list_lines(topology)) + "\n").encode()


def _list_lines(topology: Topology) -> Iterator[str]:
    yield "# Synthetic: invented networks, hosting providers and vendors, loopback addresses."
    yield f"name: {topology.name}"
    if topology.wiring is not None:
        yield from _list_wiring(topology.wiring)
    yield "sites:"
    for site in topology.sites:
        yield (
            f"  - {{id: {site.id}, address: {quote(site.address)}, place: {quote(site.place)},"
            f" network: {site.network}, hosting: {site.hosting}, vendor: {site.vendor},"
            f" software: {quote(site.software)}, power: {site.power}}}"
        )
    yield "operators:"
    for operator in topology.operators:
        yield f"  - id: {operator.id}"
        yield f"    clients: {quote_all(operator.clients)}"
        yield "    edges:"
        for edge in operator.edges:
            yield (
                f"      - {{id: {edge.id}, address: {quote(edge.address)},"
                f" place: {quote(edge.place)}, network: {edge.network}}}"
            )
        yield f"    sites: [{', '.join(operator.sites)}]"
        yield f"    spread: {operator.spread}"
        yield f"    redirect: {quote(operator.redirect)}"
    if topology.probes is not None:
        yield "probes:"
        yield f"  sources: {quote_all(topology.probes.sources)}"
        yield "  loops:" if topology.probes.loops else "  loops: {}"
        for gateway, number in topology.probes.loops:
            yield f"    {quote(gateway)}: {quote(number)}"


def _list_wiring(wiring: Wiring) -> Iterator[str]:
    yield "# An exercise: calls may be lost that a country in service would not lose."
    flags = {
        "breakers": wiring.breakers,
        "direct": wiring.direct,
        "shared_state": wiring.shared_state,
    }
    said = ", ".join(f"{name}: {'yes' if flag else 'no'}" for name, flag in flags.items())
    yield f"wiring: {{name: {wiring.name}, tries_max: {wiring.tries_max}, {said}}}"
