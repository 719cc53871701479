"""The sockets of a server: datagrams, and TCP connections that carry one message after another."""

import asyncio
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from route112.adapters.redirect_server.server import RedirectServer
from route112.redirect.sip import MESSAGE_BYTES_MAX

CONNECTIONS_MAX = 256
"""TCP connections at once; a further one is closed."""
CONNECTIONS_PER_SOURCE_MAX = 16
"""TCP connections at once from one address."""
IDLE_S_MAX = 60.0
"""Seconds without a message after which a TCP connection is closed."""
UNSENT_BYTES_MAX = 256 * 1024
"""Bytes that a TCP peer may leave unread before its connection is closed."""
RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
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


async def serve(
    server: RedirectServer, addresses: tuple[Listen, ...], *, ready: asyncio.Event
) -> None:
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
                    lambda: _Datagrams(server), sock=opened
                )
                closing.append(transport.close)
            else:
                listening = await loop.create_server(lambda: _Connection(server), sock=opened)
                closing.append(listening.close)
        ready.set()
        await server.shelf.watch()
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
