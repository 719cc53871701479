"""Both ends: where trunks end, from where operators call, and in which words."""

import asyncio

import pytest
from tests.support.snapshots import small_content

from route112.adapters.processes import ChildError
from route112.adapters.sip import Address
from route112.apps.demo import ends as module
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.ends import (
    check_free,
    find_client,
    list_places,
    list_trunk_ends,
    open_ends,
)
from route112.countries.fr.sites import TOPOLOGY
from route112.model.topology import EdgeNode, OperatorNode, Topology
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

CALL = DemoCall(
    dialled="15",
    commune="29019",
    name="Brest",
    operator="bruyere",
    technology="mobile",
    targets=("+33261910010",),
)
EDGE = EdgeNode(id="bruyere-edge-1", address="127.0.2.1:5060", place="Rennes", network="ouest-ip")


def make_node(*clients):
    return OperatorNode(
        id="bruyere", clients=clients, edges=(EDGE,), sites=("site-1",), spread="first"
    )


@pytest.fixture
def snapshot():
    return Snapshot(write_snapshot(small_content()))


def test_every_trunk_end_is_listed_once(snapshot):
    assert list_trunk_ends(snapshot) == (
        Address("udp", "::1", 5064),
        Address("udp", "127.0.4.1", 5060),
        Address("udp", "127.0.4.2", 5060),
        Address("udp", "127.0.5.1", 5060),
    )


def test_every_member_of_the_country_has_a_place():
    places = list_places(TOPOLOGY)
    assert [place.host for place in places[:6]] == [f"127.0.1.{number}" for number in range(1, 7)]
    assert len(places) == 12
    assert {place.port for place in places} == {5060}


@pytest.mark.parametrize(
    ("clients", "address"),
    [("127.0.3.16/28", "127.0.3.17"), ("127.0.0.1/32", "127.0.0.1"), ("::1/128", "::1")],
)
def test_an_operator_calls_from_its_own_network(clients, address):
    assert find_client(make_node(clients)) == address


def test_a_place_that_somebody_has_is_named(monkeypatch):
    taken = {"udp": frozenset({("127.0.4.1", 5060)}), "tcp": frozenset({("0.0.0.0", 5061)})}
    monkeypatch.setattr(module, "find_listeners", taken.__getitem__)
    check_free([Address("tcp", "127.0.4.1", 5060), Address("udp", "127.0.4.2", 5060)])
    with pytest.raises(ChildError, match=r"127\.0\.4\.1:5060/udp is taken by another program"):
        check_free([Address("udp", "127.0.4.1", 5060)])
    with pytest.raises(ChildError, match=r"127\.0\.4\.2:5061/tls is taken"):
        check_free([Address("tls", "127.0.4.2", 5061)])


def test_callers_send_to_their_edge_in_their_operators_words(snapshot, tmp_path):
    topology = Topology(name="one", sites=(), operators=(make_node("127.0.3.0/28"),))

    async def open_one():
        async with open_ends(snapshot, topology, tmp_path) as ends:
            end = ends["bruyere"]
            assert end.callers.local.host == "127.0.3.1"
            return end.make_order(CALL, call_id="1@b", caller="+99920000001", patience_s=12.0)

    order = asyncio.run(open_one())
    assert (order.to, order.timeout_s, order.call_id) == (
        Address("udp", "127.0.2.1", 5060), 12.0, "1@b",
    )  # fmt: skip
    assert order.operator == "bruyere"
    assert (tmp_path / "callers-bruyere.jsonl").exists()
