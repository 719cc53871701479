"""The fields of a topology."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from route112.model import Problem
from route112.model.topology import (
    SPREADS,
    EdgeNode,
    OperatorNode,
    ProbeNode,
    SiteNode,
    TlsPaths,
    Topology,
    choose_address,
)
from route112.wire.documents.fields import Fields
from route112.wire.documents.network import ID, ID_SHAPE
from route112.wire.documents.nodes import read_document
from route112.wire.documents.scenario import read_wiring
from route112.wire.problems import ProblemList
from route112.wire.topology.places import (
    Seen,
    read_address,
    read_clients,
    read_loops,
    read_metrics,
    read_redirect,
    take_address,
)

SITES_MAX = 32
"""Sites of a country, and sites that one operator names."""
OPERATORS_MAX = 64
"""Operators of a country."""
EDGES_MAX = 16
"""Edges of one operator."""
SOFTWARE = "[A-Za-z0-9][A-Za-z0-9.+~-]{0,39}"
RESERVED = re.compile(r"psaps(-[0-9]+)?|redirect-[0-9]+|probe")
"""Names that `route112 up` and `watch probe` give to processes which no topology names."""


def parse_topology(content: bytes, *, file: str) -> tuple[Topology | None, tuple[Problem, ...]]:
    """Parse a `topology.yaml`; None when a problem is an error."""
    problems = ProblemList(file)
    node = read_document(content, problems)
    if node is None:
        return None, problems.finish()
    top, seen = Fields(node, "", problems), Seen()
    name = top.get_match("name", ID, shape=ID_SHAPE)
    sites = tuple([_read_site(item, seen) for item in top.iterate("sites")])
    known = {site.id: site for site in sites}
    operators: dict[str, OperatorNode] = {}
    for item in top.iterate("operators"):
        operator = _read_operator(item, known, seen)
        if operator.id in operators:
            item.refuse("id", "the operator is there twice", "Remove one", value=operator.id)
        operators[operator.id] = operator
    _check_metrics(top, operators.values())
    _check_count(top, "sites", sites, SITES_MAX)
    _check_count(top, "operators", operators, OPERATORS_MAX)
    inner = top.get_fields("wiring", required=False)
    wiring = None if inner is None else read_wiring(inner)
    inner = top.get_fields("probes", required=False)
    probes = None if inner is None else _read_probes(inner, seen)
    top.finish()
    topology = Topology(
        name=name, sites=sites, operators=tuple(operators.values()), wiring=wiring, probes=probes
    )
    return (None if problems.has_errors else topology), problems.finish()


def _read_site(item: Fields, seen: Seen) -> SiteNode:
    site = SiteNode(
        id=_read_id(item, "site", seen),
        address=read_address(item, "address"),
        place=item.get_text("place"),
        network=_read_thing(item, "network"),
        hosting=_read_thing(item, "hosting"),
        vendor=_read_thing(item, "vendor"),
        software=item.get_match("software", SOFTWARE, shape="a version such as 1.0"),
        power=_read_thing(item, "power"),
        also=read_address(item, "also", required=False),
        tls=_read_tls(item),
    )
    take_address(item, site, seen)
    site = replace(site, metrics=read_metrics(item, "metrics", seen, owner=site.id))
    item.finish()
    return site


def _read_operator(item: Fields, known: Mapping[str, SiteNode], seen: Seen) -> OperatorNode:
    operator = OperatorNode(
        id=item.get_match("id", ID, shape=ID_SHAPE),
        clients=read_clients(item, seen),
        edges=tuple([_read_edge(edge, seen) for edge in item.iterate("edges")]),
        sites=_read_preference(item, known),
        spread=item.get_text("spread", among=SPREADS),
        redirect=(redirect := read_redirect(item, seen)),
        redirect_metrics=read_metrics(item, "redirect_metrics", seen, owner=redirect),
    )
    if operator.redirect_metrics and not operator.redirect:
        item.refuse(
            "redirect_metrics", "the operator has no redirect server that could answer there",
            "Add `redirect`, or remove it", value=operator.redirect_metrics,
        )  # fmt: skip
    _check_count(item, "edges", operator.edges, EDGES_MAX)
    _check_versions(item, operator, known)
    item.finish()
    return operator


def _read_edge(item: Fields, seen: Seen) -> EdgeNode:
    edge = EdgeNode(
        id=_read_id(item, "edge", seen),
        address=read_address(item, "address"),
        place=item.get_text("place"),
        network=_read_thing(item, "network"),
        also=read_address(item, "also", required=False),
        tls=_read_tls(item),
    )
    take_address(item, edge, seen)
    edge = replace(edge, metrics=read_metrics(item, "metrics", seen, owner=edge.id))
    item.finish()
    return edge


def _read_probes(item: Fields, seen: Seen) -> ProbeNode:
    probes = ProbeNode(
        sources=read_clients(item, seen, name="sources"), loops=read_loops(item, "loops")
    )
    item.finish()
    return probes


def _read_id(item: Fields, what: str, seen: Seen) -> str:
    text = item.get_match("id", ID, shape=ID_SHAPE)
    if text in seen.ids:
        item.refuse(
            "id", "another site or edge has this id", f"Give the {what} an id of its own",
            value=text,
        )  # fmt: skip
    if RESERVED.fullmatch(text):
        item.refuse(
            "id", "the name is kept for a process of `route112 up`",
            f"Give the {what} another id", value=text,
        )  # fmt: skip
    if text:
        seen.ids.add(text)
    return text


def _read_thing(item: Fields, name: str) -> str:
    """Read the name of something that fails as a whole: compared letter by letter."""
    return item.get_match(name, ID, shape=ID_SHAPE)


def _read_tls(item: Fields) -> TlsPaths | None:
    inner = item.get_fields("tls", required=False)
    if inner is None:
        return None
    tls = TlsPaths(
        certificate=inner.get_text("certificate"),
        key=inner.get_text("key"),
        ca=inner.get_text("ca"),
    )
    inner.finish()
    return tls


def _check_versions(item: Fields, operator: OperatorNode, known: Mapping[str, SiteNode]) -> None:
    """Refuse a site that an edge could never send to."""
    for site in (known[id_] for id_ in operator.sites if id_ in known):
        for edge in operator.edges:
            if site.address and edge.address and not choose_address(site, edge):
                item.refuse(
                    "sites", f"{edge.id} and this site share no IP version",
                    "Give one of them a second address with `also`, or leave the site out",
                    value=site.id,
                )  # fmt: skip


def _check_metrics(top: Fields, operators: Iterable[OperatorNode]) -> None:
    """Refuse a redirect server whose figures would be at two places."""
    places: dict[str, str] = {}
    for each in operators:
        if each.redirect_metrics:
            first = places.setdefault(each.redirect, each.redirect_metrics)
            if first != each.redirect_metrics:
                top.refuse(
                    "operators", f"the figures of redirect server {each.redirect} are at {first}",
                    "Name one place for them", value=each.redirect_metrics,
                )  # fmt: skip


def _read_preference(item: Fields, known: Collection[str]) -> tuple[str, ...]:
    ids = item.get_texts("sites")
    _check_count(item, "sites", ids, SITES_MAX)
    for index, text in enumerate(ids[: SITES_MAX + 1]):
        if text not in known:
            item.refuse(
                "sites", "no site has this id", "Write the id of one of the sites above",
                value=text,
            )  # fmt: skip
        elif text in ids[:index]:
            item.refuse("sites", "the site is named twice", "Name it once", value=text)
    return ids


def _check_count(item: Fields, name: str, found: Collection[object], most: int) -> None:
    if len(found) > most:
        item.refuse(name, f"the list has more than {most} items", "Shorten it")
