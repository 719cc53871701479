"""Our agent against itself and against SIPp, on loopback, over every transport."""

import asyncio
import dataclasses
import json
import os
import random
import signal
import subprocess
import sys

import pytest
from sipmessage import Response
from tests.support.sip_ends import PSAP_NUMBER, make_certificates, open_ends, run
from tests.support.sipp_psaps import find_program
from tests.unit.wire.sip.test_messages import message

from route112.adapters.processes import Children, find_listeners
from route112.adapters.sip import Address
from route112.apps.ends import Callers, CallOrder, Psaps
from route112.simulation.behaviours import Behaviour
from route112.simulation.checker import Expectation, find_median_ms, judge
from route112.simulation.logs import parse_callers, parse_psaps
from route112.simulation.sipp import (
    SippCall,
    SippLoad,
    SippPsap,
    read_callers,
    read_psaps,
    start_callers,
    start_psaps,
)

pytestmark = pytest.mark.e2e
PLACES = [("udp", "127.0.46.1"), ("tcp", "127.0.46.1"), ("tls", "127.0.46.1")]
PLACES += [(transport, "::1") for transport in ("udp", "tcp", "tls")]
CALLS = 300
SIPP_CALLS = 40


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("tls"))


def names(result):
    return [step.name for step in result.steps]


@pytest.mark.parametrize(("transport", "host"), PLACES)
def test_a_call_over_every_transport_is_answered_heard_and_hung_up(
    transport, host, certificates, tmp_path
):
    async def scenario():
        options = {"tls": certificates, "log": tmp_path, "answer_after_s": 0.1}
        async with open_ends(transport, host, **options) as (psaps, callers, order):
            result = await callers.run(order)
            assert names(result) == ["sent", "180", "200", "sent", "sent", "200"]
            assert (result.status, result.phrase) == (200, "OK")
            assert f"sip:{PSAP_NUMBER}@" in result.answered_by
            assert result.audio_packets >= 5
            assert (psaps.lines[0].number, psaps.lines[0].status) == (PSAP_NUMBER, 200)
            return result

    result = run(scenario())
    [caller] = parse_callers((tmp_path / "callers.jsonl").read_bytes())
    [psap] = parse_psaps((tmp_path / "psaps.jsonl").read_bytes())
    assert caller.call_id == psap.call_id == result.call_id
    stamps = [caller.placed_us, psap.rang_us, caller.ringing_us, psap.answered_us]
    assert sorted(stamps) == stamps
    assert caller.answered_us <= caller.ended_us


@pytest.mark.parametrize(
    ("behaviour", "status", "psap_status"),
    [
        (Behaviour.BUSY, 486, 486),
        (Behaviour.UNAVAILABLE, 503, 503),
        (Behaviour.TRYING, 487, 487),
        (Behaviour.RINGING, 487, 487),
        (Behaviour.SILENT, 0, 0),
    ],
)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_every_way_not_to_answer(transport, behaviour, status, psap_status):
    async def scenario():
        async with open_ends(transport, behaviour=behaviour) as (psaps, callers, order):
            result = await callers.run(dataclasses.replace(order, timeout_s=0.4))
            assert result.status == status
            assert result.answered_us is None
            assert (result.ringing_us is not None) is (behaviour is Behaviour.RINGING)
            assert [line.status for line in psaps.lines] == [psap_status]
            assert psaps.lines[0].behaviour == behaviour.value

    run(scenario())


def test_an_answer_without_audio_is_told_from_one_with_audio():
    async def scenario():
        async with open_ends(behaviour=Behaviour.NO_AUDIO) as (_, callers, order):
            result = await callers.run(order)
            assert (result.status, result.audio_packets) == (200, 0)
            assert result.audio is not None

    run(scenario())


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_both_ends_renew_and_hang_up(transport, certificates):
    async def scenario():
        async with open_ends(transport, tls=certificates) as (psaps, callers, order):
            placed = callers.place(order)
            assert await placed.wait_answer()
            placed.reinvite()
            await placed.wait_message("INVITE", 2)  # 180 and 200 of before
            await placed.wait_message("INVITE", 2)
            renewed = await placed.wait_message("INVITE", 2)
            assert isinstance(renewed, Response)
            assert renewed.code == 200
            placed.update()
            updated = await placed.wait_message("UPDATE", 2)
            assert updated.code == 200
            psaps.reinvite(placed.result.call_id)
            asked = await placed.wait_message("INVITE", 2)
            assert asked.method == "INVITE"
            assert (await placed.wait_message("ACK", 2)).method == "ACK"
            psaps.hang_up(placed.result.call_id)
            assert await placed.wait_over(2)
            assert placed.messages[-1].method == "BYE"

    run(scenario())


def test_a_provisional_response_is_acknowledged_where_the_caller_requires_it():
    async def scenario():
        async with open_ends() as (_, callers, order):
            required = dataclasses.replace(order, headers=(("Require", "100rel"),), hold_s=0)
            result = await callers.run(required)
            sent = [step.text for step in result.steps if step.name == "sent"]
            assert sent[1:] == ["PRACK", "ACK", "BYE"]
            assert result.status == 200

    run(scenario())


def test_hundreds_of_calls_at_a_time_are_judged_right(tmp_path):
    async def scenario():
        async with open_ends(log=tmp_path, answer_after_s=0.5) as (_, callers, order):
            orders = [
                dataclasses.replace(
                    order, caller=f"+999{index:06d}", call_id=f"many-{index}", hold_s=1.0
                )
                for index in range(CALLS)
            ]
            await callers.run_all(orders, rate=200)

    run(scenario())
    callers = parse_callers((tmp_path / "callers.jsonl").read_bytes())
    psaps = parse_psaps((tmp_path / "psaps.jsonl").read_bytes())
    expectation = Expectation(targets={f"many-{index}": (PSAP_NUMBER,) for index in range(CALLS)})
    judgement = judge(callers, psaps, expectation, baseline_median_ms=find_median_ms(callers))
    assert judgement.no_call_lost, judgement
    assert (judgement.placed, judgement.unique_callers) == (CALLS, CALLS)


def test_a_caller_without_the_right_certificate_gets_nowhere(certificates, tmp_path):
    stranger = make_certificates(tmp_path, name="stranger")

    async def scenario():
        async with (
            Psaps(tls=certificates) as psaps,
            Callers(Address("tls", "127.0.46.1", 0), tls=stranger) as callers,
        ):
            target = await psaps.listen(Address("tls", "127.0.46.1", 0))
            result = await callers.run(CallOrder(dialled="15", to=target, timeout_s=5))
            assert (result.status, result.reason) == (0, "nothing came back")
            assert psaps.lines == []

    run(scenario())


def test_a_port_where_nobody_listens_over_tcp_is_told_at_once():
    async def scenario():
        async with Callers(Address("tcp", "127.0.46.1", 0)) as callers:
            nobody = Address("tcp", "127.0.46.99", 9)
            result = await callers.run(CallOrder(dialled="15", to=nobody, timeout_s=5))
            assert (result.status, result.reason) == (0, "nothing came back")

    run(scenario())


def make_torture():
    """List datagrams that no phone should send; the same ones each time."""
    draw = random.Random(112)
    good = message(b"Content-Length: 4\r\n", b"body")
    yield from (b"", b"\0", b"\r\n\r\n", b"\xff" * 2_000, b"INVITE", good[:-1], good[:80])
    yield good + b"x" * 60_000
    yield message(b"X: " + b"y" * 50_000 + b"\r\n")
    yield message(b"X: y\r\n" * 5_000)
    yield good.replace(b"Subject", b"\xe9\xe8")
    yield good.replace(b"sip:15@", b"sip:" + b"a" * 9_000 + b"@")
    yield good.replace(b"<sip:15@192.0.2.2>", b'"' * 4_000)
    yield good.replace(b"1 INVITE", b"9" * 4_000 + b" INVITE")
    for _ in range(400):
        damaged = bytearray(good)
        for _ in range(draw.randrange(1, 12)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        yield (
            bytes(damaged[: draw.randrange(len(damaged))])
            if draw.random() < 0.3
            else bytes(damaged)
        )


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_torture_harms_nobody_and_the_next_call_is_answered(transport):
    async def send(target, content):
        loop = asyncio.get_running_loop()
        if transport == "udp":
            socket, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=(target.host, target.port)
            )
            socket.sendto(content)
            socket.close()
            return
        _, writer = await asyncio.open_connection(target.host, target.port)
        writer.write(content)
        writer.close()

    async def scenario():
        options = {"behaviour": Behaviour.BUSY}
        async with open_ends(transport, "127.0.46.2", **options) as (psaps, callers, order):
            for content in make_torture():
                await send(order.to, content)
            await asyncio.sleep(0.1)
            result = await callers.run(order)
            assert result.status == 486
            assert psaps.lines[-1].number == PSAP_NUMBER

    run(scenario())


def wait_until_listening(children, host, port):
    children.wait_until(
        lambda: (host, port) in find_listeners("udp") | find_listeners("tcp"),
        timeout_s=5,
        what=f"{host}:{port} listens",
    )


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(
    ("behaviour", "status"),
    [(Behaviour.ANSWER, 200), (Behaviour.BUSY, 486), (Behaviour.TRYING, 487)],
)
def test_our_caller_calls_sipp(transport, behaviour, status, tmp_path):
    psap = SippPsap(host="127.0.46.3", port=5066, transport=transport, behaviour=behaviour)

    async def scenario():
        target = Address(transport, psap.host, psap.port)
        async with Callers(Address(transport, "127.0.46.4", 0)) as callers:
            order = CallOrder(dialled=PSAP_NUMBER, to=target, hold_s=0.1, timeout_s=0.6)
            result = await callers.run(order)
            assert result.status == status, result
            return callers.lines

    with Children() as children:
        start_psaps(children, (psap,), tmp_path)
        wait_until_listening(children, psap.host, psap.port)
        [caller] = run(scenario())
    [line] = read_psaps((psap,), tmp_path)
    assert (line.call_id, line.number) == (caller.call_id, PSAP_NUMBER)
    assert line.status == status
    assert caller.answered_by == (PSAP_NUMBER if status == 200 else "")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_sipp_calls_our_psaps_and_the_checker_judges_it(transport, tmp_path):
    load = SippLoad(
        calls=[SippCall(dialled=PSAP_NUMBER, caller=f"+999{i:06d}") for i in range(SIPP_CALLS)],
        host="127.0.46.5",
        port=5067,
        transport=transport,
        local_host="127.0.46.6",
        local_port=5068,
        calls_per_s=40,
        timeout_ms=3_000,
    )

    async def scenario(children):
        async with Psaps(answer_after_s=0.05) as psaps:
            await psaps.listen(Address(transport, load.host, load.port))
            child = start_callers(children, load, tmp_path)
            await asyncio.to_thread(child.popen.wait, 15)
            assert child.popen.returncode == 0, child.describe_end()
            return psaps.lines

    with Children() as children:
        psaps = run(scenario(children))
    callers = read_callers(load, tmp_path)
    targets = {line.call_id: (PSAP_NUMBER,) for line in callers}
    judgement = judge(
        callers,
        psaps,
        Expectation(targets=targets),
        baseline_median_ms=find_median_ms(callers),
    )
    assert judgement.no_call_lost, judgement.verdicts
    assert judgement.placed == judgement.unique_callers == SIPP_CALLS
    assert judgement.ghosts == 0
    assert {line.answered_by for line in callers} == {PSAP_NUMBER}, "the caller knows who answered"


def test_the_commands_call_each_other(tmp_path):
    route112 = [sys.executable, "-m", "route112.apps"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    argv = [*route112, "psap", "run", "--listen", "udp:127.0.46.7:5069", "--answer-after", "0.1"]
    argv += ["--numbers", "17=busy", "--for", "25", "--log", str(tmp_path / "psaps.jsonl")]
    psap = subprocess.Popen(argv, stderr=subprocess.PIPE, env=environment, start_new_session=True)
    try:
        assert psap.stderr.readline().startswith(b"ready udp:127.0.46.7:5069 answer")
        call = [*route112, "call", "15", "--to", "127.0.46.7:5069", "--hold", "0.1"]
        shown = subprocess.run(
            call, capture_output=True, text=True, env=environment, timeout=20, check=False
        )
        assert shown.returncode == 0, shown.stderr
        lines = shown.stdout.splitlines()
        assert [line.split()[2] for line in lines[:-1]] == [
            "sent",
            "180",
            "200",
            "sent",
            "sent",
            "200",
        ]
        assert lines[-1].startswith("answered by sip:15@127.0.46.7:5069")
        call[4] = "17"
        busy = subprocess.run(
            [*call, "--json"], capture_output=True, env=environment, timeout=20, check=False
        )
        assert (busy.returncode, json.loads(busy.stdout)["status"]) == (1, 486)
    finally:
        os.killpg(psap.pid, signal.SIGTERM)
        psap.wait(10)
        psap.stderr.close()
    assert len(parse_psaps((tmp_path / "psaps.jsonl").read_bytes())) == 2


EDGE = """
#!KAMAILIO
debug=1
log_stderror=yes
listen=udp:127.0.46.8:5070
listen=tcp:127.0.46.8:5070
children=1
auto_aliases=no
dns=no
rev_dns=no
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "siputils.so"
request_route {
	if (has_totag()) {
		if (loose_route()) { t_relay(); exit; }
		if (method == "ACK" && t_check_trans()) t_relay();
		exit;
	}
	if (method == "CANCEL") {
		if (t_check_trans()) t_relay();
		exit;
	}
	t_check_trans();
	record_route();
	$du = "sip:127.0.46.9:5071;transport=PSAP_TRANSPORT";
	t_relay();
}
"""


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_through_a_proxy_that_stays_in_the_dialog(transport, tmp_path):
    cfg = tmp_path / "edge.cfg"
    cfg.write_text(EDGE.lstrip().replace("PSAP_TRANSPORT", transport))
    argv = [find_program("kamailio"), "-f", str(cfg), "-DD", "-E", "-Y", str(tmp_path)]

    async def scenario():
        async with (
            Psaps(answer_after_s=0.05) as psaps,
            Callers(Address("udp", "127.0.46.8", 0)) as callers,
        ):
            await psaps.listen(Address(transport, "127.0.46.9", 5071))
            order = CallOrder(dialled="15", to=Address("udp", "127.0.46.8", 5070), timeout_s=0.6)
            placed = callers.place(dataclasses.replace(order, headers=(("Require", "100rel"),)))
            assert await placed.wait_answer()
            placed.reinvite()
            placed.update()
            assert (await placed.wait_message("UPDATE", 2)).code == 200
            psaps.reinvite(placed.result.call_id)
            assert (await placed.wait_message("ACK", 2)).method == "ACK"
            psaps.hang_up(placed.result.call_id)
            assert await placed.wait_over(2)
            assert placed.messages[-1].method == "BYE"
            psaps.behaviour = Behaviour.RINGING
            assert (await callers.run(order)).status == 487
            assert [line.status for line in psaps.lines] == [200, 487]

    with Children() as children:
        children.start("the edge", argv, log=tmp_path / "edge.log")
        wait_until_listening(children, "127.0.46.8", 5070)
        run(scenario())
