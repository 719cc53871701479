import contextlib
import http.server
import os
import socket
import socketserver
import threading

import pytest
from tests.support.certificates import write_authority
from tests.support.typing_commands import type_in

from route112.apps._console import Failure
from route112.apps.commanding import client
from route112.apps.commanding.client import open_planner


class Odd:
    """A planner that is none."""

    def __init__(self, folder):
        self.socket, self.folder = folder / "socket", folder


class Server(socketserver.UnixStreamServer):
    def get_request(self):
        request, _ = super().get_request()
        return request, ("local", 0)


def serve(path, answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.wfile.write(answer)

        def log_message(self, *_args):
            pass

    server = Server(str(path), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_without_a_planner_it_says_how_to_start_one(tmp_path):
    result = type_in(Odd(tmp_path), "history")
    assert result.exit_code == 2
    assert "does not answer: No such file or directory" in result.stderr
    assert "route112 planner run" in result.stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "is no planner"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "is no planner"),
        (b"nonsense\r\n\r\n", "does not answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]", "is no planner"),
        (b"", "does not answer"),
    ],
)
def test_what_answers_nonsense_is_no_planner(tmp_path, answer, said):
    server = serve(tmp_path / "socket", answer)
    result = type_in(Odd(tmp_path), "history")
    server.shutdown()
    server.server_close()
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_a_planner_that_cannot_is_no_refusal(tmp_path):
    body = b'{"type":"urn:route112:no-audit","detail":"the disk is full","todo":"Make room"}'
    head = f"HTTP/1.1 503 No\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    server = serve(tmp_path / "socket", head + body)
    result = type_in(Odd(tmp_path), "history")
    server.shutdown()
    server.server_close()
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "route112: refused: the disk is full",
        "  Make room",
    ]


@pytest.fixture
def refusing(tmp_path):
    """Serve one who refuses as soon as the head is there, and takes nothing of the body."""
    body = b'{"type":"urn:route112:no-role","detail":"readers hand in no plan","todo":"Ask"}'
    head = f"HTTP/1.1 403 No\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.listen()

        def refuse():
            taken, _ = listening.accept()
            with taken:
                taken.recv(1_000)
                taken.sendall(head.encode() + body)

        thread = threading.Thread(target=refuse)
        thread.start()
        yield open_planner(f"unix:{tmp_path / 'socket'}", cert=None, key=None, ca=None)
        thread.join()


def test_why_a_large_file_was_refused_unread_is_told(refusing):
    told = refusing.try_ask("POST", "/candidates", b"x" * (8 << 20))
    assert (told.status, told.json["detail"]) == (403, "readers hand in no plan")


def test_options_that_do_not_fit_are_told(tmp_path):
    files = write_authority(tmp_path / "ca.pem").issue("me")
    whole = {"cert": files.certificate, "key": files.key, "ca": files.authority}
    open_planner("https://127.0.0.1:8112", **whole)
    with pytest.raises(Failure, match="belong together"):
        open_planner("https://127.0.0.1:8112", **whole | {"ca": None})
    with pytest.raises(Failure, match="--planner"):
        open_planner("http://127.0.0.1:8112", cert=None, key=None, ca=None)
    with pytest.raises(Failure, match="--planner"):
        open_planner("https://127.0.0.1:8112", cert=None, key=None, ca=None)
    files.key.write_text("nothing")
    with pytest.raises(Failure, match="cannot be used"):
        open_planner("https://127.0.0.1:8112", **whole)
    assert os.environ.get("ROUTE112_PLANNER") is None


@pytest.fixture
def silent(tmp_path):
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.listen()
        yield open_planner(f"unix:{tmp_path / 'socket'}", cert=None, key=None, ca=None)


@pytest.mark.parametrize(("body", "limit"), [(None, "ANSWER_S"), (b"plan", "COMPARED_S")])
def test_a_planner_that_takes_too_long_is_not_one_that_has_to_be_started(
    silent, monkeypatch, body, limit
):
    monkeypatch.setattr(client, limit, 0.1)
    with pytest.raises(Failure, match="does not answer in time") as raised:
        silent.ask("POST", "/candidates", body)
    assert "before you ask again" in raised.value.remedy
    assert "planner run" not in raised.value.remedy


def test_a_reason_is_taken_however_it_was_typed():
    typed = "  Inonde\u0301\u00a0: l\u2019e\u0301tage\u202f3\n"
    assert client.stamp(typed)["reason"] == "Inond\u00e9 : l\u2019\u00e9tage 3"


def test_what_no_planner_takes_is_named(capsys):
    with pytest.raises(Failure, match=r"--reason has U\+202E, U\+1F525"):
        client.stamp("fire \U0001f525\u202e")
