"""The agent on an event loop: takes bytes from sockets, gives it the time, tells its users."""

import asyncio
import secrets
from collections.abc import Callable

from route112.adapters.sip.address import Address
from route112.adapters.sip.tls import TlsFiles
from route112.adapters.sip.transport import Transports
from route112.wire.sip import (
    Agent,
    Call,
    Event,
    IncomingCall,
    Invitation,
    Kind,
    OutgoingCall,
    Peer,
    Timers,
)

CALLS_MAX = 5_000
"""Calls at a time; a further incoming one is refused with 486."""

LATE_S = 0.1
"""Timers that come round later than this have met a loop that stood still."""
PUT_OFF_S = 0.02
"""For so long, what waits in the sockets is read first."""
PUT_OFF_MAX = 10
"""Times in a row; after that timers act whatever waits."""

OnEvent = Callable[[Event], None]
OnIncoming = Callable[[IncomingCall], None]


class SipAgent:
    """
    One user agent with its sockets; made and used on one event loop.

    Calls are handled by plain callbacks: `watch` says who hears of a call, `act` is how a call's
    methods are called from outside.
    """

    def __init__(
        self,
        *,
        on_incoming: OnIncoming | None = None,
        timers: Timers | None = None,
        tls: TlsFiles | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._agent = Agent(lambda: secrets.token_hex(8), timers=timers)
        self._agent.answers_calls = on_incoming is not None
        self._on_incoming = on_incoming
        self._watchers: dict[Call, OnEvent] = {}
        self._transports = Transports(self._deliver, self._failed, tls)
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False
        self._put_off = 0

    @property
    def calls(self) -> int:
        """How many calls are under way."""
        return len(self._agent.calls)

    @property
    def dropped(self) -> int:
        """How many messages could not be understood."""
        return self._agent.dropped

    async def listen(self, address: Address) -> Address:
        """
        Listen on one more address; port 0 takes a free one.

        Raises: OSError when the address cannot be had, ValueError for TLS without files.
        """
        return await self._transports.listen(address)

    def place(
        self, invitation: Invitation, *, to: Address, local: Address, on_event: OnEvent
    ) -> OutgoingCall:
        """
        Send an INVITE; events go to `on_event` until `unwatch`.

        Raises: ValueError when it cannot be written as SIP.
        """
        peer = Peer(
            transport=to.transport,
            host=to.host,
            port=to.port,
            local_host=local.host,
            local_port=local.port,
        )
        call = self._agent.invite(invitation, peer, self._loop.time())
        self._watchers[call] = on_event
        self._flush()
        return call

    def watch(self, call: Call, on_event: OnEvent) -> None:
        """Send the events of a call to `on_event`."""
        self._watchers[call] = on_event

    def unwatch(self, call: Call) -> None:
        """Hear no more of a call."""
        self._watchers.pop(call, None)

    def act(self, action: Callable[[float], None]) -> None:
        """Call `action` with the time, and carry out what follows from it."""
        action(self._loop.time())
        self._flush()

    async def close(self) -> None:
        """Close every socket; calls that are under way are left as they are."""
        if self._timer is not None:
            self._timer.cancel()
        self._watchers.clear()
        await self._transports.close()

    def _deliver(self, content: bytes, peer: Peer) -> None:
        self._agent.receive(content, peer, self._loop.time())
        self._flush()

    def _failed(self, peer: Peer) -> None:
        self._agent.fail(peer, self._loop.time())
        self._flush()

    def _wake(self) -> None:
        """
        Let timers act, in time.

        A loop that stood still would find every timer due although the answers lie in its sockets,
        and repeat what nobody misses; so it reads for a moment first.
        """
        due_s = self._agent.due_s
        is_late = due_s is not None and self._loop.time() - due_s > LATE_S
        if is_late and self._put_off < PUT_OFF_MAX:
            self._put_off += 1
            self._timer = self._loop.call_later(PUT_OFF_S, self._wake)
            return
        self._put_off = 0
        self._timer = None
        self._agent.wake(self._loop.time())
        self._flush()

    def _flush(self) -> None:
        """Send and tell until nothing is left; what users do meanwhile joins in."""
        if self._flushing:
            return
        self._flushing = True
        try:
            while self._agent.outgoing or self._agent.events:
                outgoing, self._agent.outgoing = self._agent.outgoing, []
                for message in outgoing:
                    self._transports.send(message)
                events, self._agent.events = self._agent.events, []
                for event in events:
                    self._tell(event)
        finally:
            self._flushing = False
        self._set_timer()

    def _tell(self, event: Event) -> None:
        if event.kind is Kind.INCOMING and isinstance(event.call, IncomingCall):
            if self.calls > CALLS_MAX or self._on_incoming is None:
                event.call.refuse(event.at_s, 486)
            else:
                self._on_incoming(event.call)
        elif watcher := self._watchers.get(event.call):
            watcher(event)

    def _set_timer(self) -> None:
        due_s = self._agent.due_s
        if (
            due_s is None
            or self._put_off
            or (self._timer is not None and self._timer.when() <= due_s)
        ):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due_s, self._wake)
