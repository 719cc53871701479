"""RTP is sent until it is stopped, and counted by where it comes from."""

import asyncio

from tests.support.sip_ends import run, until

from route112.adapters.sip import Media, media
from route112.wire.sip.rtp import make_tone, render_packet
from route112.wire.sip.sdp import Audio


def test_what_is_sent_is_counted_and_stops():
    async def scenario():
        talker, listener = await Media.open("127.0.47.3", make_tone()), await Media.open("::1")
        six = await Media.open("::1")
        talker.start("call", Audio("127.0.47.3", talker.audio.port))
        talker.start("call", Audio("127.0.47.3", talker.audio.port))
        six.start("six", listener.audio)
        source = ("127.0.47.3", talker.audio.port)
        await until(lambda: talker.received[source] >= 3 and listener.received)
        talker.stop("call")
        talker.stop("call")
        await asyncio.sleep(0.05)
        before = talker.received[source]
        await asyncio.sleep(0.06)
        assert talker.received[source] == before
        for each in (talker, listener, six):
            each.close()

    run(scenario())


def test_streams_and_sources_are_bounded(monkeypatch):
    monkeypatch.setattr(media, "STREAMS_MAX", 1)
    monkeypatch.setattr(media, "SOURCES_MAX", 1)

    async def scenario():
        talker = await Media.open("127.0.47.3")
        talker.start("one", Audio("127.0.47.3", 9))
        talker.start("two", Audio("127.0.47.3", 9))
        assert list(talker._streams) == ["one"]
        for port in (1, 2, 1):
            talker.datagram_received(render_packet(1, 1), ("192.0.2.1", port))
        talker.datagram_received(b"no rtp", ("192.0.2.1", 1))
        assert talker.received == {("192.0.2.1", 1): 2}
        talker.close()

    run(scenario())


def test_a_mirror_sends_back_what_it_hears_until_it_is_stopped(monkeypatch):
    async def scenario():
        tone = make_tone()
        talker, mirror = await Media.open("127.0.47.3", tone), await Media.open("127.0.47.3")
        stranger = await Media.open("127.0.47.3")
        mirror.mirror("call", talker.audio)
        talker.start("call", mirror.audio)
        stranger.start("call", mirror.audio)
        assert await talker.wait(3, 5.0)
        assert talker.received[mirror.audio.host, mirror.audio.port] >= 3
        assert not stranger.received, "nobody else hears it"
        assert mirror.sent >= 3
        monkeypatch.setattr(media, "MIRRORED_MAX", 0)
        assert not await talker.wait(1_000, 0.1), "no more than its bound"
        monkeypatch.undo()
        mirror.stop("call")
        assert not mirror._mirrors
        monkeypatch.setattr(media, "STREAMS_MAX", 0)
        mirror.mirror("one more", talker.audio)
        assert not mirror._mirrors
        for each in (talker, mirror, stranger):
            each.close()

    run(scenario())
