import asyncio

from route112.apps.site import warming as module
from route112.apps.site.warming import Warming
from route112.apps.station.listen import Listen

UDP, TCP = Listen("udp", "127.0.0.1", 5060), Listen("tcp", "127.0.0.1", 5060)


def test_each_worker_of_a_udp_socket_is_asked_at_once(monkeypatch):
    asked, together = [], []

    async def ask(transport, host, port, *, timeout_s):
        assert timeout_s > 0
        asked.append((transport, host, port))
        await asyncio.sleep(0.01)
        together.append(len(asked))

    monkeypatch.setattr(module, "ask_options", ask)

    async def warm():
        warming = Warming((UDP, TCP), 3)
        warming.begin()
        await asyncio.sleep(0)
        warming.begin()  # goes on with the round that is under way
        await asyncio.sleep(0.05)
        assert together == [3, 3, 3]
        warming.begin()
        await asyncio.sleep(0)
        await warming.end()

    asyncio.run(warm())
    assert asked[:3] == [("udp", "127.0.0.1", 5060)] * 3


def test_a_site_without_udp_asks_nobody():
    async def warm():
        warming = Warming((TCP,), 3)
        warming.begin()
        await warming.end()

    asyncio.run(warm())
