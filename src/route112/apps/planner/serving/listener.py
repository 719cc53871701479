"""Sockets that listen, and the connections that are taken from them."""

import asyncio
import contextlib
import ipaddress
import os
import socket
import ssl
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from route112.access import Identity
from route112.apps.planner.serving.protocol import Connection, Limits

BACKLOG = 64
MODE_OWN = 0o600
MODE_GROUP = 0o660
"""Most that the socket file may allow: its group. Whoever may connect is still asked who he is."""
PAUSE_S = 0.1
"""Between two tries to take a connection while none can be had."""


class ListenError(Exception):
    """It cannot listen there; the text says why."""


def bind_unix(path: Path, *, mode: int = MODE_OWN) -> socket.socket:
    """
    Return a listening Unix socket; what is left of one that nobody listens at is taken away.

    Raises: ListenError
    """
    assert mode in (MODE_OWN, MODE_GROUP), "nobody else may connect"
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.exists() or path.is_symlink():
            _clear(path)
        before = os.umask(0o777)
        try:
            listening.bind(str(path))
        finally:
            os.umask(before)
        path.chmod(mode)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise ListenError(f"{path}: {error.strerror or error}") from error
    except ListenError:
        listening.close()
        raise
    return listening


def _clear(path: Path) -> None:
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise ListenError(f"{path} is there, and no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trying:
        try:
            trying.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise ListenError(f"{path}: another planner listens there")


def bind_tcp(host: str, port: int, *, beyond_loopback: bool = False) -> socket.socket:
    """Return a listening TCP socket; beyond loopback only if told. Raises: ListenError."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise ListenError(f"{host} is no IP address") from error
    if not address.is_loopback and not beyond_loopback:
        raise ListenError(f"{host} is not loopback")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise ListenError(f"{host}:{port}: {error.strerror or error}") from error
    return listening


def load_tls(certificate: Path, key: Path, client_authority: Path) -> ssl.SSLContext:
    """
    Return mutual TLS: whoever shows no certificate of the authority gets no answer at all.

    Raises: ListenError
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    # Each connection shows its certificate anew: nothing outlives its end or its revocation.
    context.num_tickets = 0
    try:
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(client_authority)
    except (OSError, ssl.SSLError) as error:
        names = f"{certificate}, {key} or {client_authority}"
        raise ListenError(f"{names} cannot be used: {error.strerror or error}") from error
    return context


class Listener:
    """
    Takes connections and gives each one to the application with who is there.

    Args:
        app: what answers; finds the identity at `IDENTITY` in the state of its scope.
        refuse: told of whoever sent what is no HTTP.
    """

    def __init__(
        self,
        app: Callable[..., Any],
        *,
        limits: Limits | None = None,
        refuse: Callable[[Identity], None] = lambda _: None,
    ) -> None:
        self._limits = limits or Limits()
        self._config = Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=self._limits.head_bytes,
        )
        self._config.load()
        self._state = ServerState()
        self._refuse = refuse
        self._taken: set[socket.socket] = set()
        """Whose other end is not known yet."""
        self._open: set[Connection] = set()
        self._each: Counter[Identity] = Counter()

    async def serve(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Take connections until cancelled."""
        loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(listening.close)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            while True:
                try:
                    taken, _ = await loop.sock_accept(listening)
                except OSError:
                    await asyncio.sleep(PAUSE_S)
                    continue
                if len(self._taken) + len(self._open) >= self._limits.connections:
                    taken.close()
                    continue
                self._taken.add(taken)
                group.create_task(self._begin(taken, tls))

    async def _begin(self, taken: socket.socket, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        taken.setblocking(False)
        # Whoever fails to shake hands is nobody: there is nobody to tell.
        with contextlib.suppress(OSError, ssl.SSLError, asyncio.TimeoutError):
            await loop.connect_accepted_socket(
                self._connect,
                taken,
                ssl=tls,
                ssl_handshake_timeout=None if tls is None else self._limits.handshake_s,
            )
        self._taken.discard(taken)

    def _connect(self) -> Connection:
        return Connection(
            self._config,
            self._state,
            self._limits,
            admit=self._admit,
            leave=self._leave,
            refuse=self._refuse,
        )

    def _admit(self, connection: Connection) -> bool:
        identity = connection.identity
        assert identity is not None, "whoever is admitted is known"
        self._open.add(connection)
        self._each[identity] += 1
        return self._each[identity] <= self._limits.connections_each

    def _leave(self, connection: Connection) -> None:
        if connection in self._open and connection.identity is not None:
            self._open.discard(connection)
            self._each[connection.identity] -= 1
            if not self._each[connection.identity]:
                del self._each[connection.identity]
