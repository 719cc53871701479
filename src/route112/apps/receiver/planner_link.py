"""
Asking a planner over a Unix socket or HTTPS: one connection for each question, all of it bounded.

A planner may be dead, hang, drip one byte a second, or send without an end: each of these costs a
receiver a second or two, and then it asks again.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from route112.model.topology import split_address
from route112.replication import Wanted, parse_wanted
from route112.replication.messages import MESSAGE_BYTES_MAX

CONNECT_S = 1.0
STEP_S = 2.0
"""Without a byte for so long, a question has failed."""
ANSWER_S = 2.0
"""For a whole answer."""
FETCH_S = 300.0
"""For a whole file."""
WAITS = "wait=1"
"""What comes within the second shall not wait for the next question (RFC 7240)."""
PART_BYTES = 256 * 1024
OK = 200


class LinkError(Exception):
    """A question came to nothing; `reason` says why, in kebab-case."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Place:
    """Where a planner is."""

    path: Path | None = None
    """Of its Unix socket."""
    host: str = ""
    """Numeric: no name server stands between a station and its orders."""
    port: int = 0
    context: Callable[[], ssl.SSLContext] | None = None
    """Returns, for each connection, what proves who this station is, and whom it trusts to be the
    planner."""

    @classmethod
    def parse(cls, text: str, context: Callable[[], ssl.SSLContext] | None) -> "Place":
        """Read `unix:PATH` or `https://HOST:PORT`; raises ValueError."""
        if text.startswith("unix:"):
            return cls(path=Path(text.removeprefix("unix:")))
        if not text.startswith("https://"):
            raise ValueError(f"{text!r} is neither unix:PATH nor https://HOST:PORT")
        if context is None:
            raise ValueError("https needs a certificate, its key and the planner's authority")
        host, port = split_address(text.removeprefix("https://").removesuffix("/"))
        try:
            ipaddress.ip_address(host)
        except ValueError as error:
            raise ValueError(f"{host!r} is no numeric address") from error
        return cls(host=host, port=port, context=context)


class PlaceConnection(http.client.HTTPConnection):
    """A connection to a planner, wherever it is."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host or "planner", place.port or None, timeout=STEP_S)
        self._place = place

    def connect(self) -> None:
        """Connect, within its time."""
        place = self._place
        if place.path is not None:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(CONNECT_S)
            self.sock.connect(str(place.path))
        else:
            assert place.context is not None, "https has a context"
            plain = socket.create_connection((place.host, place.port), CONNECT_S)
            try:
                self.sock = place.context().wrap_socket(plain, server_hostname=place.host)
            except BaseException:
                plain.close()
                raise
        self.sock.settimeout(STEP_S)


class PlannerLink:
    """Asks one planner for one station."""

    def __init__(self, place: Place, station: str) -> None:
        self._place, self._station = place, station

    def ask(self, report: bytes) -> Wanted:
        """Send a report, return what is wanted; raises LinkError."""
        headers = {"Content-Type": "text/plain; charset=us-ascii", "Prefer": WAITS}
        path = f"/stations/{self._station}/report"
        with self._open("POST", path, ANSWER_S, body=report, headers=headers) as answer:
            content = answer.read(MESSAGE_BYTES_MAX + 1)
        wanted = parse_wanted(content)
        if wanted is None:
            raise LinkError("nonsense", "the planner's answer is none")
        return wanted

    def fetch(self, wanted: Wanted, progressed: Callable[[], None]) -> bytes:
        """
        Fetch a snapshot, `wanted.size` bytes and one more at most; raises LinkError.

        Args:
            wanted: names it.
            progressed: told of each part that comes.
        """
        content = bytearray()
        with self._open("GET", f"/snapshots/{wanted.content_hash}", FETCH_S) as answer:
            while len(content) <= wanted.size:
                part = answer.read(min(PART_BYTES, wanted.size + 1 - len(content)))
                if not part:
                    break
                content += part
                progressed()
        if len(content) < wanted.size:
            raise LinkError("cut", f"{len(content)} of {wanted.size} bytes came")
        return bytes(content)

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        seconds_max: float,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """Ask, and let whoever reads the answer do so for some seconds, however it drips."""
        connection = PlaceConnection(self._place)
        is_late = threading.Event()
        late = threading.Timer(seconds_max, _cut, (connection, is_late))
        late.daemon = True
        late.start()
        try:
            connection.request(
                method, path, body=body, headers={"Connection": "close", **(headers or {})}
            )
            answer = connection.getresponse()
            if answer.status != OK:
                raise LinkError(f"status-{answer.status}", f"the planner says {answer.status}")
            yield answer
            if is_late.is_set():
                raise LinkError("too-slow", f"no whole answer within {seconds_max:g} s")
        except (OSError, http.client.HTTPException) as error:
            reason = "too-slow" if isinstance(error, TimeoutError) else "unreachable"
            raise LinkError(reason, f"{type(error).__name__}: {error}") from error
        finally:
            late.cancel()
            connection.close()


def _cut(connection: http.client.HTTPConnection, is_late: threading.Event) -> None:
    """End a connection under whoever reads from it."""
    is_late.set()
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def make_context(certificate: Path, key: Path, authority: Path) -> ssl.SSLContext:
    """
    Return a context that shows a certificate and believes one authority.

    Raises: OSError (ssl.SSLError is one) where the files do not fit.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority)
    return context
