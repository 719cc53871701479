"""A test call against an end that mirrors, one that is deaf, one that says who failed, and none."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from tests.support.sip_ends import run

from route112.adapters.sip import Address
from route112.apps.ends import Psaps
from route112.apps.probe import prober as module
from route112.apps.probe.prober import Prober
from route112.simulation.behaviours import Behaviour
from route112.watch.probing.paths import Path
from route112.watch.probing.verdict import Failing

HOST = "127.0.47.14"
PATH = Path("edge-1", "site-1", f"{HOST}:5099")


@asynccontextmanager
async def open_prober(place):
    async with Prober({4: HOST}, {"edge-1": {4: place}}) as prober:
        yield prober


@asynccontextmanager
async def open_far_end(behaviour=Behaviour.ANSWER):
    async with Psaps(behaviour=behaviour) as psaps:
        address = await psaps.listen(Address("udp", HOST, 0))
        async with open_prober(address.place) as prober:
            yield psaps, prober


def test_audio_goes_both_ways():
    async def scenario():
        async with open_far_end() as (psaps, prober):
            seen = await prober.place(PATH)
            assert (seen.status, seen.failing, seen.audio) == (200, Failing.NOBODY, "both")
            assert seen.heard >= 3 <= seen.sent
            assert 0 <= seen.ring_ms < 2_000
            assert seen.path == PATH
            assert psaps.tests == 1
            assert psaps.calls == {}, "it has hung up"

    run(scenario())


def test_answered_without_audio(monkeypatch):
    monkeypatch.setattr(module, "AUDIO_SECONDS", 0.2)

    async def scenario():
        async with open_far_end(Behaviour.NO_AUDIO) as (_, prober):
            seen = await prober.place(PATH)
            assert (seen.status, seen.failing, seen.audio, seen.heard) == (
                200, Failing.AUDIO, "none", 0,
            )  # fmt: skip
            assert seen.sent >= 3

    run(scenario())


def test_nobody_says_a_word(monkeypatch):
    monkeypatch.setattr(module, "EDGE_SECONDS", 0.2)

    async def scenario():
        async with open_far_end(Behaviour.SILENT) as (_, prober):
            seen = await prober.place(PATH)
            assert (seen.status, seen.failing, seen.ring_ms) == (0, Failing.EDGE, None)

    run(scenario())


def test_a_call_that_is_passed_on_and_never_answered_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "EDGE_SECONDS", 0.2)
    monkeypatch.setattr(module, "WHOLE_SECONDS", 0.4)

    async def scenario():
        async with open_far_end(Behaviour.TRYING) as (_, prober):
            seen = await prober.place(PATH)
            assert (seen.status, seen.failing) == (487, Failing.SITE)

    run(scenario())


@pytest.mark.parametrize(
    ("header", "failing"),
    [
        ("trunk;cause=timeout;code=0", Failing.TRUNK),
        ("site;cause=timeout", Failing.SITE),
        ("busy", Failing.BUSY),
        ("", Failing.EDGE),
    ],
)
def test_who_failed_is_what_the_stations_say(header, failing):
    async def scenario():
        loop = asyncio.get_running_loop()
        far, protocol = await loop.create_datagram_endpoint(
            lambda: Refuser(header), local_addr=(HOST, 0)
        )
        port = far.get_extra_info("sockname")[1]
        async with open_prober(f"{HOST}:{port}") as prober:
            seen = await prober.place(PATH)
            assert (seen.status, seen.failing, seen.failed) == (480, failing, header)
        assert f"X-Route112-Path: site-1;hop={HOST}:5099" in protocol.heard[0].splitlines()
        far.close()

    run(scenario())


class Refuser(asyncio.DatagramProtocol):
    """Says 480 to each INVITE, and who failed."""

    def __init__(self, header):
        self.lines = (f"X-Route112-Failed: {header}",) if header else ()
        self.heard = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        text = data.decode()
        self.heard.append(text)
        if text.startswith("INVITE"):
            kept = [
                line for line in text.splitlines()
                if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))
            ]  # fmt: skip
            kept = [line + ";tag=1" if line.startswith("To:") else line for line in kept]
            lines = ["SIP/2.0 480 Test Failed", *kept, *self.lines, "Content-Length: 0", "", ""]
            self.transport.sendto("\r\n".join(lines).encode(), addr)
