import http.client
import json
import socket
import sqlite3
import threading

import pytest

from route112.apps.alarms import listening
from route112.apps.alarms.listening import BODY_BYTES_MAX, Listener

TOKEN = "0123456789abcdef"
GOOD = {"text": "we receive nothing", "who": "desk", "psap": "CRRA15-29"}


@pytest.fixture
def said():
    return []


@pytest.fixture
def listener(world, said):
    made = Listener(("127.0.0.1", 0), token=TOKEN, path=world.files.store, complain=said.append)
    made.start()
    yield made
    made.stop()


def ask(listener, body=GOOD, *, token=TOKEN, method="POST", path="/reports", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, body=content, headers={**fields, **headers})
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said


def shout(listener, content, *, half=False):
    with socket.create_connection(("127.0.0.1", listener.port), timeout=60) as plain:
        plain.sendall(content)
        if half:
            plain.shutdown(socket.SHUT_WR)
        return plain.makefile("rb").read()


def test_a_report_is_kept(listener, world):
    assert ask(listener) == (202, {"report": 1})
    (kept,) = world.book.take_reports(1)
    assert (kept.text, kept.who, str(kept.series)) == (
        "we receive nothing",
        "desk",
        "PSAP CRRA15-29",
    )


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"token": ""}, 401),
        ({"token": "another token"}, 401),
        ({"path": "/"}, 404),
        ({"method": "GET"}, 405),
        ({"body": b"x" * (BODY_BYTES_MAX + 1)}, 413),
        ({"body": b"{"}, 400),
        ({"body": {**GOOD, "caller": "+33639981234"}}, 400),
        ({"body": {**GOOD, "psap": "CRRA15-99"}}, 422),
        ({"body": {**GOOD, "text": ""}}, 422),
    ],
    ids=str,
)
def test_what_is_not_taken_is_answered(listener, world, values, status):
    answered, said = ask(listener, **values)
    assert answered == status
    assert said["error"]
    assert world.book.count_waiting() == 0


def test_a_request_that_is_none(listener):
    assert b" 400 " in shout(listener, b"hello\r\n\r\n")
    head = f"POST /reports HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    assert b" 411 " in shout(listener, head.encode())
    assert b" 413 " in shout(listener, b"x" * 20_000 + b"\r\n\r\n")
    assert shout(listener, b"POST", half=True) == b""


def test_whoever_is_slow_is_let_go(listener, monkeypatch):
    monkeypatch.setattr(listening, "REQUEST_S_MAX", 0.05)
    assert shout(listener, b"POST /reports HT") == b""


def test_so_many_at_once(listener, monkeypatch):
    monkeypatch.setattr(listening, "CONNECTIONS_MAX", 0)
    assert shout(listener, b"") == b""


def test_who_says_nothing_keeps_no_report_out(listener, monkeypatch):
    monkeypatch.setattr(listening, "CONNECTIONS_MAX", 3)
    idle = [socket.create_connection(("127.0.0.1", listener.port), timeout=60) for _ in range(3)]
    idle[0].sendall(b"POST /reports HT")
    assert ask(listener)[0] == 202
    assert idle[0].recv(1) == b"", "who waited longest made room"
    for each in idle:
        each.close()


def test_a_report_waits_for_whoever_writes_and_is_answered(listener, world, monkeypatch):
    monkeypatch.setattr(listening, "REQUEST_S_MAX", 0.5)
    other = sqlite3.connect(world.files.store, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(1.5, other.rollback).start()
    assert ask(listener)[0] == 202
    assert world.book.count_waiting() == 1
    other.close()


def test_a_store_that_cannot_be_written_is_said(tmp_path, said):
    made = Listener(("127.0.0.1", 0), token=TOKEN, path=tmp_path / "no", complain=said.append)
    made.start()
    assert ask(made)[0] == 503
    made.stop()
    assert "a report cannot be kept" in said[0]


def test_an_address_that_is_taken(listener, world):
    other = Listener(
        ("127.0.0.1", listener.port), token=TOKEN, path=world.files.store, complain=print
    )
    with pytest.raises(OSError, match="in use"):
        other.start()
    other.stop()
