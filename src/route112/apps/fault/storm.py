"""Faults that are work of their own: a storm of connections, a relay that is late."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

from route112.adapters.packet_filter import PacketFilter, Redirect
from route112.apps.fault.book import Fault
from route112.apps.fault.ground import Ground
from route112.apps.fault.network import list_pairs, name_chain
from route112.simulation.relay import Relay

CONNECTING_MAX = 200
"""Connections under way at a time; further ones are left out."""
CONNECT_SECONDS_MAX = 1.0
TICK_SECONDS = 0.02
MARK = 0x112
"""Of datagrams that the relay has held already."""
OPTIONS = (
    "OPTIONS sip:{host} SIP/2.0\r\nVia: SIP/2.0/TCP {own};branch=z9hG4bKstorm{number}\r\n"
    "From: <sip:exercise@{own}>;tag=storm\r\nTo: <sip:{host}>\r\n"
    "Call-ID: storm-{number}@exercise\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
    "Content-Length: 0\r\n\r\n"
)


async def storm(ground: Ground, fault: Fault, is_over: Callable[[], bool]) -> None:
    """Open and drop connections until it is over."""
    places = [ground.place(target) for target in fault.targets]
    per_s = float(fault.settings["per_s"])
    loop = asyncio.get_running_loop()
    began_s, number = loop.time(), 0
    under_way: set[asyncio.Task[None]] = set()
    while not is_over():
        due = int((loop.time() - began_s) * per_s)
        while number < due:
            number += 1
            if len(under_way) < CONNECTING_MAX:
                doing = asyncio.create_task(_connect(places[number % len(places)], number))
                under_way.add(doing)
                doing.add_done_callback(under_way.discard)
        await asyncio.sleep(TICK_SECONDS)
    for doing in under_way:
        doing.cancel()


async def _connect(place: tuple[str, int], number: int) -> None:
    """Open a connection, ask, and drop it without waiting."""
    host, port = place
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_STREAM) as asking,
        contextlib.suppress(OSError, TimeoutError),
    ):
        asking.setblocking(False)
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            loop = asyncio.get_running_loop()
            await loop.sock_connect(asking, (host, port))
            own = "{}:{}".format(*asking.getsockname()[:2])
            text = OPTIONS.format(host=host, own=own, number=number)
            await loop.sock_sendall(asking, text.encode("ascii"))


async def delay(ground: Ground, fault: Fault, is_over: Callable[[], bool]) -> None:
    """Hold datagrams of edges to sites until it is over."""
    async with Relay(mark=MARK) as relay:
        relay.set_delay(float(fault.settings["ms"]), "there")
        rules = []
        for target in fault.targets:
            peers = ground.list_peers(target, str(fault.settings["peers"]))
            for host, port in ground.list_places(target):
                front = relay.open((host, 0), (host, port))
                rules += [
                    Redirect(peer, here, port, front[1], MARK)
                    for here, peer in list_pairs((host,), peers)
                ]
        table = PacketFilter()
        chain = name_chain(Path(ground.run_dir), fault.chain)
        table.redirect(chain, rules)
        try:
            while not is_over():  # noqa: ASYNC110
                await asyncio.sleep(TICK_SECONDS)  # files and clock tell when it is over
        finally:
            table.remove(chain)
