"""Lines that behave as they are told, number by number, and write one line per INVITE."""

import dataclasses

from tests.support.sip_ends import PSAP_NUMBER, open_ends, run, until

from route112.apps.ends.psaps import draw_ring
from route112.simulation.behaviours import Behaviour
from route112.simulation.logs import parse_psaps
from route112.wire.sip.sdp import MIRROR, SOURCE, find_loopback, render_sdp

HOST = "127.0.47.5"


def test_behaviours_by_number_and_changes_while_calls_come_in():
    async def scenario():
        numbers = {"17": Behaviour.BUSY}
        async with open_ends(host=HOST, numbers=numbers, answer_after_s=0) as ends:
            psaps, callers, order = ends
            busy = dataclasses.replace(order, dialled="17")
            assert (await callers.run(busy)).status == 486
            assert (await callers.run(order)).status == 200
            psaps.numbers["17"] = Behaviour.ANSWER
            psaps.behaviour = Behaviour.UNAVAILABLE
            assert (await callers.run(busy)).status == 200
            assert (await callers.run(order)).status == 503
            said = [(line.number, line.behaviour, line.status) for line in psaps.lines]
            assert said == [
                ("17", "busy", 486),
                (PSAP_NUMBER, "answer", 200),
                ("17", "answer", 200),
                (PSAP_NUMBER, "unavailable", 503),
            ]
            assert psaps.calls == {}

    run(scenario())


def test_each_call_rings_as_long_as_it_is_drawn_to():
    drawn = [draw_ring(f"{number}@here", (2.0, 6.0)) for number in range(200)]
    assert drawn == [draw_ring(f"{number}@here", (2.0, 6.0)) for number in range(200)]
    assert 2.0 <= min(drawn) < 2.5
    assert 5.5 < max(drawn) <= 6.0
    assert draw_ring("1@here", (0.3, 0.3)) == 0.3


def test_a_line_may_hang_up_by_itself():
    async def scenario():
        options = {"answer_after_s": 0, "hang_up_after_s": 0.02}
        async with open_ends(host=HOST, **options) as (_, callers, order):
            result = await callers.run(dataclasses.replace(order, hold_s=-1))
            assert result.steps[-1].text == "BYE"

    run(scenario())


def test_calls_that_are_under_way_at_the_end_are_written_down(tmp_path):
    async def scenario():
        options = {"behaviour": Behaviour.RINGING, "log": tmp_path}
        async with open_ends(host=HOST, **options) as (psaps, callers, order):
            placed = callers.place(order)
            await until(lambda: placed.result.ringing_us)
            assert psaps.lines == []

    run(scenario())
    [line] = parse_psaps((tmp_path / "psaps.jsonl").read_bytes())
    assert (line.number, line.status, line.answered_us) == (PSAP_NUMBER, 0, None)
    assert line.listen.startswith(f"udp:{HOST}:")


def test_a_cancelled_call_does_not_pick_up_later():
    async def scenario():
        async with open_ends(host=HOST, answer_after_s=0.3) as (psaps, callers, order):
            result = await callers.run(dataclasses.replace(order, timeout_s=0.1))
            assert result.status == 487
            assert [(line.status, line.answered_us) for line in psaps.lines] == [(487, None)]

    run(scenario())


def test_a_call_that_nobody_ends_is_forgotten():
    async def scenario():
        async with open_ends(host=HOST, behaviour=Behaviour.TRYING) as (psaps, callers, order):
            psaps.give_up_s = 0.1
            callers.place(order)
            await until(lambda: psaps.lines)
            assert [(line.status, line.answered_us) for line in psaps.lines] == [(0, None)]
            assert psaps.calls == {}

    run(scenario())


def test_a_test_call_is_mirrored_and_has_no_line():
    async def scenario():
        async with open_ends(host=HOST, answer_after_s=5.0) as (psaps, callers, order):
            offer = render_sdp(callers._media.audio, loopback=SOURCE)
            test = dataclasses.replace(order, dialled="urn:service:test.sos", body=offer)
            test = dataclasses.replace(test, headers=(("Content-Type", "application/sdp"),))
            placed = callers.place(test)
            assert await placed.wait_answer()
            answer = placed.messages[-1]
            assert find_loopback(answer.body) == MIRROR
            callers._media.start("test", placed.result.audio)
            assert await callers._media.wait(3, 5.0)
            await placed.finish()
            assert (psaps.lines, psaps.tests) == ([], 1)

    run(scenario())


def test_a_loop_number_is_no_line_and_behaviours_hold_for_it():
    async def scenario():
        async with open_ends(host=HOST, answer_after_s=5.0) as (psaps, callers, order):
            psaps.loops = ("+33199000112",)
            loop = dataclasses.replace(order, dialled="+33199000112")
            psaps.behaviour = Behaviour.NO_AUDIO
            assert (await callers.run(loop)).audio_packets == 0
            psaps.behaviour = Behaviour.ANSWER
            assert (await callers.run(loop)).audio_packets > 0, "no mirror was asked for: silence"
            psaps.behaviour = Behaviour.BUSY
            assert (await callers.run(loop)).status == 486
            assert (psaps.lines, psaps.tests) == ([], 3)

    run(scenario())
