from dataclasses import replace

from route112.countries.fr.sites import TOPOLOGY
from route112.model import Severity
from route112.planning.fates import SharedFate, check_topology, list_shared


def find(topology, fate, thing):
    return next(
        (one for one in list_shared(topology) if (one.fate, one.thing) == (fate, thing)), None
    )


def list_codes(topology):
    return [(problem.code, problem.value) for problem in check_topology(topology, file="t.yaml")]


def give_second_edges(topology, **changes):
    operators = tuple(
        replace(
            operator,
            edges=(*operator.edges, replace(operator.edges[0], id=f"{operator.id}-2", **changes)),
        )
        for operator in topology.operators
    )
    return replace(topology, operators=operators)


def change_sites(topology, **changes):
    return replace(topology, sites=tuple(replace(site, **changes) for site in topology.sites))


def test_what_two_sites_or_a_site_and_an_edge_share_is_listed():
    assert find(TOPOLOGY, "hosting", "brique") == SharedFate(
        fate="hosting", thing="brique", sites=("site-2", "site-5"), edges=(), operators=()
    )
    assert find(TOPOLOGY, "network", "ouest-ip") == SharedFate(
        fate="network",
        thing="ouest-ip",
        sites=("site-1",),
        edges=("bruyere-edge-1",),
        operators=(),
    )
    assert find(TOPOLOGY, "network", "est-ip") is None
    assert not any(one.fate == "place" for one in list_shared(TOPOLOGY))


def test_operators_whose_first_sites_all_share_a_thing_are_named():
    shared = find(TOPOLOGY, "software", "1.0")
    assert len(shared.sites) == 5
    assert shared.operators == ("bruyere",)
    assert ("first-sites-share-fate", "1.0") in list_codes(TOPOLOGY)
    assert find(TOPOLOGY, "vendor", "alder").operators == ()


def test_an_operator_with_one_site_shares_with_nobody():
    alone = tuple(replace(operator, sites=("site-1",)) for operator in TOPOLOGY.operators)
    topology = replace(TOPOLOGY, operators=alone)
    assert not any(one.operators for one in list_shared(topology))
    assert {code for code, _ in list_codes(topology)} == {"single-edge"}


def test_what_takes_every_site_is_told_once():
    codes = list_codes(change_sites(TOPOLOGY, software="1.0"))
    assert codes.count(("sites-share-fate", "1.0")) == 1
    assert not any(code == "first-sites-share-fate" for code, _ in codes)


def test_one_site_alone_is_no_shared_fate():
    site = TOPOLOGY.sites[0]
    operators = tuple(replace(one, sites=(site.id,)) for one in TOPOLOGY.operators)
    codes = list_codes(replace(TOPOLOGY, sites=(site,), operators=operators))
    assert {code for code, _ in codes} == {"single-edge"}


def test_edges_of_an_operator():
    assert [code for code, _ in list_codes(TOPOLOGY)].count("single-edge") == 4
    same = [
        str(problem)
        for problem in check_topology(give_second_edges(TOPOLOGY), file="t.yaml")
        if problem.code == "edges-share-fate"
    ]
    assert len(same) == 8
    assert same[0] == (
        "warning: t.yaml operators.bruyere.edges: all edges of bruyere share the place Rennes. "
        "Put one edge elsewhere."
    )
    apart = give_second_edges(TOPOLOGY, place="Nice", network="azur-ip")
    codes = {code for code, _ in list_codes(apart)}
    assert not codes & {"single-edge", "edges-share-fate"}


def test_problems_are_warnings_with_the_place_of_the_field():
    problems = list(check_topology(TOPOLOGY, file="t.yaml"))
    assert {problem.severity for problem in problems} == {Severity.WARNING}
    assert problems[0].column == "operators.bruyere.sites"
