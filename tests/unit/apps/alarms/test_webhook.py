import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from route112.apps.alarms import webhook as module
from route112.apps.alarms.webhook import (
    TRIES_MAX,
    Target,
    Webhook,
    WebhookError,
    check_url,
    read_secret,
)

WAIT_S_MAX = 60.0


@contextlib.contextmanager
def receiver(*statuses):
    """Answer with these, then with 200; yield the address and what came."""
    came, left = [], list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.path, self.headers.get("Authorization"), json.loads(body)))
            self.send_response(left.pop(0) if left else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?a=b", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def running(world, url, secret=""):
    said = []
    webhook = Webhook(world.files.store, Target(url, secret), complain=said.append, pause_s=0.01)
    webhook.start()
    try:
        wait_until(lambda: world.book.find_passed("webhook") is not None)
        yield said
    finally:
        webhook.stop()


def wait_until(holds):
    deadline = time.monotonic() + WAIT_S_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_told_from_then_on_is_posted_in_order_with_the_secret(world):
    world.open()
    with receiver() as (url, came), running(world, url, "s" * 16):
        world.end()
        wait_until(lambda: came)
    ((path, secret, body),) = came
    assert (path, secret) == ("/hook?a=b", f"Bearer {'s' * 16}")
    assert (body["what"], body["alarm"]["id"]) == ("over", 1)


def test_it_goes_on_where_it_was(world):
    with receiver() as (url, came):
        with running(world, url):
            pass
        world.open()
        with running(world, url):
            wait_until(lambda: came)
        with running(world, url):
            world.end()
            wait_until(lambda: len(came) == 2)
    assert [body["what"] for *_, body in came] == ["opened", "over"]


def test_what_is_not_taken_is_tried_again(world):
    with receiver(500, 302) as (url, came), running(world, url) as said:
        world.open()
        wait_until(lambda: world.book.find_passed("webhook") == 1)
    assert len(came) == 3
    assert said == []


def test_after_so_many_tries_it_is_given_up_and_the_next_one_is_told(world):
    with receiver(*[500] * TRIES_MAX) as (url, came), running(world, url) as said:
        world.open()
        world.end()
        wait_until(lambda: world.book.find_passed("webhook") == 2)
    assert len(came) == TRIES_MAX + 1
    assert said == [f"event 1 was not taken by the webhook in {TRIES_MAX} tries: HTTP 500"]
    (unsent,) = world.book.list_unsent(0)
    assert (unsent.channel, unsent.told, unsent.why) == ("webhook", 1, "HTTP 500")


@contextlib.contextmanager
def hanging(drip_s):
    """Take requests and never end the answer, a byte at a time where `drip_s` is not 0."""
    came, ended = [], threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def serve(connection):
        with connection, contextlib.suppress(OSError):
            came.append(connection.recv(65_536))
            connection.sendall(b"HTTP/1.1 200 ")
            while not ended.wait(drip_s or WAIT_S_MAX):
                connection.sendall(b"x")

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", came
    finally:
        ended.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()


@pytest.mark.parametrize("drip_s", [0.0, 0.02])
def test_who_takes_a_request_and_never_answers_holds_up_no_later_event(world, drip_s, monkeypatch):
    """Whether the line is silent, or says a letter now and then."""
    monkeypatch.setattr(module, "TIMEOUT_S", 0.1)
    monkeypatch.setattr(module, "WHOLE_S", 0.2)
    with hanging(drip_s) as (url, came), running(world, url) as said:
        world.open()
        world.end()
        wait_until(lambda: world.book.find_passed("webhook") == 2)
    assert len(came) == 2 * TRIES_MAX
    assert [text.split(" was not")[0] for text in said] == ["event 1", "event 2"]


def test_where_watch_ends_meanwhile_it_is_told_by_the_next_one(world, monkeypatch):
    """Whatever was not taken for sure is told again: nothing is lost, and some may come twice."""
    monkeypatch.setattr(module, "TIMEOUT_S", 0.2)
    with hanging(0.0) as (url, asked), running(world, url):
        world.open()
        wait_until(lambda: asked)
    assert world.book.find_passed("webhook") == 0
    with receiver() as (url, came), running(world, url):
        wait_until(lambda: came)
    assert [body["what"] for *_, body in came] == ["opened"]


def test_nobody_there_is_said(world):
    with running(world, "http://127.0.0.1:1/") as said:
        world.open()
        wait_until(lambda: said)
    assert "Connection refused" in said[0]


def test_a_store_that_cannot_be_read_is_said(tmp_path):
    said = []
    webhook = Webhook(tmp_path / "none", Target("http://127.0.0.1:1/"), complain=said.append)
    webhook.start()
    wait_until(lambda: said)
    webhook.stop()
    assert "the webhook cannot read what to tell" in said[0]


@pytest.mark.parametrize(
    "url",
    ["https://example.invalid/x", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost/"],
)
def test_addresses_that_can_be_told(url):
    check_url(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://example.invalid", "no web address"),
        ("example", "no web address"),
        ("https://h:99999/", "no web address"),
        ("https://h:0/", "no web address"),
        ("https://user:secret@example.invalid/", "a password in it"),
        ("http://example.invalid/", "use https"),
        ("http://192.0.2.1/", "use https"),
        ("https://example.invalid/alarme-\u00e9teinte", "write other characters as %C3%A9"),
        ("https://example.invalid/a b", "no web address"),
        ("https://example..invalid/", "no web address"),
        (f"https://{'a' * 64}.invalid/", "no web address"),
    ],
)
def test_addresses_that_are_refused(url, message):
    with pytest.raises(WebhookError, match=message):
        check_url(url)


def test_a_secret_is_the_first_line_of_a_file_of_its_owner(tmp_path):
    path = tmp_path / "secret"
    with pytest.raises(WebhookError, match="cannot be read"):
        read_secret(path)
    path.write_text("0123456789abcdef\nmore\n")
    path.chmod(0o640)
    with pytest.raises(WebhookError, match="chmod 600"):
        read_secret(path)
    path.chmod(0o600)
    assert read_secret(path) == "0123456789abcdef"
    for text in ("short", "with a space inside", "x" * 600):
        path.write_text(text)
        with pytest.raises(WebhookError, match="holds no secret"):
            read_secret(path)
