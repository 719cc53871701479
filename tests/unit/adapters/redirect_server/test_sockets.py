import asyncio
import socket

import pytest
from tests.support.redirect import CALL, find_status, make_request

from route112.adapters.redirect_server import sockets
from route112.adapters.redirect_server.sockets import Listen, serve


class Wire(asyncio.Transport):
    """A TCP peer."""

    def __init__(self, source="127.0.2.1", unread=0):
        super().__init__()
        self.sent = b""
        self.aborted = False
        self.ended = False
        self.source = source
        self.unread = unread

    def get_extra_info(self, name, default=None):
        return (self.source, 40_000) if name == "peername" else default

    def write(self, data):
        self.sent += data

    def get_write_buffer_size(self):
        return self.unread

    def write_eof(self):
        self.ended = True

    def abort(self):
        self.aborted = True


def converse(server, *pieces, unread=0):
    """Open a connection, send pieces, close it; returns the peer."""

    async def run():
        wire = Wire(unread=unread)
        connection = sockets._Connection(server)
        connection.connection_made(wire)
        for piece in pieces:
            connection.data_received(piece)
        connection.connection_lost(None)
        return wire

    return asyncio.run(run())


def test_a_stream_is_cut_into_messages_however_it_arrives(server):
    body = CALL.replace(b"Content-Length: 0", b"Content-Length: 4") + b"v=0\n"
    stream = CALL + b"\r\n" + body + make_request(method="OPTIONS")
    for size in (1, 7, len(stream)):
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        sent = converse(server, *pieces).sent
        assert [find_status(one) for one in sent.split(b"\r\n\r\n")[:-1]] == [302, 302, 200]


def test_a_ping_is_answered_and_a_keep_alive_is_not(server):
    assert converse(server, b"\r\n\r\n").sent == b"\r\n"
    assert converse(server, b"\r\n").sent == b""


LARGE = CALL.replace(b"Content-Length: 0", b"Content-Length: 65535")


def test_a_stream_that_is_too_long_and_no_message_is_closed(server):
    assert converse(server, b"x" * 65_536).aborted


@pytest.mark.parametrize(
    "content", [LARGE, LARGE.replace(b"\r\n", b"\n"), CALL[:-2] + b"X: " + b"y" * 65_536]
)
def test_a_message_that_is_too_large_is_told_so_and_nothing_is_heard_after_it(server, content):
    wire = converse(server, content, CALL)
    assert [find_status(one) for one in wire.sent.split(b"\r\n\r\n")[:-1]] == [513]
    assert wire.ended
    assert not wire.aborted


def test_lines_may_end_without_a_carriage_return(server):
    sent = converse(server, (CALL + make_request(method="OPTIONS")).replace(b"\r\n", b"\n")).sent
    assert [find_status(one) for one in sent.split(b"\r\n\r\n")[:-1]] == [302, 200]


def test_a_peer_that_does_not_read_is_closed(server):
    assert converse(server, CALL, unread=256 * 1024 + 1).aborted
    assert not converse(server, CALL, unread=256 * 1024).aborted


def test_connections_are_counted_by_address_and_in_all(server, monkeypatch):
    monkeypatch.setattr(sockets, "CONNECTIONS_MAX", 4)
    monkeypatch.setattr(sockets, "CONNECTIONS_PER_SOURCE_MAX", 2)

    async def run():
        wires = [Wire(source) for source in ("a", "a", "a", "b", "b", "c")]
        connections = [sockets._Connection(server) for _ in wires]
        for connection, wire in zip(connections, wires, strict=True):
            connection.connection_made(wire)
        for connection in connections:
            connection.connection_lost(None)
        return [wire.aborted for wire in wires]

    assert asyncio.run(run()) == [False, False, True, False, False, True]
    assert server.sources == {}


def test_a_silent_connection_is_closed(server, monkeypatch):
    monkeypatch.setattr(sockets, "IDLE_S_MAX", 0.0)

    async def run():
        wire = Wire()
        sockets._Connection(server).connection_made(wire)
        for _ in range(3):
            await asyncio.sleep(0)
        return wire.aborted

    assert asyncio.run(run())


def test_datagrams_and_connections_are_answered_on_the_addresses_that_were_asked_for(server):
    with socket.socket() as probe:
        probe.bind(("127.0.2.60", 0))
        port = probe.getsockname()[1]
    addresses = tuple(
        Listen(host="127.0.2.60", port=port, transport=transport) for transport in ("udp", "tcp")
    )

    async def ask_datagram():
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.setblocking(False)
            asker.bind(("127.0.2.1", 0))
            await loop.sock_sendto(asker, CALL, ("127.0.2.60", port))
            return await asyncio.wait_for(loop.sock_recv(asker, 65_535), 5)

    async def run():
        ready = asyncio.Event()
        serving = asyncio.ensure_future(serve(server, addresses, ready=ready))
        await asyncio.wait_for(ready.wait(), 5)
        answers = [await ask_datagram()]
        reader, writer = await asyncio.open_connection(
            "127.0.2.60", port, local_addr=("127.0.2.1", 0)
        )
        writer.write(CALL)
        answers.append(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5))
        writer.close()
        serving.cancel()
        await asyncio.wait((serving,))
        return [find_status(answer) for answer in answers]

    assert asyncio.run(run()) == [302, 302]


def test_an_address_of_another_machine_cannot_be_listened_on(server):
    address = Listen(host="2001:db8::1", port=5060, transport="tcp")

    async def run():
        await serve(server, (address,), ready=asyncio.Event())

    with pytest.raises(OSError, match="Cannot assign"):
        asyncio.run(run())
