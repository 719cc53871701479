"""Which sites and edges share which fate: one flood, one provider, one bug for several of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from route112.model import Problem, Severity
from route112.model.topology import FIRST_SITES, OperatorNode, SiteNode, Topology
from route112.wire.problems import make_problem

FATES = ("place", "network", "hosting", "power", "vendor", "software")
"""What can fail as a whole, as fields of a site; edges have the first two."""
EDGE_FATES = ("place", "network")
SHARED_LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFate:
    """One thing that several sites or edges hang on."""

    fate: str
    """One of `FATES`."""
    thing: str
    """Its name: `ouest-ip`."""
    sites: tuple[str, ...]
    edges: tuple[str, ...]
    operators: tuple[str, ...]
    """Operators whose first sites all hang on it."""


def list_shared(topology: Topology) -> tuple[SharedFate, ...]:
    """List what two or more sites or edges share, in the order of `FATES`."""
    return tuple(
        shared
        for fate in FATES
        for thing in _list_things(topology, fate)
        if len((shared := _gather(topology, fate, thing)).sites + shared.edges) >= SHARED_LEAST
    )


def check_topology(topology: Topology, *, file: str) -> Iterator[Problem]:
    """Warn of what a single failure would take away from everybody, or from one operator."""
    everywhere = set()
    for shared in list_shared(topology):
        if len(shared.sites) == len(topology.sites) >= SHARED_LEAST:
            everywhere.add((shared.fate, shared.thing))
            yield make_problem(
                Severity.WARNING,
                "sites-share-fate",
                f"all {len(shared.sites)} sites share the {shared.fate} {shared.thing}; when it "
                "fails, edges have nothing left but the direct route",
                "Put one site elsewhere",
                file=file,
                column="sites",
                value=shared.thing,
            )
    for operator in topology.operators:
        firsts = _list_first(topology, operator)
        for fate in FATES:
            thing = getattr(firsts[0], fate)
            if not _is_shared(firsts, fate) or (fate, thing) in everywhere:
                continue
            yield make_problem(
                Severity.WARNING,
                "first-sites-share-fate",
                f"the first {len(firsts)} sites of {operator.id} share the {fate} {thing}; when "
                "it fails, calls that begin there are left with the direct route",
                "Name a site with another one among the first",
                file=file,
                column=f"operators.{operator.id}.sites",
                value=thing,
            )
        yield from _check_edges(operator, file)


def _check_edges(operator: OperatorNode, file: str) -> Iterator[Problem]:
    place = f"operators.{operator.id}.edges"
    if len(operator.edges) < SHARED_LEAST:
        yield make_problem(
            Severity.WARNING,
            "single-edge",
            f"{operator.id} has one edge; nothing of it reaches a site while that is down",
            "Name a second one in another place",
            file=file,
            column=place,
            value=operator.edges[0].id,
        )
        return
    for fate in EDGE_FATES:
        things = {getattr(edge, fate) for edge in operator.edges}
        if len(things) == 1:
            yield make_problem(
                Severity.WARNING,
                "edges-share-fate",
                f"all edges of {operator.id} share the {fate} {things.pop()}",
                "Put one edge elsewhere",
                file=file,
                column=place,
            )


def _list_things(topology: Topology, fate: str) -> tuple[str, ...]:
    nodes = (*topology.sites, *(topology.list_edges() if fate in EDGE_FATES else ()))
    return tuple(dict.fromkeys(getattr(node, fate) for node in nodes))


def _gather(topology: Topology, fate: str, thing: str) -> SharedFate:
    edges = topology.list_edges() if fate in EDGE_FATES else ()
    return SharedFate(
        fate=fate,
        thing=thing,
        sites=tuple(site.id for site in topology.sites if getattr(site, fate) == thing),
        edges=tuple(edge.id for edge in edges if getattr(edge, fate) == thing),
        operators=tuple(
            operator.id
            for operator in topology.operators
            if _is_shared(firsts := _list_first(topology, operator), fate)
            and getattr(firsts[0], fate) == thing
        ),
    )


def _list_first(topology: Topology, operator: OperatorNode) -> tuple[SiteNode, ...]:
    """List the sites that one call of an operator may try, from the start of its order."""
    sites = (topology.find_site(id_) for id_ in operator.sites[:FIRST_SITES])
    return tuple(site for site in sites if site is not None)


def _is_shared(sites: Sequence[SiteNode], fate: str) -> bool:
    """Tell whether one thing takes all of them; one site alone shares it with nobody."""
    return len(sites) >= SHARED_LEAST and len({getattr(site, fate) for site in sites}) == 1
