import asyncio
import os
import socket
from dataclasses import replace

import pytest
from tests.support.redirect import find_numbers, find_status, make_request
from tests.support.snapshots import NOW, sign_blindly, small_content, small_trust, trusted_key

from route112.adapters import redirect_server
from route112.adapters.redirect_server import Listen, RateLimit, RedirectServer, Shelf
from route112.redirect import RefusedError
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot

SOURCE = ("127.0.2.1", 5080)
CALL = make_request("sip:15@127.0.0.1;commune=29019")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.r112"
    path.write_bytes(write_snapshot(small_content(orders=())))
    return path


@pytest.fixture
def lines():
    return []


@pytest.fixture
def server(file, lines):
    shelf = Shelf(file, None, lines.append)
    return RedirectServer(shelf, log=lines.append, per_s=100, now=lambda: NOW)


def put(path, content):
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.rename(path)


def test_a_message_is_answered_from_the_book_in_force(server):
    response, port = server.answer(CALL, SOURCE)
    assert find_status(response) == 302
    assert find_numbers(response)[0] == "+33261910010"
    assert port == 5080
    assert server.answer(b"noise", SOURCE) is None
    assert server.answer(make_request(method="ACK"), SOURCE) is None
    assert (server.counts.answered, server.counts.dropped, server.counts.failed) == (1, 1, 0)


def test_a_mistake_of_ours_costs_one_answer_and_is_said_ten_times(server, lines, monkeypatch):
    def fail(*_args, **_kwargs):
        raise KeyError("x")

    monkeypatch.setattr(redirect_server, "answer_request", fail)
    assert [server.answer(CALL, SOURCE) for _ in range(12)] == [None] * 12
    assert server.counts.failed == 12
    assert lines == ["no answer: KeyError('x')"] * 10


def test_an_address_has_a_rate_and_others_do_not_pay_for_it():
    limit = RateLimit(10)
    assert [limit.admit("a", 0.0) for _ in range(21)] == [True] * 20 + [False]
    assert limit.admit("b", 0.0)
    assert not limit.admit("a", 0.05)
    assert limit.admit("a", 0.2)


def test_the_longest_silent_address_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(redirect_server, "SOURCES_KEPT_MAX", 2)
    limit = RateLimit(1)
    for source in ("a", "a", "b", "c"):
        assert limit.admit(source, 0.0)
    assert limit.admit("a", 0.0)
    assert limit.admit("c", 0.0)
    assert not limit.admit("c", 0.0)


def test_what_is_above_the_rate_is_dropped(server):
    answers = [server.answer(CALL, SOURCE) for _ in range(300)]
    assert 200 <= sum(answer is not None for answer in answers) < 300
    assert server.counts.dropped > 0


def test_a_newer_snapshot_is_taken_and_anything_else_leaves_the_one_in_force(file, lines):
    shelf = Shelf(file, None, lines.append)

    def offer(content):
        put(file, content)
        asyncio.run(shelf.refresh())
        return shelf.book.generation

    good = write_snapshot(small_content(generation=43))
    assert offer(good) == 43
    assert offer(b"nonsense") == 43
    assert offer(good[:-1]) == 43
    assert offer(write_snapshot(small_content(generation=42))) == 43
    assert offer(write_snapshot(small_content(generation=43, edition="x"))) == 43
    file.unlink()
    asyncio.run(shelf.refresh())
    assert offer(write_snapshot(small_content(generation=44))) == 44
    asyncio.run(shelf.refresh())
    assert [line.replace(str(file), "F") for line in lines] == [
        "g43 is in force",
        "refused F: it is no snapshot; g43 stays in force",
        f"refused F: it has {len(good) - 1} of {len(good)} bytes; g43 stays in force",
        "refused F: it is g42, older than g43; g43 stays in force",
        "refused F: it is another g43 than the one in force; g43 stays in force",
        "g44 is in force",
    ]


def test_a_pipe_or_a_device_in_its_place_is_refused_at_once_and_what_follows_it_is_taken(
    file, lines
):
    shelf = Shelf(file, None, lines.append)
    file.unlink()
    os.mkfifo(file)
    asyncio.run(asyncio.wait_for(shelf.refresh(), 5))
    file.unlink()
    file.symlink_to("/dev/zero")
    asyncio.run(asyncio.wait_for(shelf.refresh(), 5))
    file.unlink()
    put(file, write_snapshot(small_content(generation=43)))
    asyncio.run(shelf.refresh())
    assert [line.rpartition("] ")[2] for line in lines] == [
        "no regular file; g42 stays in force",
        "no regular file; g42 stays in force",
        "g43 is in force",
    ]


@pytest.fixture
def trust(tmp_path):
    path = tmp_path / "trust.json"
    path.write_bytes(render_trust(small_trust()))
    return path


def test_a_first_snapshot_must_be_sound_and_signed_where_a_trust_list_is_given(file, trust, lines):
    with pytest.raises(RefusedError, match="it is not signed"):
        Shelf(file, trust, lines.append)
    with pytest.raises(OSError, match="No such file"):
        Shelf(file.with_name("none"), None, lines.append)
    with pytest.raises(OSError, match="No such file"):
        Shelf(file, file.with_name("none"), lines.append)
    put(file, sign_blindly(file.read_bytes(), "c"))
    with pytest.raises(RefusedError, match="revoked"):
        Shelf(file, trust, lines.append)


def test_a_new_trust_list_counts_for_what_is_offered_already(file, trust, lines):
    put(file, sign_blindly(file.read_bytes(), "a"))
    shelf = Shelf(file, trust, lines.append)
    whole = small_trust()
    put(file, sign_blindly(write_snapshot(small_content(generation=43)), "e"))
    asyncio.run(shelf.refresh())
    assert "unknown key" in lines[-1]
    put(trust, b"{")
    asyncio.run(shelf.refresh())
    assert lines[-1].startswith(f"the trust list stays as it was: {trust}: ")
    count = len(lines)
    asyncio.run(shelf.refresh())
    trust.rename(trust.with_suffix(".away"))
    asyncio.run(shelf.refresh())
    assert len(lines) == count, "each list is told once, and one that is gone displaces nothing"
    stranger = trusted_key("e")
    put(trust, render_trust(replace(whole, keys=(*whole.keys, stranger))))
    asyncio.run(shelf.refresh())
    assert lines[count:] == [
        f"the trust list was read anew: {len(whole.keys) + 1} keys",
        "g43 is in force",
    ]


def test_a_key_that_is_revoked_displaces_nothing_and_is_told(file, trust, lines):
    put(file, sign_blindly(file.read_bytes(), "a"))
    shelf = Shelf(file, trust, lines.append)
    whole = small_trust()
    put(trust, render_trust(whole))
    asyncio.run(shelf.refresh())
    assert lines == [f"the trust list was read anew: {len(whole.keys)} keys"]
    revoked = [
        replace(key, revoked_at=NOW, reason="lost") if place == 0 else key
        for place, key in enumerate(whole.keys)
    ]
    put(trust, render_trust(replace(whole, keys=tuple(revoked))))
    asyncio.run(shelf.refresh())
    assert "which was revoked; g42 stays in force" in lines[-1]
    assert shelf.book.generation == 42


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
        connection = redirect_server._Connection(server)
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
    monkeypatch.setattr(redirect_server, "CONNECTIONS_MAX", 4)
    monkeypatch.setattr(redirect_server, "CONNECTIONS_PER_SOURCE_MAX", 2)

    async def run():
        wires = [Wire(source) for source in ("a", "a", "a", "b", "b", "c")]
        connections = [redirect_server._Connection(server) for _ in wires]
        for connection, wire in zip(connections, wires, strict=True):
            connection.connection_made(wire)
        for connection in connections:
            connection.connection_lost(None)
        return [wire.aborted for wire in wires]

    assert asyncio.run(run()) == [False, False, True, False, False, True]
    assert server.sources == {}


def test_a_silent_connection_is_closed(server, monkeypatch):
    monkeypatch.setattr(redirect_server, "IDLE_S_MAX", 0.0)

    async def run():
        wire = Wire()
        redirect_server._Connection(server).connection_made(wire)
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
        serving = asyncio.ensure_future(server.serve(addresses, ready=ready))
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
        await server.serve((address,), ready=asyncio.Event())

    with pytest.raises(OSError, match="Cannot assign"):
        asyncio.run(run())
