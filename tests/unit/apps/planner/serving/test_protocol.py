"""Who is there is fixed by the connection; see also test_listener and tests of the application."""

import asyncio

import pytest
from tests.support.commanding import NOW, user
from uvicorn.config import Config
from uvicorn.server import ServerState

from route112.apps.planner.serving import protocol
from route112.apps.planner.serving.protocol import IDENTITY, Connection, Limits


class Transport:
    def __init__(self):
        self.is_aborted = False
        self.written = b""

    def get_extra_info(self, _name, default=None):
        return default

    def write(self, content):
        self.written += content

    def is_closing(self):
        return self.is_aborted

    def abort(self):
        self.is_aborted = True

    close = abort


async def seen(scope, _receive, send):
    """An application that tells who it sees."""
    text = str(scope["state"][IDENTITY]).encode()
    headers = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def connect(**parts):
    config = Config(seen, http="h11", ws="none", lifespan="off", log_config=None)
    values = {"admit": lambda _: True, "leave": lambda _: None, "refuse": lambda _: None}
    connection = Connection(config, ServerState(), Limits(), **values | parts)
    transport = Transport()
    connection.connection_made(transport)
    return connection, transport


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setattr(protocol, "identify_peer", lambda _: user("crisis"))


def test_the_application_sees_who_the_transport_says(known):
    async def play():
        connection, transport = connect()
        connection.data_received(
            b"GET / HTTP/1.1\r\nHost: a\r\nroute112.identity: certificate:CN=second\r\n\r\n"
        )
        await asyncio.sleep(0.05)
        assert transport.written.endswith(b"system-user:crisis")
        connection.connection_lost(None)

    asyncio.run(play())


def test_a_certificate_that_ends_asks_nothing_more_by_the_connection_that_it_has(
    known, monkeypatch
):
    async def play():
        now_us = [NOW]
        monkeypatch.setattr(protocol, "utc_now", lambda: now_us[0])
        monkeypatch.setattr(protocol, "find_peer_end", lambda _: NOW + 5)
        connection, transport = connect()
        for at_us, is_over in ((NOW + 4, False), (NOW + 5, True)):
            transport.written, now_us[0] = b"", at_us
            connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await asyncio.sleep(0.05)
            assert (transport.is_aborted, transport.written == b"") == (is_over, is_over)
        connection.connection_lost(None)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("sent", "refused"),
    [(b"", 0), (b"POST /orders HT", 1), (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0)],
)
def test_a_head_that_is_cut_off_is_told(known, sent, refused):
    async def play():
        told = []
        connection, _ = connect(refuse=told.append)
        connection.data_received(sent)
        await asyncio.sleep(0.05)
        connection.connection_lost(None)
        assert told == [user("crisis")] * refused

    asyncio.run(play())


def test_whoever_cannot_be_told_is_let_go(monkeypatch):
    async def play():
        left = []
        monkeypatch.setattr(protocol, "identify_peer", lambda _: None)
        connection, transport = connect(leave=left.append)
        assert transport.is_aborted
        connection.connection_lost(None)
        assert left == [connection]

    asyncio.run(play())


def test_nobody_is_let_in_because_looking_failed(monkeypatch):
    def fail(_transport):
        raise OSError("no such socket")

    async def play():
        monkeypatch.setattr(protocol, "identify_peer", fail)
        config = Config(seen, http="h11", ws="none", lifespan="off", log_config=None)
        values = {"admit": lambda _: True, "leave": lambda _: None, "refuse": lambda _: None}
        connection = Connection(config, ServerState(), Limits(), **values)
        transport = Transport()
        with pytest.raises(OSError, match="no such socket"):
            connection.connection_made(transport)
        assert transport.is_aborted
        connection.connection_lost(None)

    asyncio.run(play())


def test_whoever_has_too_many_is_let_go(known):
    async def play():
        connection, transport = connect(admit=lambda _: False)
        assert transport.is_aborted
        connection.connection_lost(None)

    asyncio.run(play())


def test_what_is_no_http_is_told_with_its_sender(known):
    async def play():
        refused = []
        connection, transport = connect(refuse=refused.append)
        connection.data_received(b"\x00\x01nonsense\r\n\r\n" + b"x" * 40_000)
        assert refused == [user("crisis")]
        assert transport.written.startswith(b"HTTP/1.1 400")
        connection.connection_lost(None)

    asyncio.run(play())


def test_nothing_is_upgraded(known):
    async def play():
        connection, transport = connect()
        connection.handle_websocket_upgrade(None)
        assert transport.written.startswith(b"HTTP/1.1 400")
        connection.connection_lost(None)

    asyncio.run(play())
