"""Answering points on an event loop: what `psap run`, the demo and the tests start."""

import asyncio
import os
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from route112.adapters.sip import Address, Media, SipAgent, TlsFiles
from route112.adapters.sip.caller import wall_us
from route112.simulation.behaviours import REASONS, Act, Behaviour, Move, list_moves
from route112.simulation.logs import PsapLine, render_line
from route112.wire.sip import Event, IncomingCall, Kind
from route112.wire.sip.sdp import MIRROR, SOURCE, find_audio, find_loopback, render_sdp

ANSWERED = 200
DRAWN_MAX = 1 << 32
GIVE_UP_S = 60.0
"""
Longest that a line waits for whoever called it: longer than anybody lets it ring.

An INVITE that is read long after its CANCEL opens a call that nobody ends. Under overload they
would pile up until the agent refuses every call, also long after the overload is over.
"""
TEST_SERVICE = "urn:service:test"
"""How the request URI of a test call begins (RFC 6881 section 17)."""
TEST_RINGS_S = 0.1
"""A responder is a machine: it picks up at once."""
LOG_MODE = 0o600
"""A log holds numbers: only its owner reads it."""


@dataclass(slots=True)
class Ringing:
    """One INVITE, until its line is written."""

    call: IncomingCall
    behaviour: Behaviour
    rang_us: int
    listen: str
    answered_us: int | None = None
    is_test: bool = False
    """It has no line."""
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Psaps:
    """
    Answering points on an event loop; an `async with` block ends them.

    Behaviours may be changed while calls come in: `behaviour` for every number, `places` for all
    numbers at some `host:port`, `numbers` for some of them.

    A test call is answered by a machine that sends back what it hears: nobody's telephone rings,
    and it has no line in the log. Behaviours hold for it, too.
    """

    def __init__(
        self,
        *,
        behaviour: Behaviour = Behaviour.ANSWER,
        numbers: Mapping[str, Behaviour] | None = None,
        answer_after_s: float = 0.1,
        hang_up_after_s: float | None = None,
        log: Path | None = None,
        tls: TlsFiles | None = None,
    ) -> None:
        self.behaviour = behaviour
        self.numbers = dict(numbers or {})
        self.places: dict[str, Behaviour] = {}
        self.rings_s = (answer_after_s, answer_after_s)
        """Seconds until somebody picks up, from and to: each call has its own between them."""
        self.hang_up_after_s = hang_up_after_s
        self.give_up_s = GIVE_UP_S
        self.lines: list[PsapLine] = []
        """What is written to the log, in the order of writing."""
        self.addresses: list[Address] = []
        self.calls: dict[str, IncomingCall] = {}
        """Calls under way by Call-ID."""
        self.tests = 0
        """Test calls that came."""
        self.loops: Collection[str] = ()
        """Numbers of gateways' own that loop back: calls to them are test calls."""
        self._agent = SipAgent(on_incoming=self._on_incoming, tls=tls)
        self._ringing: dict[IncomingCall, Ringing] = {}
        self._media: dict[str, Media] = {}
        self._log = None if log is None else open_log(log)

    async def __aenter__(self) -> Self:
        """Begin the block that ends them."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Write down calls without an end, and free every address."""
        await self.close()

    async def listen(self, address: Address) -> Address:
        """Answer on one more address; raises OSError or ValueError."""
        bound = await self._agent.listen(address)
        if bound.host not in self._media:
            self._media[bound.host] = await Media.open(bound.host)
        self.addresses.append(bound)
        return bound

    async def close(self) -> None:
        """Write down calls without an end, and free every address."""
        for ringing in list(self._ringing.values()):
            self._write(ringing)
        for media in self._media.values():
            media.close()
        await self._agent.close()
        if self._log is not None:
            os.close(self._log)
            self._log = None

    def hang_up(self, call_id: str) -> None:
        """Send BYE in an answered call."""
        self._agent.act(self.calls[call_id].bye)

    def reinvite(self, call_id: str) -> None:
        """Send a re-INVITE in an answered call."""
        self._agent.act(self.calls[call_id].reinvite)

    def _on_incoming(self, call: IncomingCall) -> None:
        peer = call.peer
        place = str(Address(peer.transport, peer.local_host, peer.local_port).place)
        behaviour = self.numbers.get(call.number, self.places.get(place, self.behaviour))
        listen = f"{peer.transport}:{peer.local_host}:{peer.local_port}"
        ringing = self._ringing[call] = Ringing(call, behaviour, wall_us(), listen)
        ringing.is_test = self._is_test(call)
        self.tests += ringing.is_test
        rings_s = TEST_RINGS_S if ringing.is_test else draw_ring(call.call_id, self.rings_s)
        self.calls[call.call_id] = call
        self._agent.watch(call, self._on_event)
        if behaviour is Behaviour.SILENT:
            self._agent.act(call.mute)
            self._write(ringing)
        loop = asyncio.get_running_loop()
        ringing.timers.append(loop.call_later(self.give_up_s, self._give_up, ringing))
        for move in list_moves(behaviour, answer_after_s=rings_s):
            if move.after_s:
                ringing.timers.append(loop.call_later(move.after_s, self._move, ringing, move))
            else:
                self._move(ringing, move)

    def _give_up(self, ringing: Ringing) -> None:
        self._agent.act(ringing.call.mute)
        self._write(ringing)

    def _is_test(self, call: IncomingCall) -> bool:
        return call.number in self.loops or str(call.invite.uri).lower().startswith(TEST_SERVICE)

    def _move(self, ringing: Ringing, move: Move) -> None:
        call = ringing.call
        if move.act is Act.TRYING:
            self._agent.act(lambda now_s: call.progress(now_s, 100))
        elif move.act is Act.RING:
            self._agent.act(call.progress)
        elif move.act is Act.REFUSE:
            reason = REASONS[move.status]
            self._agent.act(lambda now_s: call.refuse(now_s, move.status, reason=reason))
            self._write(ringing)
        else:
            self._answer(ringing)

    def _answer(self, ringing: Ringing) -> None:
        call = ringing.call
        media = self._media[call.peer.local_host]
        ringing.answered_us = wall_us()  # before a caller can have heard it
        mirrors = ringing.is_test and find_loopback(call.invite.body) == SOURCE
        body = render_sdp(media.audio, loopback=MIRROR if mirrors else "")
        self._agent.act(lambda now_s: call.answer(now_s, body))
        heard = find_audio(call.invite.body)
        if heard is not None and ringing.behaviour is not Behaviour.NO_AUDIO:
            (media.mirror if mirrors else media.start)(call, heard)
        self._write(ringing)
        if self.hang_up_after_s is not None:
            asyncio.get_running_loop().call_later(self.hang_up_after_s, self._agent.act, call.bye)

    def _on_event(self, event: Event) -> None:
        call = event.call
        assert isinstance(call, IncomingCall)
        if event.kind in (Kind.CANCELLED, Kind.ENDED, Kind.FAILED):
            self._media[call.peer.local_host].stop(call)
            self.calls.pop(call.call_id, None)
            self._agent.unwatch(call)
            if call in self._ringing:
                self._write(self._ringing[call])

    def _write(self, ringing: Ringing) -> None:
        """Write the line of an INVITE, once: when its fate is known or when all ends."""
        call = ringing.call
        if self._ringing.pop(call, None) is None:
            return
        for timer in ringing.timers:
            timer.cancel()
        if not call.status or call.status > ANSWERED:
            self.calls.pop(call.call_id, None)
        if ringing.is_test:
            return
        line = PsapLine(
            call_id=call.call_id,
            number=call.number,
            listen=ringing.listen,
            rang_us=ringing.rang_us,
            answered_us=ringing.answered_us,
            status=call.status,
            behaviour=ringing.behaviour.value,
        )
        self.lines.append(line)
        if self._log is not None:
            os.write(self._log, render_line(line))


def draw_ring(call_id: str, rings_s: tuple[float, float]) -> float:
    """Return how long a call rings; the same call rings equally long wherever it does."""
    least_s, most_s = rings_s
    return least_s + (most_s - least_s) * zlib.crc32(call_id.encode()) / DRAWN_MAX


def open_log(path: Path) -> int:
    """Open a log for appending whole lines; raises OSError."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, LOG_MODE)
