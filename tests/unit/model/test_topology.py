from dataclasses import replace

import pytest

from route112.model.topology import (
    EdgeNode,
    OperatorNode,
    SiteNode,
    Topology,
    choose_address,
    find_version,
    split_address,
)

SITE = SiteNode(
    id="site-1",
    address="[2001:db8::1]:5060",
    place="Brest",
    network="ouest-ip",
    hosting="granit",
    vendor="alder",
    software="1.0",
    power="bretagne-1",
)
EDGE = EdgeNode(id="a-edge-1", address="127.0.2.1:5080", place="Rennes", network="ouest-ip")
OPERATOR = OperatorNode(
    id="a",
    clients=("127.0.3.0/28",),
    edges=(EDGE,),
    sites=("site-1",),
    spread="first",
    redirect="127.0.12.1:5060",
)
TOPOLOGY = Topology(
    name="demo",
    sites=(SITE,),
    operators=(OPERATOR, replace(OPERATOR, id="b", edges=(), redirect="127.0.12.1:5060")),
)


@pytest.mark.parametrize(
    ("address", "parts"),
    [("127.0.1.1:5060", ("127.0.1.1", 5060)), ("[2001:db8::1]:5061", ("2001:db8::1", 5061))],
)
def test_an_address_has_a_host_and_a_port(address, parts):
    assert split_address(address) == parts


def test_nodes_say_where_they_listen():
    assert (SITE.host, SITE.port) == ("2001:db8::1", 5060)
    assert (EDGE.host, EDGE.port) == ("127.0.2.1", 5080)


def test_a_node_may_have_an_address_of_each_version():
    assert SITE.addresses == ("[2001:db8::1]:5060",)
    assert [find_version(address) for address in SITE.addresses] == [6]
    assert find_version(EDGE.address) == 4
    both = replace(EDGE, also="[2001:db8::9]:5060")
    assert both.addresses == ("127.0.2.1:5080", "[2001:db8::9]:5060")


def test_an_edge_reaches_a_site_by_a_version_that_both_have_the_sites_first_one_first():
    edge = replace(EDGE, also="[2001:db8::9]:5060")
    site = replace(SITE, also="192.0.2.1:5060")
    assert choose_address(SITE, EDGE) == ""
    assert choose_address(SITE, edge) == SITE.address
    assert choose_address(site, EDGE) == "192.0.2.1:5060"
    assert choose_address(site, edge) == SITE.address


def test_nodes_are_found_by_their_ids():
    assert TOPOLOGY.find_site("site-1") is SITE
    assert TOPOLOGY.find_site("site-2") is None
    assert TOPOLOGY.find_operator("a") is OPERATOR
    assert TOPOLOGY.find_operator("c") is None
    assert TOPOLOGY.find_edge("a-edge-1") == (OPERATOR, EDGE)
    assert TOPOLOGY.find_edge("a") is None


def test_edges_of_all_operators_and_each_redirect_server_once():
    assert TOPOLOGY.list_edges() == (EDGE,)
    assert TOPOLOGY.list_redirects() == ("127.0.12.1:5060",)
    silent = replace(TOPOLOGY, operators=(replace(OPERATOR, redirect=""),))
    assert silent.list_redirects() == ()
