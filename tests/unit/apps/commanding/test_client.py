import http.server
import os
import socketserver
import threading

import pytest
from tests.support.certificates import write_authority
from tests.support.typing_commands import type_in

from route112.apps._console import Failure
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
