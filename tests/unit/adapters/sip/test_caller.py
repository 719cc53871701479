"""The life of a placed call, seen without a network."""

import asyncio

import pytest
from tests.support.sip_ends import run
from tests.support.sip_pair import ANSWER, OFFER, Pair

from route112.adapters.sip import Address, CallPlan, PlacedCall, caller
from route112.wire.sip import Invitation

TARGET = Address("udp", "192.0.2.2", 5060)
OWN = Address("udp", "192.0.2.1", 5060)


class Loop:
    """Stands for SipAgent over a pair of agents in memory."""

    def __init__(self):
        self.pair = Pair()
        self.on_event = None

    def place(self, invitation, *, on_event, **_places):
        self.on_event = on_event
        call = self.pair.invite(
            uri=invitation.uri, headers=invitation.headers, body=invitation.body
        )
        self.tell()
        return call

    def unwatch(self, _call):
        self.on_event = None

    def act(self, action):
        self.pair.do(action)
        self.tell()

    def do(self, action, *arguments, **options):
        self.pair.do(action, *arguments, **options)
        self.tell()

    def tell(self):
        events = self.pair.events[self.pair.caller]
        while events:
            if self.on_event is not None:
                self.on_event(events[0])
            events.pop(0)


def open_call(**changes):
    loop = Loop()
    plan = CallPlan(
        invitation=Invitation(uri="sip:15@192.0.2.2", caller="sip:a@192.0.2.1", body=OFFER),
        to=TARGET,
        local=OWN,
        **{"timeout_s": 0.05, "hold_s": 0.0} | changes,
    )
    steps = []
    return loop, PlacedCall(loop, plan, on_step=steps.append), steps


def test_an_answered_call_has_a_stamp_for_everything():
    async def scenario():
        loop, placed, steps = open_call()
        loop.do(loop.pair.line.progress)
        loop.do(loop.pair.line.answer, ANSWER)
        result = await placed.run()
        stamps = (
            result.placed_us,
            result.first_response_us,
            result.ringing_us,
            result.answered_us,
            result.ended_us,
        )
        assert None not in stamps
        assert sorted(stamps) == list(stamps)
        assert (result.status, result.phrase) == (200, "OK")
        assert (result.audio.host, result.audio.port) == ("192.0.2.2", 5000)
        assert [step.name for step in steps] == ["sent", "180", "200", "sent", "sent", "200"]
        assert steps == result.steps

    run(scenario())


def test_the_other_end_may_hang_up():
    async def scenario():
        loop, placed, _ = open_call(hold_s=-1)
        loop.do(loop.pair.line.answer, ANSWER)
        asyncio.get_running_loop().call_later(0.02, loop.do, loop.pair.line.bye)
        result = await placed.run()
        assert result.steps[-1].text == "BYE"

    run(scenario())


def test_a_refusal_and_its_reason():
    async def scenario():
        loop, placed, _ = open_call()
        loop.do(loop.pair.line.refuse, 486, reason="Q.850;cause=17")
        result = await placed.run()
        assert (result.status, result.phrase, result.reason) == (
            486,
            "Busy Here",
            "Q.850;cause=17",
        )
        assert result.answered_us is None

    run(scenario())


def test_a_call_that_takes_too_long_is_cancelled():
    async def scenario():
        loop, placed, _ = open_call()
        loop.do(loop.pair.line.progress)
        result = await placed.run()
        assert (result.status, result.reason) == (487, "no answer within 0.05 s")
        assert [step.text for step in result.steps][-2:] == ["CANCEL", "Request Terminated"]

    run(scenario())


def test_a_call_into_silence_has_no_status():
    async def scenario():
        _, placed, _ = open_call()
        result = await placed.run()
        assert (result.status, result.reason) == (0, "no answer within 0.05 s")
        assert result.first_response_us is None

    run(scenario())


def test_a_failed_call_says_that_nothing_came_back():
    async def scenario():
        loop, placed, _ = open_call(timeout_s=5)
        loop.pair.pass_time(40)
        loop.tell()
        result = await placed.run()
        assert (result.status, result.reason) == (0, "nothing came back")
        assert result.steps[-1].name == "failed"

    run(scenario())


@pytest.mark.parametrize(("answered", "word"), [(False, "CANCEL"), (True, "BYE")])
def test_ctrl_c_ends_the_call_first(answered, word):
    async def scenario():
        loop, placed, _ = open_call(timeout_s=5, hold_s=5)
        loop.do(loop.pair.line.progress)
        if answered:
            loop.do(loop.pair.line.answer, ANSWER)
        task = asyncio.get_running_loop().create_task(placed.run())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert word in [step.text for step in placed.result.steps]
        assert placed.result.reason == "ended by the caller"

    run(scenario())


def test_messages_are_waited_for_by_method():
    async def scenario():
        loop, placed, _ = open_call(timeout_s=1)
        loop.do(loop.pair.line.answer, ANSWER)
        assert (await placed.wait_message("INVITE", 1)).code == 200
        placed.update()
        assert (await placed.wait_message("UPDATE", 1)).code == 200
        asyncio.get_running_loop().call_later(0.01, placed.reinvite)
        assert (await placed.wait_message("INVITE", 1)).code == 200
        assert await placed.wait_message("INFO", 0.01) is None
        placed.hang_up()
        assert await placed.wait_over(1)

    run(scenario())


def test_steps_and_messages_are_bounded(monkeypatch):
    monkeypatch.setattr(caller, "STEPS_MAX", 2)
    monkeypatch.setattr(caller, "MESSAGES_MAX", 1)

    async def scenario():
        loop, placed, _ = open_call()
        for _ in range(3):
            loop.do(loop.pair.line.progress)
        assert (len(placed.result.steps), len(placed.messages)) == (2, 1)

    run(scenario())
