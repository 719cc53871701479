import asyncio
import socket
import ssl
import time
from contextlib import closing

import pytest
from tests.support.certificates import write_certificates

from route112.adapters.sip_probe import OptionsAsker, ask_options, ask_server

OK = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"


async def answer_datagram(host, reply, ask=None):
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    answering = socket.socket(family, socket.SOCK_DGRAM)
    answering.setblocking(False)
    answering.bind((host, 0))
    asked = []

    def on_readable():
        request, client = answering.recvfrom(65_535)
        asked.append(request.decode())
        if reply is not None:
            answering.sendto(reply, client)

    loop.add_reader(answering, on_readable)
    try:
        port = answering.getsockname()[1]
        if ask is None:
            status = await ask_options("udp", host, port, timeout_s=0.2)
        else:
            status = await ask("udp", host, port, timeout_s=0.2)
    finally:
        loop.remove_reader(answering)
        answering.close()
    return status, asked


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (OK, 200),
        (b"SIP/2.0 503 No\r\n\r\n", 503),
        (b"SIP/2.0 x\r\n", None),
        (b"?", None),
        (None, None),
    ],
)
def test_the_status_of_the_reply(reply, status):
    assert asyncio.run(answer_datagram("127.0.0.1", reply))[0] == status


def test_ipv6_stands_in_brackets():
    status, [request] = asyncio.run(answer_datagram("::1", OK))
    assert status == 200
    assert request.startswith("OPTIONS sip:[::1]:")
    assert "Via: SIP/2.0/UDP [::1]:" in request
    assert request.endswith("Content-Length: 0\r\n\r\n")


def test_nobody_there_is_no_answer():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    for transport in ("udp", "tcp"):
        assert asyncio.run(ask_options(transport, "127.0.0.1", port, timeout_s=0.2)) is None


@pytest.mark.parametrize("secure", [False, True])
def test_over_streams(tmp_path, secure):
    files = write_certificates(tmp_path, "127.0.0.1")
    there = here = None
    if secure:
        there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        there.load_cert_chain(files.certificate, files.key)
        here = ssl.create_default_context(cafile=files.authority)

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await writer.drain()
        writer.close()

    async def ask():
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=there)
        async with server:
            port = server.sockets[0].getsockname()[1]
            transport = "tls" if secure else "tcp"
            if not secure:
                assert await ask_server("tcp", "127.0.0.1", port, timeout_s=2.0) == (200, "")
            return await ask_options(transport, "127.0.0.1", port, timeout_s=2.0, tls=here)

    assert asyncio.run(ask()) == 200


@pytest.mark.parametrize("said", [b"", b"SIP/2.0 200 OK\r\n", b"x" * 100_000])
def test_a_stream_that_ends_early_or_never_is_no_answer(said):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    async def ask():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await ask_options("tcp", "127.0.0.1", port, timeout_s=2.0)

    assert asyncio.run(ask()) is None


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (OK, (200, "")),
        (b"SIP/2.0 403 No\r\nServer: route112-redirect g7\r\n\r\n", (403, "route112-redirect g7")),
        (b"SIP/2.0 x\r\nServer: a\r\n", None),
        (None, None),
    ],
)
def test_who_answers_says_so_in_its_server_header(reply, answer):
    assert asyncio.run(answer_datagram("127.0.0.1", reply, ask_server))[0] == answer


@pytest.fixture
def asker():
    with closing(OptionsAsker()) as opened:
        yield opened


@pytest.fixture(params=["127.0.0.1", "::1"])
def end(request):
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as opened:
        opened.bind((request.param, 0))
        opened.settimeout(2)
        yield opened


def answer_asked(end, status="200 OK", *, change=lambda line: line):
    content, place = end.recvfrom(65_535)
    named = next(line for line in content.decode().split("\r\n") if line.startswith("Call-ID"))
    end.sendto(f"SIP/2.0 {status}\r\n{change(named)}\r\n\r\n".encode(), place)
    return content.decode()


def read_answers(asker, count):
    deadline, found = time.monotonic() + 30, []
    while len(found) < count and time.monotonic() < deadline:
        found += asker.read()
        time.sleep(0.01)
    return sorted(found)


def test_an_answer_is_known_by_the_number_of_its_question(asker, end):
    host, port = end.getsockname()[:2]
    for number in (7, 8):
        assert asker.ask(host, port, number)
    asked = answer_asked(end)
    answer_asked(end, "503 No Way Out", change=lambda line: line.replace("Call-ID:", "i:"))
    assert read_answers(asker, 2) == [(7, 200), (8, 503)]
    bracketed = f"[{host}]" if ":" in host else host
    assert asked.startswith(f"OPTIONS sip:{bracketed}:{port};transport=udp SIP/2.0\r\n")
    assert f"Via: SIP/2.0/UDP {bracketed}:" in asked


def test_what_is_no_answer_is_passed_over(asker, end):
    host, port = end.getsockname()[:2]
    for change, status in (
        (lambda _line: "Call-ID: 1-7@x", "200 OK"),
        (lambda _line: "X: y", "200 OK"),
        (lambda line: line, "no status"),
    ):
        asker.ask(host, port, 1)
        answer_asked(end, status, change=change)
    asker.ask(host, port, 2)
    answer_asked(end)
    assert read_answers(asker, 1) == [(2, 200)]


def test_a_question_that_cannot_be_sent_is_said(asker):
    assert not asker.ask("not numeric", 5060, 1)
    assert list(asker.read()) == []
