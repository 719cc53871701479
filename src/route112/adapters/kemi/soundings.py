"""
How long does what comes in lie in a socket before it is read? A word sent to oneself tells.

A site that gets more than it can read answers late, and so do its targets, whose replies come in
by the same sockets: their time would be over although they rang at once, the next would be rung,
and that costs more still. No datagram carries the time at which it came. So with each beat a word
goes to each socket; it waits there as a call does, and whoever reads it knows how long
(`route[WAITED]` of `kamailio/site.cfg`). Only who knows the site's own key can send one.
"""

import socket
import time
from collections.abc import Callable, Sequence

CLOCK_MODULUS_MS = 1_000_000_000
"""The configuration counts milliseconds modulo this, in 32 bits."""

Place = tuple[str, int]
"""Numeric host without brackets, and port."""


def parse_places(text: str) -> tuple[Place, ...]:
    """Read `host:port host:port`, as the environment has it; ValueError."""
    cut = (one.rpartition(":") for one in text.split())
    return tuple((host.strip("[]"), int(port)) for host, _, port in cut)


class Soundings:
    """Sends words to sockets."""

    def __init__(
        self, places: Sequence[Place], *, key: str, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._places = tuple(places)
        self._key = key
        self._now_ns = now_ns

    def send(self) -> None:
        """Send a word to each place; one that cannot be sent says nothing, and the next may."""
        for place in self._places:
            family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
            try:
                with socket.socket(family, socket.SOCK_DGRAM) as sender:
                    sender.setblocking(False)
                    sender.sendto(self.render(place), place)
            except OSError:
                continue

    def render(self, place: Place) -> bytes:
        """Render the word for a place, with the time in its Call-ID."""
        host = f"[{place[0]}]" if ":" in place[0] else place[0]
        stamp_ms = self._now_ns() // 1_000_000 % CLOCK_MODULUS_MS
        uri = f"sip:waited-{self._key}@{host}:{place[1]}"
        return (
            f"MESSAGE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{stamp_ms}\r\n"
            f"From: <sip:{host}>;tag=1\r\nTo: <{uri}>\r\nCall-ID: {stamp_ms}\r\n"
            "CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        ).encode()
