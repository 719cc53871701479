"""Ask a SIP element whether it is there: one OPTIONS over UDP, TCP or TLS, without threads."""

import asyncio
import os
import re
import socket
import ssl
from contextlib import closing

REPLY_BYTES_MAX = 65_535
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
    exchange = _ask_datagram if transport == "udp" else _ask_stream
    try:
        async with asyncio.timeout(timeout_s):
            reply = await exchange(transport, host, port, tls)
    except (OSError, TimeoutError):
        return None
    return read_status(reply)


async def ask_server(host: str, port: int, *, timeout_s: float) -> tuple[int, str] | None:
    """Return status and `Server` header of the reply to one OPTIONS over UDP; None without one."""
    try:
        async with asyncio.timeout(timeout_s):
            reply = await _ask_datagram("udp", host, port, None)
    except (OSError, TimeoutError):
        return None
    status = read_status(reply)
    match = _SERVER.search(reply)
    return (
        None if status is None else (status, match[1].decode("ascii", "replace") if match else "")
    )


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
        return await reader.readuntil(b"\r\n")


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
