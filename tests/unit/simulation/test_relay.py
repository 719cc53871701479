"""The wire is as bad as it was asked to be, both ways, and no worse."""

import asyncio
import random
import socket

import pytest
from tests.support.sip_ends import run, until

from route112.simulation import relay as module
from route112.simulation.relay import Relay

HOSTS = ["127.0.0.1", "::1"]
PAUSE_S = 0.05
"""In which a datagram that is carried at once would have come by far."""


class Phone(asyncio.DatagramProtocol):
    """Keeps what it hears; one at the back answers in capitals."""

    def __init__(self, *, answers=False):
        self.heard, self.senders, self.answers = [], [], answers

    def connection_made(self, transport):
        self.transport = transport
        self.place = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data, addr):
        self.heard.append(data)
        self.senders.append(addr[:2])
        if self.answers:
            self.transport.sendto(data.upper(), addr)

    def say(self, data, to):
        self.transport.sendto(data, to)


_phones = []


async def ring_up(host="127.0.0.1", port=0, **options):
    loop = asyncio.get_running_loop()
    made = await loop.create_datagram_endpoint(lambda: Phone(**options), local_addr=(host, port))
    _phones.append(made[1])
    return made[1]


def play(scenario):
    """Run a scenario, and close its phones."""

    async def whole():
        try:
            return await scenario
        finally:
            while _phones:
                _phones.pop().transport.close()
            await asyncio.sleep(0)

    return run(whole())


async def hear_more(phone, than):
    await until(lambda: len(phone.heard) > than)


@pytest.mark.parametrize("host", HOSTS)
def test_every_sender_gets_its_own_answers(host):
    async def scenario():
        async with Relay() as relay:
            back = await ring_up(host, answers=True)
            front = relay.open((host, 0), back.place)
            phones = [await ring_up(host) for _ in range(3)]
            for index, phone in enumerate(phones):
                phone.say(f"a{index}".encode(), front)
                phone.say(f"b{index}".encode(), front)
            await until(lambda: all(len(phone.heard) == 2 for phone in phones))
            for index, phone in enumerate(phones):
                assert phone.heard == [f"A{index}".encode(), f"B{index}".encode()]
                assert set(phone.senders) == {front}
            assert len(set(back.senders)) == 3, "an address for each sender"
            assert (relay.carried, relay.lost) == (12, 0)

    play(scenario())


def test_two_fronts_lead_to_two_backs():
    async def scenario():
        async with Relay() as relay:
            backs = [await ring_up() for _ in range(2)]
            fronts = [relay.open(("127.0.0.1", 0), back.place) for back in backs]
            phone = await ring_up()
            for index, front in enumerate(fronts):
                phone.say(str(index).encode(), front)
            await until(lambda: all(back.heard for back in backs))
            assert [back.heard for back in backs] == [[b"0"], [b"1"]]

    play(scenario())


async def send_many(count, *, loss, seed):
    """Return which of `count` datagrams came, and what the relay counted."""
    async with Relay(loss=loss, seed=seed) as relay:
        back, phone = await ring_up(), await ring_up()
        front = relay.open(("127.0.0.1", 0), back.place)
        for index in range(count):
            phone.say(str(index).encode(), front)
            if index % 50 == 49:
                await until(lambda done=index + 1: relay.carried + relay.lost == done)
        await until(lambda: len(back.heard) == relay.carried)
        assert relay.carried + relay.lost == count
        return back.heard, relay.lost


def test_loss_is_the_share_that_was_asked_for_and_the_same_in_each_run():
    heard, lost = play(send_many(2_000, loss=0.2, seed=7))
    assert 300 < lost < 500
    assert play(send_many(2_000, loss=0.2, seed=7)) == (heard, lost)
    assert play(send_many(2_000, loss=0.2, seed=8))[0] != heard


def test_answers_are_lost_too():
    async def scenario():
        async with Relay(loss=0.5) as relay:
            back, phone = await ring_up(answers=True), await ring_up()
            front = relay.open(("127.0.0.1", 0), back.place)
            for index in range(400):
                phone.say(str(index).encode(), front)
                if index % 50 == 49:
                    await asyncio.sleep(0.01)
            await until(lambda: relay.carried + relay.lost == 400 + len(back.heard))
            await until(lambda: len(phone.heard) == relay.carried - len(back.heard))
            assert 140 < len(back.heard) < 260
            assert 0.3 < len(phone.heard) / len(back.heard) < 0.7

    play(scenario())


def test_delay_may_be_added_one_way_only():
    async def scenario():
        loop = asyncio.get_running_loop()
        async with Relay() as relay:
            relay.set_delay(200, "there")
            back, phone = await ring_up(answers=True), await ring_up()
            front = relay.open(("127.0.0.1", 0), back.place)
            began_s = loop.time()
            phone.say(b"?", front)
            await until(lambda: back.heard)
            heard_s = loop.time()
            await until(lambda: phone.heard)
            assert heard_s - began_s >= 0.19
            assert loop.time() - heard_s < 0.15

    play(scenario())


def test_delay_is_added_each_way_and_may_change():
    async def scenario():
        loop = asyncio.get_running_loop()
        async with Relay(delay_ms=60) as relay:
            back, phone = await ring_up(answers=True), await ring_up()
            front = relay.open(("127.0.0.1", 0), back.place)
            began_s = loop.time()
            phone.say(b"slow", front)
            await until(lambda: phone.heard)
            assert loop.time() - began_s >= 0.12
            relay.set_delay(0)
            relay.set_loss(1)
            phone.say(b"never", front)
            await until(lambda: relay.lost == 1)
            relay.set_loss(0)
            phone.say(b"quick", front)
            await until(lambda: len(phone.heard) == 2)
            assert phone.heard == [b"SLOW", b"QUICK"]

    play(scenario())


def test_a_cut_loses_what_comes_and_what_is_under_way_until_it_is_healed():
    async def scenario():
        async with Relay(delay_ms=30) as relay:
            back, phone = await ring_up(), await ring_up()
            front = relay.open(("127.0.0.1", 0), back.place)
            phone.say(b"under way", front)
            await asyncio.sleep(0.01)
            relay.cut()
            phone.say(b"too late", front)
            await until(lambda: relay.lost == 2)
            assert (back.heard, relay.carried) == ([], 0)
            relay.heal()
            phone.say(b"again", front)
            await until(lambda: back.heard == [b"again"])

    play(scenario())


def test_a_cut_of_one_way_leaves_the_other():
    async def scenario():
        async with Relay() as relay:
            back, phone = await ring_up(answers=True), await ring_up()
            front = relay.open(("127.0.0.1", 0), back.place)
            relay.cut("home")
            phone.say(b"heard", front)
            await until(lambda: relay.lost == 1)
            assert (back.heard, phone.heard) == ([b"heard"], [])
            relay.cut("there")
            phone.say(b"not heard", front)
            await until(lambda: relay.lost == 2)
            assert back.heard == [b"heard"]
            relay.heal()
            phone.say(b"again", front)
            await until(lambda: phone.heard == [b"AGAIN"])

    play(scenario())


def test_what_waits_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "WAITING_MAX", 3)

    async def scenario():
        async with Relay(delay_ms=50) as relay:
            back, phone = await ring_up(), await ring_up()
            front = relay.open(("127.0.0.1", 0), back.place)
            for index in range(5):
                phone.say(str(index).encode(), front)
            await until(lambda: relay.carried + relay.lost == 5)
            await until(lambda: back.heard == [b"0", b"1", b"2"])
            assert (relay.carried, relay.lost) == (3, 2)

    play(scenario())


def test_the_sender_that_was_silent_longest_makes_room_for_a_new_one(monkeypatch):
    monkeypatch.setattr(module, "SENDERS_MAX", 2)

    async def scenario():
        async with Relay() as relay:
            back = await ring_up()
            front = relay.open(("127.0.0.1", 0), back.place)
            phones = [await ring_up() for _ in range(3)]
            for speaker in (0, 1, 0, 2):
                before = len(back.heard)
                phones[speaker].say(b"here", front)
                await hear_more(back, before)
            for sender in list(back.senders):
                back.say(b"answer", sender)
            await asyncio.sleep(PAUSE_S)
            heard = [len(phone.heard) for phone in phones]
            assert heard == [2, 0, 1]

    play(scenario())


def test_a_back_where_nobody_listens_yet_is_silence():
    async def scenario():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as kept:
            kept.bind(("127.0.0.1", 0))
            nobody = kept.getsockname()
        async with Relay() as relay:
            phone = await ring_up()
            front = relay.open(("127.0.0.1", 0), nobody)
            for _ in range(3):
                phone.say(b"?", front)
                await asyncio.sleep(0.01)
            await ring_up(*nobody, answers=True)
            phone.say(b"now", front)
            await until(lambda: b"NOW" in phone.heard)

    play(scenario())


def test_a_sender_for_whom_no_address_is_left_is_lost(monkeypatch):
    async def scenario():
        async with Relay() as relay:
            back, phone = await ring_up(), await ring_up()
            front = relay.open(("127.0.0.1", 0), back.place)

            def refuse(*_arguments, **_options):
                raise OSError("too many open files")

            monkeypatch.setattr(module, "_End", refuse)
            phone.say(b"?", front)
            await until(lambda: relay.lost == 1)

    play(scenario())


def test_a_taken_place_is_an_error_and_closing_frees_all():
    async def scenario():
        back = await ring_up()
        async with Relay() as relay:
            front = relay.open(("127.0.0.1", 0), back.place)
            with pytest.raises(OSError, match="in use"):
                relay.open(front, back.place)
            phone = await ring_up()
            phone.say(b"hello", front)
            await until(lambda: back.heard)
            relay.set_delay(20)
            phone.say(b"under way", front)
            await asyncio.sleep(0.01)
        await until(lambda: relay.lost == 1)
        for place in (front, back.senders[0]):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
                again.bind(place)

    play(scenario())


def test_more_fronts_than_there_may_be_and_nonsense_are_mistakes(monkeypatch):
    monkeypatch.setattr(module, "FRONTS_MAX", 0)

    async def scenario():
        with pytest.raises(AssertionError, match="more than 0 fronts"):
            Relay().open(("127.0.0.1", 0), ("127.0.0.1", 1))
        for wrong in ({"loss": 1.1}, {"loss": -0.1}, {"delay_ms": -1}, {"delay_ms": 60_001}):
            with pytest.raises(AssertionError):
                Relay(**wrong)

    play(scenario())


def test_a_datagram_of_any_size_and_content_comes_through():
    async def scenario():
        async with Relay() as relay:
            back, phone = await ring_up(), await ring_up()
            front = relay.open(("127.0.0.1", 0), back.place)
            sent = [b"0", bytes(range(256)), random.Random(1).randbytes(60_000)]
            for before, data in enumerate(sent):
                phone.say(data, front)
                await hear_more(back, before)
            assert back.heard == sent

    play(scenario())
