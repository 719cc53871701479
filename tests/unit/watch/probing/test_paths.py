from dataclasses import replace

from route112.model import Hop
from route112.model.topology import EdgeNode, OperatorNode, ProbeNode, SiteNode, Topology
from route112.watch.probing.paths import Path, list_ways


def make_site(id_, address, also=""):
    return SiteNode(
        id=id_, address=address, also=also, place="Brest", network="n", hosting="h", vendor="v",
        software="1", power="p",
    )  # fmt: skip


def make_hop(address, technology="ip"):
    return Hop(
        address=address, transport="udp", technology=technology, vendor="v", capacity_calls=1
    )


def make_operator(id_, *edges, sites):
    nodes = tuple(
        EdgeNode(id=name, address=address, also=also, place="Brest", network="n")
        for name, address, also in edges
    )
    return OperatorNode(id=id_, clients=(), edges=nodes, sites=sites, spread="first")


G1, G2, IP, SIX = "127.0.5.1:5060", "127.0.5.2:5060", "127.0.4.1:5060", "[::1]:5060"
TOPOLOGY = Topology(
    name="t",
    sites=(
        make_site("s1", "127.0.1.1:5060"),
        make_site("s2", "127.0.1.2:5060", "[::2]:5060"),
    ),
    operators=(
        make_operator("a", ("a1", "127.0.2.1:5060", ""), sites=("s1", "s2")),
        make_operator("b", ("b1", "127.0.2.2:5060", "[::3]:5060"), sites=("s2",)),
    ),
    probes=ProbeNode(sources=("127.0.14.1/32",), loops=((G1, "+33199000112"), (G2, "+3399"))),
)


def test_every_edge_site_and_gateway_and_neighbours_share_no_link():
    ways = list_ways(TOPOLOGY, [make_hop(G1, "rtc"), make_hop(G2, "rtc"), make_hop(G1, "rtc")])
    assert len(ways.loops) == 6 == len(set(ways.loops)) == ways.count
    assert ways.loops[:3] == (Path("a1", "s1", G1), Path("a1", "s2", G2), Path("b1", "s2", G1))
    assert str(ways.loops[0]) == "a1 -> s1 -> 127.0.5.1:5060"


def test_a_responder_has_all_paths_to_it_in_turn():
    ways = list_ways(TOPOLOGY, [make_hop(IP)])
    assert ways.responders == ((Path("a1", "s1", IP), Path("a1", "s2", IP), Path("b1", "s2", IP)),)
    assert (ways.loops, ways.count) == ((), 3)


def test_audio_needs_one_ip_version_along_the_way():
    ways = list_ways(TOPOLOGY, [make_hop(SIX)])
    assert ways.responders == ((Path("b1", "s2", SIX),),)
    assert list_ways(TOPOLOGY, [make_hop("[::9]:5060", "rtc")]).untested == ("[::9]:5060",)
    only_four = replace(TOPOLOGY, operators=TOPOLOGY.operators[:1])
    assert list_ways(only_four, [make_hop(SIX)]).responders == ()


def test_a_gateway_without_a_loop_number_is_not_tested_and_said():
    nobody = replace(TOPOLOGY, probes=None)
    ways = list_ways(nobody, [make_hop(G1, "rtc"), make_hop(IP)])
    assert (ways.loops, ways.untested) == ((), (G1,))
