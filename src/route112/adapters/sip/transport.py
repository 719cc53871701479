"""Sockets of one agent: datagrams, and streams that are opened when somebody has to be reached."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import cast

from route112.adapters.sip.address import Address
from route112.adapters.sip.tls import TlsFiles
from route112.wire.sip.core import Outgoing, Peer
from route112.wire.sip.messages import SipError
from route112.wire.sip.stream import MessageStream

RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
CONNECT_SECONDS_MAX = 5.0
CONNECTIONS_MAX = 4_000
"""Open streams; a further one is closed at once."""
GOOD_BYE_LOOK_SECONDS = 0.005
GOOD_BYE_LOOKS_MAX = 100
"""Whether peers that are told of the end of a TLS connection have said that they know."""
WAITING_BYTES_MAX = 256 * 1024
"""Unsent bytes of one stream; a peer that does not read them is let go."""

Deliver = Callable[[bytes, Peer], None]
Failed = Callable[[Peer], None]
_Key = tuple[str, str, int, str]


class Transports:
    """Every socket of one agent."""

    def __init__(self, deliver: Deliver, failed: Failed, tls: TlsFiles | None = None) -> None:
        self.deliver = deliver
        self.failed = failed
        self.connections: dict[_Key, Stream] = {}
        self._tls = tls
        self._client_context: ssl.SSLContext | None = None
        self._datagrams: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._servers: list[asyncio.Server] = []
        self._opening: dict[_Key, asyncio.Task[None]] = {}

    async def listen(self, address: Address) -> Address:
        """
        Listen; port 0 takes a free one.

        Raises: OSError when the address cannot be had, ValueError for TLS without files.
        """
        loop = asyncio.get_running_loop()
        if address.transport == "udp":
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self), local_addr=(address.host, address.port)
            )
            _widen(transport.get_extra_info("socket"))
            port = transport.get_extra_info("sockname")[1]
            self._datagrams[address.host, port] = transport
            return Address("udp", address.host, port)
        context = self._tls_files().server() if address.transport == "tls" else None
        listener = _Listener(self, address)
        server = await loop.create_server(listener, address.host, address.port, ssl=context)
        self._servers.append(server)
        listener.address = Address(address.transport, address.host, _port_of(server))
        return listener.address

    def send(self, outgoing: Outgoing) -> None:
        """Send bytes now, or as soon as a connection stands; failure is told by `failed`."""
        peer = outgoing.peer
        if not peer.reliable:
            transport = self._datagrams.get((peer.local_host, peer.local_port))
            if transport is None:
                asyncio.get_running_loop().call_soon(self.failed, peer)
            elif not transport.is_closing():
                transport.sendto(outgoing.content, (peer.host, peer.port))
            return
        key = (peer.transport, peer.host, peer.port, peer.local_host)
        stream = self.connections.get(key)
        if stream is None:
            stream = self.connections[key] = Stream(
                self, peer.transport, peer.local_host, peer.local_port
            )
            stream.key = key
            self._opening[key] = asyncio.get_running_loop().create_task(self._open(stream, peer))
        stream.write(outgoing.content)

    async def close(self) -> None:
        """Close everything; a peer that does not say good-bye in TLS is left without."""
        for server in self._servers:
            server.close()
        opening = list(self._opening.values())
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
        for stream in list(self.connections.values()):
            if not stream.close() and stream.key is not None:
                self.connections.pop(stream.key, None)  # it never stood
        for transport in self._datagrams.values():
            transport.close()
        for _ in range(GOOD_BYE_LOOKS_MAX):
            if not self.connections:
                break
            await asyncio.sleep(GOOD_BYE_LOOK_SECONDS)
        for stream in list(self.connections.values()):
            stream.abort()
        # Sockets are closed in the loop's next round, after what is told of them in this one.
        await asyncio.sleep(GOOD_BYE_LOOK_SECONDS)

    async def _open(self, stream: "Stream", peer: Peer) -> None:
        loop = asyncio.get_running_loop()
        assert stream.key is not None
        try:
            if peer.transport == "tls" and self._client_context is None:
                self._client_context = self._tls_files().client()
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                await loop.create_connection(
                    lambda: stream,
                    peer.host,
                    peer.port,
                    ssl=self._client_context if peer.transport == "tls" else None,
                    local_addr=(peer.local_host, 0),
                )
        except (OSError, ValueError, TimeoutError):  # ssl.SSLError is an OSError
            self.connections.pop(stream.key, None)
            self.failed(peer)
        finally:
            self._opening.pop(stream.key, None)

    def _tls_files(self) -> TlsFiles:
        if self._tls is None:
            raise ValueError("TLS needs a certificate, its key and an authority")
        return self._tls


class _Datagrams(asyncio.DatagramProtocol):
    """One UDP socket."""

    def __init__(self, transports: Transports) -> None:
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._local = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        peer = Peer(
            transport="udp",
            host=addr[0],
            port=addr[1],
            local_host=self._local[0],
            local_port=self._local[1],
        )
        self._transports.deliver(data, peer)


class _Listener:
    """Makes the stream of each connection that is accepted."""

    def __init__(self, transports: Transports, address: Address) -> None:
        self.address = address
        self._transports = transports

    def __call__(self) -> "Stream":
        address = self.address
        return Stream(self._transports, address.transport, address.host, address.port)


class Stream(asyncio.Protocol):
    """One TCP or TLS connection, accepted or opened."""

    def __init__(self, transports: Transports, transport: str, host: str, port: int) -> None:
        self.key: _Key | None = None
        """Where it is found for sending; set at once for one that we open."""
        self._transports = transports
        self._local = (transport, host, port)
        self._messages = MessageStream()
        self._waiting = bytearray()
        self._transport: asyncio.Transport | None = None
        self._peer: Peer | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection; what waited for it is sent."""
        self._transport = cast(asyncio.Transport, transport)
        host, port = transport.get_extra_info("peername")[:2]
        name, local_host, local_port = self._local
        self._peer = Peer(
            transport=name, host=host, port=port, local_host=local_host, local_port=local_port
        )
        if self.key is None:
            self.key = (name, host, port, local_host)
            if len(self._transports.connections) >= CONNECTIONS_MAX:
                self.close()
                return
            self._transports.connections[self.key] = self
        self._transport.write(bytes(self._waiting))
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Cut bytes into messages; a stream that cannot be followed is closed."""
        assert self._peer is not None
        try:
            messages = self._messages.feed(data)
        except SipError:
            self.close()
            return
        for message in messages:
            self._transports.deliver(message, self._peer)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the connection; a request without an answer yet fails."""
        if self.key is not None and self._transports.connections.get(self.key) is self:
            del self._transports.connections[self.key]
        if self._peer is not None:
            self._transports.failed(self._peer)

    def write(self, content: bytes) -> None:
        """Send now or after the connection stands."""
        if self._transport is None:
            self._waiting += content
        elif self._transport.get_write_buffer_size() > WAITING_BYTES_MAX:
            self._transport.abort()
        elif not self._transport.is_closing():
            self._transport.write(content)

    def close(self) -> bool:
        """Begin to close the connection; tell whether there is one."""
        if self._transport is not None:
            self._transport.close()
        return self._transport is not None

    def abort(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()


def _port_of(server: asyncio.Server) -> int:
    """Return the port that a server has."""
    port: int = server.sockets[0].getsockname()[1]
    return port


def _widen(found: socket.socket) -> None:
    """A burst of calls waits in the socket, as far as the machine allows it."""
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
