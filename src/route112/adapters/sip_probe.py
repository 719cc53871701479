"""
Ask SIP elements whether they are there, by OPTIONS, without threads.

One that is waited for, over UDP, TCP or TLS; or many over UDP, of whom nobody is waited for.
"""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing

REPLY_BYTES_MAX = 65_535
REPLIES_MAX = 1_000
"""Read at once; more come the next time."""
_CALL_ID = r"\r\n(?:Call-ID|i)[ \t]*:[ \t]*%s-([0-9]{1,18})@"
_SERVER = re.compile(rb"\r\nServer:[ \t]*([^\r\n]*)", re.IGNORECASE)


async def ask_options(
    transport: str, host: str, port: int, *, timeout_s: float, tls: ssl.SSLContext | None = None
) -> int | None:
    """
    Return the status of the reply to one OPTIONS; None without one.

    Args:
        transport: `udp`, `tcp` or `tls`.
        host: numeric address, IPv6 without brackets.
        port: its port.
        timeout_s: for the whole exchange, in seconds.
        tls: own certificate and whom to trust; needed for `tls`.

    """
    return read_status(await _ask(transport, host, port, timeout_s=timeout_s, tls=tls))


async def ask_server(
    transport: str, host: str, port: int, *, timeout_s: float
) -> tuple[int, str] | None:
    """Return status and `Server` header of the reply to one OPTIONS over UDP or TCP, or None."""
    reply = await _ask(transport, host, port, timeout_s=timeout_s)
    status = read_status(reply)
    match = _SERVER.search(reply)
    return (
        None if status is None else (status, match[1].decode("ascii", "replace") if match else "")
    )


async def _ask(
    transport: str, host: str, port: int, *, timeout_s: float, tls: ssl.SSLContext | None = None
) -> bytes:
    """Return the head of the reply; nothing without one."""
    exchange = _ask_datagram if transport == "udp" else _ask_stream
    try:
        async with asyncio.timeout(timeout_s):
            return await exchange(transport, host, port, tls)
    except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError):
        return b""


def read_status(reply: bytes) -> int | None:
    """Return the status of a reply; None where it is none."""
    version, _, rest = reply.partition(b" ")
    return int(rest[:3]) if version == b"SIP/2.0" and rest[:3].isdigit() else None


async def _ask_datagram(
    transport: str, host: str, port: int, _tls: ssl.SSLContext | None
) -> bytes:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    loop = asyncio.get_running_loop()
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        asking.connect((host, port))
        await loop.sock_sendall(
            asking, render_options(transport, host, port, asking.getsockname())
        )
        return await loop.sock_recv(asking, REPLY_BYTES_MAX)


async def _ask_stream(transport: str, host: str, port: int, tls: ssl.SSLContext | None) -> bytes:
    reader, writer = await asyncio.open_connection(
        host, port, ssl=tls if transport == "tls" else None
    )
    with closing(writer):
        own = writer.get_extra_info("sockname")
        writer.write(render_options(transport, host, port, own))
        return await reader.readuntil(b"\r\n\r\n")


def render_options(
    transport: str, host: str, port: int, own: tuple[str, int], *, token: str = ""
) -> bytes:
    """Render one OPTIONS; `token` comes back in the reply's Call-ID, before the `@`."""
    token = token or os.urandom(6).hex()
    there, here = _bracket(host), _bracket(own[0])
    return (
        f"OPTIONS sip:{there}:{port};transport={transport} SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport.upper()} {here}:{own[1]};branch=z9hG4bK{token}\r\n"
        f"From: <sip:probe@{here}>;tag={token}\r\n"
        f"To: <sip:{there}:{port}>\r\n"
        f"Call-ID: {token}@{here}\r\n"
        "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode("ascii")


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class OptionsAsker:
    """Sends questions, and reads what has come back."""

    def __init__(self) -> None:
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._token = os.urandom(8).hex()
        self._call_id = re.compile((_CALL_ID % self._token).encode("ascii"), re.IGNORECASE)

    def ask(self, host: str, port: int, number: int) -> bool:
        """
        Send one question; return False where it cannot be sent.

        Args:
            host: numeric address, IPv6 without brackets.
            port: its port.
            number: what the answer is known by; the same one is sent again.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            asking = self._sockets.get(family) or self._open(family)
            own = _find_own_host(family, host, port), asking.getsockname()[1]
            token = f"{self._token}-{number}"
            asking.sendto(render_options("udp", host, port, own, token=token), (host, port))
        except OSError:
            return False
        return True

    def read(self) -> Iterator[tuple[int, int]]:
        """Yield number and status of each answer that has come; anything else is passed over."""
        for asking in self._sockets.values():
            for _ in range(REPLIES_MAX):
                try:
                    reply = asking.recv(REPLY_BYTES_MAX)
                except OSError:
                    break
                status, match = read_status(reply), self._call_id.search(reply)
                if status is not None and match is not None:
                    yield int(match[1]), status

    def close(self) -> None:
        """Free the sockets."""
        for asking in self._sockets.values():
            asking.close()
        self._sockets.clear()

    def _open(self, family: socket.AddressFamily) -> socket.socket:
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.bind(("", 0))
        self._sockets[family] = opened
        return opened


def _find_own_host(family: socket.AddressFamily, host: str, port: int) -> str:
    """Return the address that we send from; nothing is sent."""
    with socket.socket(family, socket.SOCK_DGRAM) as tried:
        tried.connect((host, port))
        return str(tried.getsockname()[0])
