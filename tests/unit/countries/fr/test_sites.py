import ipaddress
from dataclasses import replace

from route112.countries.fr.network import OPERATORS
from route112.countries.fr.sites import LOOP, PROBER, TOPOLOGY, add_probes, render_topology
from route112.model import Hop, Wiring
from route112.model.topology import FIRST_SITES, SPREADS
from route112.wire.topology import parse_topology


def test_it_is_read_back_as_it_is():
    assert parse_topology(render_topology(TOPOLOGY), file="t.yaml") == (TOPOLOGY, ())


def test_six_sites_that_share_little():
    assert [site.address for site in TOPOLOGY.sites] == [f"127.0.1.{n}:5060" for n in range(1, 7)]
    things = {
        fate: {getattr(site, fate) for site in TOPOLOGY.sites}
        for fate in ("place", "network", "hosting", "vendor", "power", "software")
    }
    counts = {fate: len(names) for fate, names in things.items()}
    assert counts == {
        "place": 6, "network": 6, "hosting": 5, "vendor": 2, "power": 4, "software": 2,
    }  # fmt: skip


def test_the_operators_are_those_of_the_plan_and_send_from_their_edges():
    assert [node.id for node in TOPOLOGY.operators] == [operator.id for operator in OPERATORS]
    for node, operator in zip(TOPOLOGY.operators, OPERATORS, strict=True):
        assert [f"{edge.host}/32" for edge in node.edges] == [operator.sources[0]]
        others = {edge.host for edge in TOPOLOGY.list_edges()} - {node.edges[0].host}
        for source in operator.sources:
            assert not any(
                ipaddress.ip_address(host) in ipaddress.ip_network(source) for host in others
            )


def test_whoever_played_an_operator_before_still_may():
    callers = {
        "127.0.2.1": "bruyere", "127.0.2.9": "bruyere", "127.0.0.1": "bruyere",
        "127.0.2.17": "cormoran", "127.0.2.33": "dolmen", "127.0.2.49": "ecume",
    }  # fmt: skip
    for address, id_ in callers.items():
        owners = [
            operator.id
            for operator in OPERATORS
            if any(
                ipaddress.ip_address(address) in ipaddress.ip_network(source)
                for source in operator.sources
            )
        ]
        assert owners == [id_]


def test_every_operator_begins_elsewhere_and_knows_all_sites():
    ids = {site.id for site in TOPOLOGY.sites}
    assert all(set(operator.sites) == ids for operator in TOPOLOGY.operators)
    assert len({operator.sites[0] for operator in TOPOLOGY.operators}) == 4
    assert {operator.spread for operator in TOPOLOGY.operators} == set(SPREADS)
    for operator in TOPOLOGY.operators:
        firsts = [TOPOLOGY.find_site(id_) for id_ in operator.sites[:FIRST_SITES]]
        assert len({site.vendor for site in firsts}) == 2
        assert len({site.power for site in firsts}) > 1


def test_clients_and_redirect_servers_are_on_loopback():
    for operator in TOPOLOGY.operators:
        assert all(ipaddress.ip_network(network).is_loopback for network in operator.clients)
    assert TOPOLOGY.list_redirects() == ("127.0.12.1:5060", "127.0.12.2:5060")


def test_the_wiring_of_an_exercise_is_read_back_too():
    bare = Wiring(name="as-2021", tries_max=1, breakers=False, direct=False, shared_state=True)
    exercise = replace(TOPOLOGY, wiring=bare)
    assert parse_topology(render_topology(exercise), file="topology.yaml") == (exercise, ())


def make_hop(address, technology):
    return Hop(
        address=address, transport="udp", technology=technology, vendor="v", capacity_calls=1
    )


def test_test_calls_may_be_placed_over_each_gateway_once():
    hops = [make_hop("127.0.4.1:5060", "ip"), *[make_hop("127.0.4.10:5060", "rtc")] * 2]
    probed = add_probes(TOPOLOGY, hops)
    assert probed.probes.sources == (PROBER,)
    assert probed.probes.loops == (("127.0.4.10:5060", LOOP),)
    for topology in (probed, add_probes(TOPOLOGY, hops[:1])):
        assert parse_topology(render_topology(topology), file="t.yaml") == (topology, ())
    clients = [network for each in TOPOLOGY.operators for network in each.clients]
    prober = ipaddress.ip_network(PROBER)
    assert not any(prober.overlaps(ipaddress.ip_network(network)) for network in clients)
