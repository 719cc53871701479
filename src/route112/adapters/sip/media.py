"""RTP: one socket per host for all calls, sending what is asked for and counting what comes."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import cast

from route112.wire.sip.rtp import (
    PACKET_SECONDS,
    SILENCE,
    find_payload,
    is_packet,
    render_packet,
)
from route112.wire.sip.sdp import Audio

STREAMS_MAX = 500
"""Streams that are sent at a time; further calls are without audio."""
SOURCES_MAX = 5_000
"""Senders whose packets are counted."""
MIRRORED_MAX = 500
"""Packets that are sent back in one call: ten seconds of them."""


@dataclass(slots=True)
class _Mirror:
    """A call whose audio is sent back."""

    key: Hashable
    source: int
    """Our SSRC in it."""
    count: int = 0
    """Packets sent."""


class Media(asyncio.DatagramProtocol):
    """
    The audio of every call of one host.

    All calls share one port: what is heard is told apart by where it comes from.
    """

    def __init__(self, payload: bytes = SILENCE) -> None:
        self.received: Counter[tuple[str, int]] = Counter()
        """Packets by host and port of their sender."""
        self.sent = 0
        """Packets of all calls."""
        self._payload = payload
        self._transport: asyncio.DatagramTransport | None = None
        self._streams: dict[Hashable, tuple[Audio, int]] = {}
        self._came = asyncio.Event()
        self._mirrors: dict[tuple[str, int], _Mirror] = {}
        self._sequence = 0
        self._ticker: asyncio.TimerHandle | None = None

    @classmethod
    async def open(cls, host: str, payload: bytes = SILENCE) -> "Media":
        """Take a free port of `host`; raises OSError."""
        loop = asyncio.get_running_loop()
        _, media = await loop.create_datagram_endpoint(lambda: cls(payload), local_addr=(host, 0))
        return media

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    @property
    def audio(self) -> Audio:
        """Where we hear."""
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")[:2]
        return Audio(host, port)

    def start(self, key: Hashable, to: Audio) -> None:
        """Send to `to` until `stop`; without effect above STREAMS_MAX."""
        if len(self._streams) < STREAMS_MAX or key in self._streams:
            self._streams[key] = (to, secrets.randbits(32))
            if self._ticker is None:
                self._tick()

    def mirror(self, key: Hashable, to: Audio) -> None:
        """Send back to `to` what comes from there, until `stop`; not above STREAMS_MAX."""
        if len(self._mirrors) < STREAMS_MAX:
            self._mirrors[to.host, to.port] = _Mirror(key, secrets.randbits(32))

    def stop(self, key: Hashable) -> None:
        """Send no more in this call."""
        self._streams.pop(key, None)
        for place in [place for place, mirror in self._mirrors.items() if mirror.key == key]:
            del self._mirrors[place]

    async def wait(self, count: int, seconds: float) -> bool:
        """Wait until so many packets have come, at most `seconds`; tell whether they have."""
        try:
            async with asyncio.timeout(seconds):
                while self.received.total() < count:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Free the port."""
        if self._ticker is not None:
            self._ticker.cancel()
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Count a packet."""
        source = (addr[0], addr[1])
        known = source in self.received or len(self.received) < SOURCES_MAX
        if known and is_packet(data):
            self.received[source] += 1
            self._came.set()
        mirror = self._mirrors.get(source)
        if mirror is not None and is_packet(data) and mirror.count < MIRRORED_MAX:
            self._send(render_packet(mirror.count, mirror.source, find_payload(data)), source)
            mirror.count += 1

    def _send(self, packet: bytes, place: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(packet, place)
        self.sent += 1

    def _tick(self) -> None:
        self._ticker = None
        if not self._streams:
            return
        for to, source in self._streams.values():
            packet = render_packet(self._sequence, source, self._payload)
            self._send(packet, (to.host, to.port))
        self._sequence += 1
        self._ticker = asyncio.get_running_loop().call_later(PACKET_SECONDS, self._tick)
