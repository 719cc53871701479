"""Connections that want too much: the others are served meanwhile."""

import asyncio
import contextlib
import socket
import ssl
import time

import pytest
from tests.support.certificates import write_authority
from tests.support.commanded import Limits, commanded, until

from route112.apps.planner.serving import Listener, bind_unix

LIMITS = Limits(
    connections=14,
    connections_local=2,
    connections_each=8,
    handshake_s=5.0,
    head_s=1.0,
    request_s=1.2,
)


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("limits"), limits=LIMITS) as running:
        yield running


def plug(planner):
    asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    asking.settimeout(60.0)
    asking.connect(str(planner.socket))
    return asking


def ends(asking):
    try:
        return asking.recv(100) == b""
    except ConnectionResetError:
        return True


def test_one_user_does_not_keep_the_others_out(planner):
    held = [plug(planner) for _ in range(9)]
    try:
        assert ends(held[-1]), "eight are enough for one"
        assert planner.ask("GET", "/state", via="reader").status == 200
    finally:
        for each in held:
            each.close()
    until(lambda: planner.ask("GET", "/state").status == 200)


def test_who_does_not_shake_hands_keeps_nobody_out(tmp_path):
    limits = Limits(handshakes=4, connections=6, connections_local=2, handshake_s=60.0)
    with commanded(tmp_path, limits=limits) as planner, contextlib.ExitStack() as stack:
        held = [
            stack.enter_context(
                socket.create_connection(("127.0.0.1", planner.port), timeout=60.0)
            )
            for _ in range(40)
        ]
        assert planner.ask("GET", "/state", via="reader").status == 200
        assert planner.ask("GET", "/state").status == 200
        assert ends(held[0]), "the oldest gives way"


def test_there_is_room_for_whoever_is_at_this_machine(tmp_path):
    limits = Limits(connections=6, connections_local=4)
    with commanded(tmp_path, limits=limits) as planner, contextlib.ExitStack() as stack:
        for _ in range(2):
            far = stack.enter_context(contextlib.closing(planner.connect("reader")))
            far.request("GET", "/state")
            assert far.getresponse().read()
        with pytest.raises(OSError):
            planner.ask("GET", "/state", via="second")
        near = [stack.enter_context(plug(planner)) for _ in range(4)]
        with plug(planner) as over:
            assert ends(over), "there is an end to all of them"
        near[0].sendall(b"GET /state HTTP/1.1\r\nHost: a\r\n\r\n")
        assert near[0].recv(15) == b"HTTP/1.1 200 OK"


def test_whoever_says_nothing_is_let_go(planner):
    with plug(planner) as silent:
        begun = time.monotonic()
        assert ends(silent)
        assert time.monotonic() - begun < 1.5


def dribble(asking, content):
    """Send a byte now and then until the other end has had enough."""
    for byte in content:
        asking.send(bytes([byte]))
        time.sleep(0.03)


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        (b"", b"GET /state HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100),
        (
            (
                b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                b"Content-Length: 1000\r\n\r\n"
            ),
            b" " * 100,
        ),
    ],
    ids=["head", "body"],
)
def test_whoever_says_it_slowly_is_let_go(planner, head, rest):
    with plug(planner) as slow:
        slow.sendall(head)
        begun = time.monotonic()
        with pytest.raises(OSError):
            dribble(slow, rest)
        assert time.monotonic() - begun < 2.5


def test_a_connection_is_kept_for_the_next_request(planner):
    connection = planner.connect("reader")
    for _ in range(2):
        connection.request("GET", "/state")
        assert connection.getresponse().read()
    assert ends(connection.sock), "and not for ever"
    connection.close()


PART = 65_536
FILE_BYTES = 24 * PART


async def give_file(_scope, _receive, send):
    """Answer with a file, part by part, as fast as the other end takes it."""
    headers = [(b"content-length", str(FILE_BYTES).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for sent in range(PART, FILE_BYTES + 1, PART):
        body = b"x" * PART
        await send({"type": "http.response.body", "body": body, "more_body": sent < FILE_BYTES})


def fetch(folder, limits, *, pause_s, parts_max=1_000):
    """Fetch it with pauses, some parts at most; return how many bytes came, after how long."""

    async def play():
        listener = Listener(give_file, limits=limits)
        serving = asyncio.create_task(listener.serve(bind_unix(folder / "socket")))
        loop, got, parts, begun = asyncio.get_running_loop(), 0, 0, time.monotonic()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PART)
            asking.setblocking(False)
            await asyncio.sleep(0.05)
            await loop.sock_connect(asking, str(folder / "socket"))
            await loop.sock_sendall(asking, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            while got < FILE_BYTES and (part := await loop.sock_recv(asking, PART)):
                got, parts = got + len(part), parts + 1
                await asyncio.sleep(pause_s if parts < parts_max else 1.5)
        took_s = time.monotonic() - begun
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        return got, took_s

    return asyncio.run(play())


def test_a_file_has_time_for_as_long_as_it_is_taken(tmp_path):
    limits = Limits(request_s=0.5, answer_s=10.0)
    got, took_s = fetch(tmp_path, limits, pause_s=0.05)
    assert got >= FILE_BYTES
    assert took_s > limits.request_s


def test_there_is_an_end_to_every_answer(tmp_path):
    got, _ = fetch(tmp_path, Limits(request_s=0.5, answer_s=0.8), pause_s=0.1)
    assert got < FILE_BYTES


def test_whoever_takes_no_more_of_a_file_is_let_go(tmp_path):
    limits = Limits(request_s=0.5, answer_s=60.0)
    got, _ = fetch(tmp_path, limits, pause_s=0.0, parts_max=3)
    assert got < FILE_BYTES


def test_requests_one_behind_the_other_are_answered_in_turn(planner):
    one = b"GET /orders HTTP/1.1\r\nHost: a\r\n\r\n"
    got = planner.send(one * 3, seconds=60.0)
    assert got.count(b"HTTP/1.1 200 OK") == 3


def say_hello(context, port):
    """Ask over TLS; an end without an answer is an error too."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60.0) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as asking,
    ):
        asking.sendall(b"GET /state HTTP/1.1\r\nHost: a\r\n\r\n")
        if not asking.recv(100):
            raise ConnectionResetError


@pytest.mark.parametrize("shows", ["nothing", "another authority's"])
def test_who_shows_no_certificate_gets_no_answer(planner, tmp_path, shows):
    context = ssl.create_default_context(cafile=planner.folder / "ca.pem")
    if shows != "nothing":
        files = write_authority(tmp_path / "ca.pem").issue("second")
        context.load_cert_chain(files.certificate, files.key)
    before = len(planner.audit)
    with pytest.raises(OSError):
        say_hello(context, planner.port)
    assert len(planner.audit) == before


def test_old_tls_is_refused(planner):
    context = ssl.create_default_context(cafile=planner.folder / "ca.pem")
    context.load_cert_chain(planner.folder / "reader.pem", planner.folder / "reader.key")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(OSError):
        say_hello(context, planner.port)
