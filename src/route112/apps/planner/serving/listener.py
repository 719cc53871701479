"""Connections, taken from sockets that listen, each with who is there."""

import asyncio
import contextlib
import functools
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from route112.access import Identity, Via
from route112.apps.planner.serving.protocol import Connection, Limits

PAUSE_S = 0.1
"""Between two tries to take a connection while none can be had."""


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
        self._open: set[Connection] = set()
        self._each: Counter[Identity] = Counter()

    async def serve(
        self, listening: socket.socket, tls: Callable[[], ssl.SSLContext] | None = None
    ) -> None:
        """
        Take connections until cancelled.

        Args:
            listening: where they come from.
            tls: asked for the context of each connection.
        """
        loop = asyncio.get_running_loop()
        unknown: dict[asyncio.Task[None], None] = {}
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(listening.close)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            while True:
                try:
                    taken, _ = await loop.sock_accept(listening)
                except OSError:
                    await asyncio.sleep(PAUSE_S)
                    continue
                if len(unknown) >= self._limits.handshakes:
                    # Who says nothing yet gives way, so that silence keeps nobody out.
                    oldest = next(iter(unknown))
                    del unknown[oldest]
                    oldest.cancel()
                task = group.create_task(self._begin(taken, tls))
                unknown[task] = None
                task.add_done_callback(functools.partial(_forget, unknown, taken))
                # Whoever connects without an end does not keep the others from their turn.
                await asyncio.sleep(0)

    async def _begin(self, taken: socket.socket, tls: Callable[[], ssl.SSLContext] | None) -> None:
        loop = asyncio.get_running_loop()
        taken.setblocking(False)
        # Whoever fails to shake hands is nobody, so there is nobody to tell; and whatever he sent,
        # he does not end the listener of all others.
        with contextlib.suppress(Exception):
            await loop.connect_accepted_socket(
                self._connect,
                taken,
                ssl=None if tls is None else tls(),
                ssl_handshake_timeout=None if tls is None else self._limits.handshake_s,
            )

    def close(self) -> None:
        """Let every connection go, in the middle of whatever it is at."""
        for connection in tuple(self._open):
            connection.transport.abort()

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
        is_far = identity.via is Via.CERTIFICATE
        room = self._limits.connections - (self._limits.connections_local if is_far else 0)
        has_room = self._count(far_alone=is_far) < room
        self._open.add(connection)
        self._each[identity] += 1
        return has_room and self._each[identity] <= self._limits.connections_each

    def _count(self, *, far_alone: bool) -> int:
        known = [each.identity for each in self._open if each.identity is not None]
        return sum(each.via is Via.CERTIFICATE for each in known) if far_alone else len(known)

    def _leave(self, connection: Connection) -> None:
        if connection in self._open and connection.identity is not None:
            self._open.discard(connection)
            self._each[connection.identity] -= 1
            if not self._each[connection.identity]:
                del self._each[connection.identity]


def _forget(
    unknown: dict[asyncio.Task[None], None], taken: socket.socket, done: asyncio.Task[None]
) -> None:
    """Let go of a task that is over, and of the socket of one that had to give way."""
    unknown.pop(done, None)
    if done.cancelled():
        taken.close()
