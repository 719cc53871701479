"""Both ends: where trunks end, from where operators call, and in which words."""

import asyncio
from dataclasses import replace
from typing import ClassVar

import pytest
from tests.support.snapshots import small_content

from route112.adapters.processes import ChildError
from route112.adapters.sip import Address
from route112.apps.demo import ends as module
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.ends import check_free, find_source, list_trunk_ends, open_ends
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

SITE = Address("udp", "127.0.1.1", 5060)
CALL = DemoCall(
    dialled="15",
    commune="29019",
    name="Brest",
    operator="bruyere",
    technology="mobile",
    targets=("+33261910010",),
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


@pytest.mark.parametrize(
    ("source", "address"),
    [("127.0.2.16/28", "127.0.2.17"), ("127.0.0.1/32", "127.0.0.1"), ("::1/128", "::1")],
)
def test_an_operator_calls_from_its_own_network(source, address):
    operator = replace(small_content().operators[0], sources=(source,))
    assert find_source(operator) == address


def test_a_place_that_somebody_has_is_named(monkeypatch):
    taken = {"udp": frozenset({("127.0.4.1", 5060)}), "tcp": frozenset({("0.0.0.0", 5061)})}
    monkeypatch.setattr(module, "find_listeners", taken.__getitem__)
    check_free([Address("tcp", "127.0.4.1", 5060), Address("udp", "127.0.4.2", 5060)])
    with pytest.raises(ChildError, match=r"127\.0\.4\.1:5060/udp is taken by another program"):
        check_free([Address("udp", "127.0.4.1", 5060)])
    with pytest.raises(ChildError, match=r"127\.0\.4\.2:5061/tls is taken"):
        check_free([Address("tls", "127.0.4.2", 5061)])


class FakeSocket:
    """Stands in for both ends' sockets."""

    opened: ClassVar[list[str]] = []

    def __init__(self, *_addresses, log, **_options):
        self.log = log

    async def __aenter__(self):
        self.opened.append(self.log.name)
        return self

    async def __aexit__(self, *_error):
        self.opened.remove(self.log.name)

    async def listen(self, place):
        self.opened.append(str(place))


def test_every_end_is_opened_and_closed(snapshot, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "Psaps", FakeSocket)
    monkeypatch.setattr(module, "Callers", FakeSocket)
    monkeypatch.setattr(FakeSocket, "opened", [])

    async def play():
        async with open_ends(snapshot, SITE, tmp_path) as ends:
            return ends, list(FakeSocket.opened)

    ends, opened = asyncio.run(play())
    assert opened[0] == "psaps.jsonl"
    assert opened[-1] == "callers-bruyere.jsonl"
    assert list(ends.callers) == ["bruyere"], "genet has no address of its own"
    assert not {"psaps.jsonl", "callers-bruyere.jsonl"} & set(FakeSocket.opened)
    order = ends.make_order(CALL, call_id="1@demo", caller="+999000001")
    assert (order.dialled, order.to, order.call_id) == ("15", SITE, "1@demo")
    assert order.uri_parameters == (("commune", "29019"),)
    assert ("X-Technology", "mobile") in order.headers
