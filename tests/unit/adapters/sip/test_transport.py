"""Sockets: opened when needed, closed when misused, failures told."""

import asyncio
import gc
import socket
import threading

import pytest
from tests.support.sip_ends import make_certificates, run, until
from tests.unit.wire.sip.test_messages import message

from route112.adapters.sip import Address, transport
from route112.adapters.sip.transport import Transports
from route112.wire.sip import Peer
from route112.wire.sip.core import Outgoing

HOST = "127.0.47.1"
CONTENT = message(b"Content-Length: 0\r\n")


class Ends:
    """Two sets of sockets that write down what came."""

    def __init__(self, tls=None):
        self.got, self.failures = asyncio.Queue(), asyncio.Queue()
        self.far = Transports(lambda *got: self.got.put_nowait(got), lambda _peer: None, tls)
        self.near = Transports(
            lambda *got: self.got.put_nowait(got), self.failures.put_nowait, tls
        )

    async def open(self, name):
        self.place = await self.far.listen(Address(name, HOST, 0))
        self.own = await self.near.listen(Address(name, HOST, 0))

    def peer(self, port=None):
        place = self.place
        return Peer(
            transport=place.transport,
            host=HOST,
            port=place.port if port is None else port,
            local_host=HOST,
            local_port=self.own.port,
        )

    async def close(self):
        await self.near.close()
        await self.far.close()


@pytest.mark.parametrize("name", ["udp", "tcp", "tls"])
def test_bytes_arrive_and_the_way_back_is_known(name, tmp_path):
    async def scenario():
        ends = Ends(make_certificates(tmp_path))
        await ends.open(name)
        for _ in range(2):
            ends.near.send(Outgoing(CONTENT, ends.peer()))
        content, peer = await ends.got.get()
        assert (await ends.got.get())[0] == content == CONTENT
        assert (peer.transport, peer.host, peer.local_port) == (name, HOST, ends.place.port)
        ends.far.send(Outgoing(CONTENT, peer))
        assert (await ends.got.get())[0] == CONTENT
        assert len(ends.near.connections) == (0 if name == "udp" else 1)
        await ends.close()

    run(scenario())


def test_a_connection_that_cannot_be_had_is_told():
    async def scenario():
        ends = Ends()
        await ends.open("tcp")
        ends.near.send(Outgoing(CONTENT, ends.peer(port=9)))
        assert (await ends.failures.get()).port == 9
        assert ends.near.connections == {}
        await ends.close()

    run(scenario())


def test_a_datagram_from_an_address_that_is_not_ours_is_told():
    async def scenario():
        ends = Ends()
        await ends.open("udp")
        ends.own = Address("udp", HOST, 1)
        ends.near.send(Outgoing(CONTENT, ends.peer()))
        assert (await ends.failures.get()).local_port == 1
        await ends.close()

    run(scenario())


def test_tls_without_files_is_refused():
    async def scenario():
        ends = Ends()
        with pytest.raises(ValueError, match="TLS needs a certificate, its key and an authority"):
            await ends.open("tls")
        ends.place, ends.own = Address("tls", HOST, 9), Address("tls", HOST, 8)
        ends.near.send(Outgoing(CONTENT, ends.peer()))
        assert (await ends.failures.get()).transport == "tls"
        await ends.close()

    run(scenario())


def test_a_stream_that_is_no_sip_is_closed():
    async def scenario():
        ends = Ends()
        await ends.open("tcp")
        reader, writer = await asyncio.open_connection(HOST, ends.place.port)
        writer.write(message())  # no Content-Length
        assert await reader.read() == b""
        writer.close()
        await ends.close()

    run(scenario())


def test_connections_are_bounded(monkeypatch):
    monkeypatch.setattr(transport, "CONNECTIONS_MAX", 1)

    async def scenario():
        ends = Ends()
        await ends.open("tcp")
        first = await asyncio.open_connection(HOST, ends.place.port)
        first[1].write(CONTENT)
        await ends.got.get()
        reader, writer = await asyncio.open_connection(HOST, ends.place.port)
        assert await reader.read() == b""
        for opened in (first[1], writer):
            opened.close()
        await ends.close()

    run(scenario())


def test_a_peer_that_reads_nothing_is_let_go(monkeypatch):
    monkeypatch.setattr(transport, "WAITING_BYTES_MAX", 0)

    async def scenario():
        ends = Ends()
        writers = []
        server = await asyncio.start_server(lambda _, writer: writers.append(writer), HOST, 0)
        ends.place = Address("tcp", HOST, server.sockets[0].getsockname()[1])
        ends.own = await ends.near.listen(Address("tcp", HOST, 0))
        big = Outgoing(b"x" * 20_000_000, ends.peer())
        ends.near.send(big)
        await until(lambda: any(each._transport for each in ends.near.connections.values()))
        await until(lambda: writers)
        ends.near.send(big)
        assert (await ends.failures.get()).port == ends.place.port
        server.close()
        writers[0].transport.abort()
        await ends.close()

    run(scenario())


def test_a_peer_that_says_no_good_bye_keeps_no_socket_open(tmp_path):
    """A warning about an open socket would fail this test, or one after it."""
    files = make_certificates(tmp_path)
    silent = threading.Event()

    def serve(plain):
        accepted, _ = plain.accept()
        with accepted, files.server().wrap_socket(accepted, server_side=True) as far:
            far.recv(1)
            silent.wait(5)

    async def scenario(place):
        ends = Ends(files)
        ends.own = await ends.near.listen(Address("tls", HOST, 0))
        ends.place = place
        ends.near.send(Outgoing(CONTENT, ends.peer()))
        await until(lambda: any(each._transport for each in ends.near.connections.values()))
        await ends.near.close()
        assert not ends.near.connections

    with socket.create_server((HOST, 0)) as plain:
        thread = threading.Thread(target=serve, args=(plain,))
        thread.start()
        run(scenario(Address("tls", *plain.getsockname())))
        silent.set()
        thread.join()
    gc.collect()
