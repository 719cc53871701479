"""
Tells a web address what people are told: one POST for each event, in order, bounded in all.

A thread of its own with a connection of its own: watch does not wait for it, whatever the other
side does. How far it is stands in the store, so that whoever is started again goes on there.
"""

import contextlib
import http.client
import ipaddress
import socket
import sqlite3
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from route112.adapters.clock import utc_now
from route112.adapters.watch_store import AlarmBook, Told, Unsent, open_store, transaction
from route112.apps.alarms.show import dump_told

CHANNEL = "webhook"
TIMEOUT_S = 5.0
"""Of each step of a request: connecting, sending, waiting for the answer."""
WHOLE_S = 15.0
"""Of a whole request: who answers a letter at a time is as bad as who does not."""
TRIES_MAX = 5
"""Of one event; then it is given up, said, and the next one is told."""
PAUSE_S = 1.0
"""Before the second try; doubled before each further one."""
POLL_S = 0.25
SECRET_CHARS_MIN = 16
SECRET_CHARS_MAX = 512
ENDED_S_MAX = 2.0
"""How long whoever ends watch waits for the event that is under way."""
_DONE = range(200, 300)


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and what proves who we are."""

    url: str
    secret: str = ""
    """Sent as `Authorization: Bearer`; empty: nothing is."""


class WebhookError(Exception):
    """An address or a secret that cannot be used; says why."""


def check_url(url: str) -> None:
    """Refuse what is no web address, and plain HTTP to another machine; raises WebhookError."""
    if not all("!" <= char <= "~" for char in url):
        # No request can be made of it, ever: that is said now, and not by the first alarm.
        raise WebhookError(f"{url!r} is no web address: write other characters as %C3%A9 or xn--")
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise WebhookError(f"{url} is no web address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise WebhookError(f"{url} is no web address")
    if parts.username or parts.password:
        raise WebhookError("a web address with a password in it is seen by all who list processes")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise WebhookError(f"{url} would tell other machines in clear; use https")


def read_secret(path: Path) -> str:
    """Return the first line of a file that only its owner can read; raises WebhookError."""
    try:
        with path.open("rb") as file:
            if path.stat().st_mode & 0o077:
                raise WebhookError(f"{path} can be read by others; chmod 600 {path}")
            content = file.read(SECRET_CHARS_MAX + 2)
    except OSError as error:
        raise WebhookError(f"{path} cannot be read: {error.strerror}") from error
    secret = content.split(b"\n")[0].strip().decode("ascii", "replace")
    is_long = SECRET_CHARS_MIN <= len(secret) <= SECRET_CHARS_MAX
    if not is_long or not all("!" <= char <= "~" for char in secret):
        raise WebhookError(
            f"{path} holds no secret: {SECRET_CHARS_MIN} to {SECRET_CHARS_MAX} visible characters"
        )
    return secret


def post(target: Target, body: bytes) -> int:
    """
    Send one event; return the HTTP status. Follows no redirect.

    Raises: OSError, http.client.HTTPException.
    """
    parts = urlsplit(target.url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=TIMEOUT_S, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_S)
    headers = {"Content-Type": "application/json", "User-Agent": "route112-watch"}
    if target.secret:
        headers["Authorization"] = f"Bearer {target.secret}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with contextlib.closing(connection), _bounded(connection):
        connection.request("POST", path, body=body, headers=headers)
        return connection.getresponse().status


@contextlib.contextmanager
def _bounded(connection: http.client.HTTPConnection) -> Iterator[None]:
    """End what goes on for too long, also where each step of it is quick; raises TimeoutError."""
    ended = threading.Event()

    def end() -> None:
        ended.set()
        if connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(WHOLE_S, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if ended.is_set():  # half an answer is none
        raise TimeoutError(f"no whole answer in {WHOLE_S:g} s")


class Webhook:
    """The thread."""

    def __init__(
        self,
        path: Path,
        target: Target,
        *,
        complain: Callable[[str], None],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._path = path
        self._target = target
        self._complain = complain
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)

    def start(self) -> None:
        """Begin; what was told before a webhook was ever used is not told again."""
        self._thread.start()

    def stop(self) -> None:
        """End after the event that is under way, or without it."""
        self._stop.set()
        self._thread.join(ENDED_S_MAX)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with contextlib.closing(open_store(self._path)) as store:
                    self._pass_on(store)
            except (sqlite3.Error, OSError) as error:
                self._complain(f"the webhook cannot read what to tell: {error}")
                self._stop.wait(self._pause_s)

    def _pass_on(self, store: sqlite3.Connection) -> None:
        book = AlarmBook(store)
        last = book.find_passed(CHANNEL)
        if last is None:
            last = book.count_told()
            with transaction(store):
                book.note_passed(CHANNEL, last)
        while not self._stop.is_set():
            for told in book.list_told(last, 1):
                why = self._tell(told)
                if why is None:
                    return
                last = told.id
                with transaction(store):
                    book.note_passed(CHANNEL, last)
                    if why:
                        book.note_unsent(Unsent(CHANNEL, last, utc_now(), why))
            self._stop.wait(POLL_S)

    def _tell(self, told: Told) -> str | None:
        """Send one event; return why it was given up, nothing where not; None: watch ends."""
        body = msgspec.json.encode(dump_told(told))
        pause_s, why = self._pause_s, ""
        for number in range(1, TRIES_MAX + 1):
            try:
                status = post(self._target, body)
            except (OSError, http.client.HTTPException) as error:
                why = str(error) or type(error).__name__
            else:
                if status in _DONE:
                    return ""
                why = f"HTTP {status}"
            if number == TRIES_MAX:
                self._complain(
                    f"event {told.id} was not taken by the webhook in {number} tries: {why}"
                )
            elif self._stop.wait(pause_s):
                return None
            pause_s *= 2
        return why


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
