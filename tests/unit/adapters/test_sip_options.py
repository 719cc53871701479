"""Questions go out, answers come back by their number, and nobody waits."""

import socket
import time
from contextlib import closing

import pytest

from route112.adapters.sip_options import OptionsAsker


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


def answer(end, status="200 OK", *, change=lambda line: line):
    content, place = end.recvfrom(65_535)
    named = next(line for line in content.decode().split("\r\n") if line.startswith("Call-ID"))
    end.sendto(f"SIP/2.0 {status}\r\n{change(named)}\r\n\r\n".encode(), place)
    return content.decode()


def read(asker):
    deadline = time.monotonic() + 1
    while not (found := list(asker.read())) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def test_an_answer_is_known_by_the_number_of_its_question(asker, end):
    host, port = end.getsockname()[:2]
    for number in (7, 8):
        assert asker.ask(host, port, number)
    asked = answer(end)
    answer(end, "503 No Way Out", change=lambda line: line.replace("Call-ID:", "i:"))
    assert sorted(read(asker) + read(asker)) == [(7, 200), (8, 503)]
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
        answer(end, status, change=change)
    asker.ask(host, port, 2)
    answer(end)
    assert read(asker) == [(2, 200)]


def test_a_question_that_cannot_be_sent_is_said(asker):
    assert not asker.ask("not numeric", 5060, 1)
    assert list(asker.read()) == []
