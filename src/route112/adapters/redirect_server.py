"""
The sockets of the redirect server: UDP and TCP, limits, and a snapshot that is swapped in place.

One event loop, no thread in the path of a call: a datagram is answered inside the callback that
brought it. A new snapshot is read and checked beside the loop and put in force between two
messages; whatever is wrong with it, the one in force stays.
"""

import asyncio
import errno
import os
import re
import socket
import stat
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from route112.redirect import Book, RefusedError, answer_request, read_book, read_trust
from route112.redirect.octets import FILE_BYTES_MAX
from route112.redirect.sip import MESSAGE_BYTES_MAX, find_reply_port, parse_request
from route112.redirect.trust import TRUST_BYTES_MAX, Trust

CONNECTIONS_MAX = 256
"""TCP connections at once; a further one is closed."""
CONNECTIONS_PER_SOURCE_MAX = 16
"""TCP connections at once from one address."""
IDLE_S_MAX = 60.0
"""Seconds without a message after which a TCP connection is closed."""
UNSENT_BYTES_MAX = 256 * 1024
"""Bytes that a TCP peer may leave unread before its connection is closed."""
REQUESTS_PER_S_MAX = 1_000
"""Requests a second from one address; what comes above twice as many at once is dropped."""
SOURCES_KEPT_MAX = 4_096
"""Addresses whose rate is counted; the longest silent one is forgotten first."""
RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
RELOAD_S = 0.5
"""Seconds between two looks at the snapshot's file."""
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(
    rb"\n(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,20})[ \t]*\r?\n", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """An address to listen on."""

    host: str
    port: int
    transport: str
    """`udp` or `tcp`."""


class RateLimit:
    """A bucket of requests for each address; bounded."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """(requests left, when that was so in seconds), the longest silent first."""

    def admit(self, source: str, now_s: float) -> bool:
        """Tell whether one more request of this address is answered."""
        left, since_s = self._buckets.pop(source, (2.0 * self._per_s, now_s))
        left = min(2.0 * self._per_s, left + (now_s - since_s) * self._per_s)
        admitted = left >= 1.0
        self._buckets[source] = (left - admitted, now_s)
        if len(self._buckets) > SOURCES_KEPT_MAX:
            self._buckets.popitem(last=False)
        return admitted


class TrustError(ValueError):
    """The list of keys is none; the snapshot was not looked at."""


class Shelf:
    """
    The snapshot in force, and where the next one comes from.

    Args:
        path: the snapshot; watched.
        trust: the list of keys; watched as well. None: signatures are not looked at.
    Raises: OSError or RefusedError where there is nothing to begin with, TrustError where it is
        for the list of keys.
    """

    def __init__(self, path: Path, trust: Path | None, log: Callable[[str], None]) -> None:
        self._path = path
        self._trust_path = trust
        self._log = log
        self._trust_seen = _look(trust)
        self._trust = _begin_trust(trust) if trust else None
        self._seen: tuple[int, int, int] | None = None
        self.book: Book = self._read(None)
        self.since_s = _now() / 1e6
        """Since when it is in force, seconds since 1970."""

    async def watch(self) -> None:
        """Look at the files for ever, and take what is newer and sound."""
        while True:
            await asyncio.sleep(RELOAD_S)
            await self.refresh()

    async def refresh(self) -> None:
        """Take the file if it or the trust list has changed; say why where it is refused."""
        judged_anew = self._refresh_trust()
        seen = _look(self._path)
        if seen is None or (seen == self._seen and not judged_anew):
            return
        try:
            book = await asyncio.to_thread(self._read, self.book)
        except (OSError, RefusedError) as error:
            self._log(f"refused {self._path}: {error}; g{self.book.generation} stays in force")
            return
        if judged_anew and book.content_hash == self.book.content_hash:
            return
        self.book, self.since_s = book, _now() / 1e6
        self._log(f"g{self.book.generation} is in force")

    def _refresh_trust(self) -> bool:
        """Take the trust list if it has changed; a bad one, or none, changes nothing."""
        seen = _look(self._trust_path)
        if self._trust_path is None or seen in (None, self._trust_seen):
            return False
        self._trust_seen = seen
        try:
            self._trust = read_trust(_read_file(self._trust_path, TRUST_BYTES_MAX))
        except (OSError, RefusedError) as error:
            self._log(f"the trust list stays as it was: {self._trust_path}: {error}")
            return False
        self._log(f"the trust list was read anew: {len(self._trust)} keys")
        return True

    def _read(self, in_force: Book | None) -> Book:
        self._seen = _look(self._path)
        content = _read_file(self._path, FILE_BYTES_MAX)
        return read_book(content, trust=self._trust, now=_now(), in_force=in_force)


def _begin_trust(path: Path) -> Trust:
    try:
        return read_trust(_read_file(path, TRUST_BYTES_MAX))
    except RefusedError as error:
        raise TrustError(str(error)) from error


def _look(path: Path | None) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path) if path else None  # noqa: PTH116  one call, twice a second
    except OSError:
        return None  # a file that is gone displaces nothing
    return found and (found.st_mtime_ns, found.st_ino, found.st_size)


def _read_file(path: Path, bytes_max: int) -> bytes:
    """Read a file and nothing else: a pipe or a device may never end, or never begin."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no regular file")
    with os.fdopen(handle, "rb") as file:
        return file.read(bytes_max + 1)


def _now() -> int:
    return time.time_ns() // 1_000


@dataclass(slots=True)
class Counts:
    """What came and what became of it."""

    answered: int = 0
    dropped: int = 0
    """Noise, responses, and what was above a limit."""
    failed: int = 0
    """Requests whose answer raised: a mistake of ours."""
    limited: int = 0
    """Of those dropped, what was above the rate of its address."""
    statuses: Counter[str] = field(default_factory=Counter)
    """Answers by status: our own, of which there are some dozens."""


class RedirectServer:
    """Everything that one process answers."""

    def __init__(
        self,
        shelf: Shelf,
        *,
        log: Callable[[str], None],
        per_s: int = REQUESTS_PER_S_MAX,
        now: Callable[[], int] = _now,
    ) -> None:
        self.counts = Counts()
        self.sources: dict[str, int] = {}
        """Open TCP connections by address."""
        self._shelf = shelf
        self._log = log
        self._limit = RateLimit(per_s)
        self._now = now

    def answer(
        self, message: bytes, source: tuple[str, int], *, size: int = 0
    ) -> tuple[bytes, int] | None:
        """
        Answer one message.

        Args:
            size: bytes of the whole, where `message` is only its beginning.
        Returns: the response, and the port for it where it travels as a datagram; None where
            nothing is to be said. Never raises.
        """
        try:
            if not self._limit.admit(source[0], time.monotonic()):
                self.counts.dropped += 1
                self.counts.limited += 1
                return None
            request = parse_request(message, size=size)
            response = request and answer_request(
                self._shelf.book, request, source=source, now=self._now()
            )
        except Exception as error:  # noqa: BLE001  one message must not stop the others
            self.counts.failed += 1
            if self.counts.failed <= 10:  # noqa: PLR2004  no flood of lines
                self._log(f"no answer: {error!r}")
            return None
        if not response or request is None:
            self.counts.dropped += request is None
            return None
        self.counts.answered += 1
        self.counts.statuses[response[8:11].decode("ascii", "replace")] += 1
        return response, find_reply_port(request, source[1])

    async def serve(self, addresses: tuple[Listen, ...], *, ready: asyncio.Event) -> None:
        """
        Listen on all addresses until cancelled; `ready` is set once all of them are open.

        Raises: OSError where an address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        closing: list[Callable[[], None]] = []
        try:
            for address in addresses:
                opened = _bind(address)
                if address.transport == "udp":
                    transport, _ = await loop.create_datagram_endpoint(
                        lambda: _Datagrams(self), sock=opened
                    )
                    closing.append(transport.close)
                else:
                    server = await loop.create_server(lambda: _Connection(self), sock=opened)
                    closing.append(server.close)
            ready.set()
            await self._shelf.watch()
        finally:
            for close in closing:
                close()


def _bind(address: Listen) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    kind = socket.SOCK_DGRAM if address.transport == "udp" else socket.SOCK_STREAM
    opened = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        opened.setblocking(False)
        opened.bind((address.host, address.port))
        if kind == socket.SOCK_STREAM:
            opened.listen(CONNECTIONS_MAX)
    except OSError:
        opened.close()
        raise
    return opened


class _Datagrams(asyncio.DatagramProtocol):
    """One UDP socket."""

    def __init__(self, server: RedirectServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._server.answer(data, (addr[0], addr[1]))
        if answer is not None and self._transport is not None:
            response, port = answer
            # Scope and flow of an IPv6 address go back as they came.
            self._transport.sendto(response, (addr[0], port, *addr[2:]))

    def error_received(self, exc: Exception) -> None:
        """Go on: an ICMP error tells of one datagram, not of the socket."""


class _Connection(asyncio.Protocol):
    """One TCP connection: messages one after another, each as long as it says."""

    def __init__(self, server: RedirectServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._source = ("", 0)
        self._buffer = bytearray()
        self._idle: asyncio.TimerHandle | None = None
        self._counted = False
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._source = transport.get_extra_info("peername")[:2]
        open_ones = self._server.sources
        here = open_ones.get(self._source[0], 0)
        if sum(open_ones.values()) >= CONNECTIONS_MAX or here >= CONNECTIONS_PER_SOURCE_MAX:
            self._server.counts.dropped += 1
            self._transport.abort()
            return
        open_ones[self._source[0]] = here + 1
        self._counted = True
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's name
        if self._idle is not None:
            self._idle.cancel()
        if self._counted:
            left = self._server.sources.get(self._source[0], 1) - 1
            self._server.sources[self._source[0]] = left
            if not left:
                del self._server.sources[self._source[0]]
        self._transport = None

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return  # until the peer has read the answer, or its time is over
        self._buffer += data
        while self._transport is not None and (message := self._take()) is not None:
            self._wait()
            answer = self._server.answer(message, self._source)
            if answer is not None:
                self._transport.write(answer[0])
            if self._transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
                self._close()

    def _take(self) -> bytes | None:
        """Cut the next whole message off the stream; None where none is whole yet."""
        while self._buffer.startswith(b"\r\n"):
            if self._buffer.startswith(b"\r\n\r\n") and self._transport is not None:
                self._transport.write(b"\r\n")  # RFC 5626 section 3.5.1: a ping and its pong
                del self._buffer[:2]
            del self._buffer[:2]
        end = _HEAD_END.search(self._buffer)
        if end is None:
            if len(self._buffer) > MESSAGE_BYTES_MAX:
                self._refuse_large()
            return None
        length = _LENGTH.search(self._buffer, 0, end.end())
        size = end.end() + (int(length[1]) if length else 0)
        if size > MESSAGE_BYTES_MAX:
            self._refuse_large()
            return None
        if len(self._buffer) < size:
            return None
        message = bytes(self._buffer[:size])
        del self._buffer[:size]
        return message

    def _refuse_large(self) -> None:
        """Answer 513 and hear no more; a reset at once would overtake the answer."""
        beginning = bytes(self._buffer)
        answer = self._server.answer(beginning, self._source, size=MESSAGE_BYTES_MAX + 1)
        self._buffer.clear()
        self._refused = True
        if answer is None or self._transport is None:
            self._close()
            return
        self._transport.write(answer[0])
        self._transport.write_eof()

    def _wait(self) -> None:
        """Begin to count the idle seconds anew."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S_MAX, self._close)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
