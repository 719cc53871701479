"""HTTP of one connection: who is there is fixed when it is made, and each request has its time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from route112.access import Identity
from route112.adapters.clock import utc_now
from route112.apps.planner.serving.identity import find_peer_end, identify_peer

IDENTITY = "route112.identity"
"""Where the application finds it: in the state of its scope, which is made here."""
ENDS_US = "route112.ends_us"
"""The same of the end of its certificate, microseconds since 1970; 0: it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one peer, and all of them, may take."""

    connections: int = 160
    """At a time, of all whose other end is known."""
    connections_local: int = 48
    """Of these, kept for Unix sockets: more than one identity has, so that people at this machine
    get in whatever others do."""
    handshakes: int = 64
    """At a time, of one socket: whose other end is not known yet. The oldest makes room."""
    connections_each: int = 32
    """Of one identity: nobody keeps everybody else out."""
    head_bytes: int = 16_384
    """Of a request line with its headers; one that came at once may have nearly twice as much."""
    handshake_s: float = 5.0
    head_s: float = 10.0
    """From a connection, or the end of a request, to the end of the next request's head."""
    request_s: float = 60.0
    """From there to the end of its answer, an upload included; anew with each part of an answer
    that the other end has taken."""
    answer_s: float = 300.0
    """From there to the end of an answer, however it goes on: as long as a receiver waits."""


class Connection(H11Protocol):
    """One connection. The identity comes from the transport, before the first byte is read."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        limits: Limits,
        *,
        admit: Callable[["Connection"], bool],
        leave: Callable[["Connection"], None],
        refuse: Callable[[Identity], None],
    ) -> None:
        super().__init__(config, server_state, {})
        self.identity: Identity | None = None
        self._limits = limits
        self._admit, self._leave, self._refuse = admit, leave, refuse
        self._deadline: asyncio.TimerHandle | None = None
        self._over_us = 0
        """When the certificate at the other end ends; 0: there is none."""
        self._ends_s = 0.0
        """When the answer that is under way has to have ended, by the clock of the loop."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Fix who is there; whoever cannot be told, or has too many connections, is let go."""
        super().connection_made(transport)
        try:
            self.identity = identify_peer(transport)
        finally:
            # Also where that raised: nobody is let in unknown.
            if self.identity is None:
                transport.abort()
        if self.identity is None:
            return
        self._over_us = find_peer_end(transport)
        self.app_state = {IDENTITY: self.identity, ENDS_US: self._over_us}
        if not self._admit(self):
            transport.abort()
            return
        self._give(self._limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop()
        if self.identity is not None and self._has_part():
            # What never became a request is no HTTP either.
            self._refuse(self.identity)
        super().connection_lost(exc)
        self._leave(self)

    def data_received(self, data: bytes) -> None:
        """Read; a head that is complete gets the time of a request, once."""
        if self._over_us and utc_now() >= self._over_us:
            # It would not shake hands any more, and must not ask by what it has open.
            self.transport.abort()
            return
        before = self.scope
        # In parts: a head is measured between two of them, so none has twice its bound.
        for start in range(0, len(data), self._limits.head_bytes):
            if not self.transport.is_closing():
                super().data_received(data[start : start + self._limits.head_bytes])
        if self.scope is not before and not self.cycle.response_complete:
            self._give_request()

    def resume_writing(self) -> None:
        """Go on with an answer, of which the other end has taken a part; it has time for more."""
        super().resume_writing()
        if self.cycle is not None and not self.cycle.response_complete:
            left_s = self._ends_s - self.loop.time()
            self._give(max(0.0, min(self._limits.request_s, left_s)))

    def on_response_complete(self) -> None:
        """Wait for the next request as long as for the first one."""
        before = self.scope
        self._give(self._limits.head_s)
        super().on_response_complete()
        if self.scope is not before:
            self._give_request()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, and have that written down."""
        if self.identity is not None:
            self._refuse(self.identity)
        super().send_400_response(msg)

    def handle_websocket_upgrade(self, event: Any) -> None:  # noqa: ANN401, ARG002
        """Nothing is upgraded here."""
        self.send_400_response("Nothing is upgraded here.")

    def _has_part(self) -> bool:
        """Tell whether a head was begun, and cut off."""
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

    def _give_request(self) -> None:
        self._ends_s = self.loop.time() + self._limits.answer_s
        self._give(self._limits.request_s)

    def _give(self, seconds: float) -> None:
        self._stop()
        self._deadline = self.loop.call_later(seconds, self._end)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self) -> None:
        """Let go of a peer that takes too long, whatever it is at."""
        if self.transport is not None:
            self.transport.abort()
