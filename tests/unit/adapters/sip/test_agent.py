"""The agent on an event loop."""

import asyncio
import socket
import time

import pytest
from tests.support.sip_ends import run

from route112.adapters.sip import Address, SipAgent
from route112.adapters.sip import agent as agent_module
from route112.wire.sip import Invitation, Kind, Timers
from route112.wire.sip.compose import make_response
from route112.wire.sip.messages import parse_message, render_message

HOST = "127.0.47.2"
FAST = Timers(t1_s=0.005, t2_s=0.02, t4_s=0.02)


async def open_pair(on_incoming):
    callee, caller = SipAgent(on_incoming=on_incoming, timers=FAST), SipAgent(timers=FAST)
    place = await callee.listen(Address("udp", HOST, 0))
    own = await caller.listen(Address("udp", HOST, 0))
    return callee, caller, place, own


def invite(caller, place, own, events):
    invitation = Invitation(uri=f"sip:15@{place.place}", caller=f"sip:a@{own.place}")
    return caller.place(invitation, to=place, local=own, on_event=events.put_nowait)


async def wait_for(events, kind):
    while (event := await events.get()).kind is not kind:
        pass
    return event


def test_a_call_is_watched_until_nobody_wants_to_know():
    async def scenario():
        incoming = asyncio.Queue()
        callee, caller, place, own = await open_pair(incoming.put_nowait)
        events, heard = asyncio.Queue(), asyncio.Queue()
        call = invite(caller, place, own, events)
        line = await incoming.get()
        callee.watch(line, heard.put_nowait)
        assert (callee.calls, caller.calls) == (1, 1)
        callee.act(lambda now_s: line.answer(now_s, b""))
        await wait_for(events, Kind.ANSWERED)
        await wait_for(heard, Kind.ACKED)
        caller.unwatch(call)
        caller.act(call.bye)
        await wait_for(heard, Kind.ENDED)
        assert callee.calls == 0
        assert (callee.dropped, caller.dropped) == (0, 0)
        for agent in (callee, caller):
            await agent.close()

    run(scenario())


def test_timers_are_called_by_the_loop():
    async def scenario():
        incoming = asyncio.Queue()
        callee, caller, place, own = await open_pair(incoming.put_nowait)
        events = asyncio.Queue()
        invite(caller, place, own, events)
        await incoming.get()  # and never answered
        event = await wait_for(events, Kind.FAILED)
        assert event.message is None
        for agent in (callee, caller):
            await agent.close()

    run(scenario())


def test_an_answer_that_waits_is_read_before_anything_is_repeated():
    async def scenario():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
            far.bind((HOST, 0))
            caller = SipAgent()
            own = await caller.listen(Address("udp", HOST, 0))
            place = Address("udp", *far.getsockname())
            events = asyncio.Queue()
            invite(caller, place, own, events)
            request = parse_message(far.recv(65_535))
            for _ in range(100):  # what others were sent meanwhile
                far.sendto(b"nothing", (own.host, own.port))
            answer = render_message(make_response(request, 486, tag="far"))
            far.sendto(answer, (own.host, own.port))
            time.sleep(0.7)  # noqa: ASYNC251  a loop that stands still, past T1
            assert (await wait_for(events, Kind.REFUSED)).message.code == 486
            await asyncio.sleep(0.1)
            far.setblocking(False)
            assert far.recv(65_535).startswith(b"ACK ")
            with pytest.raises(BlockingIOError):
                far.recv(65_535)
            await caller.close()

    run(scenario())


def test_timers_act_in_the_end_whatever_waits(monkeypatch):
    monkeypatch.setattr(agent_module, "LATE_S", -1.0)  # always late
    monkeypatch.setattr(agent_module, "PUT_OFF_MAX", 2)
    test_timers_are_called_by_the_loop()


def test_more_calls_than_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(agent_module, "CALLS_MAX", 0)

    async def scenario():
        callee, caller, place, own = await open_pair(lambda _call: pytest.fail("one too many"))
        events = asyncio.Queue()
        invite(caller, place, own, events)
        assert (await wait_for(events, Kind.REFUSED)).message.code == 486
        for agent in (callee, caller):
            await agent.close()

    run(scenario())
