"""
A wire between a site and its PSAPs that loses two datagrams of a hundred, both ways.

Lost by a relay of ours and not in the kernel: it needs no privilege and its draws are seeded. A
caller's ACK and BYE go past it, so that only what a site may be blamed for is lost.
"""

import os
import random
import select
import socket
import time
from contextlib import contextmanager

import pytest
from tests.support.load import (
    Planned,
    put_psaps,
    replace_file,
    serve_plan,
    show_delays,
    start_load,
)
from tests.support.sip import make_hop
from tests.support.sipp_psaps import Place, list_missing_programs
from tests.support.snapshots import small_content

from route112.adapters.processes import Children
from route112.simulation.agreement import Key
from route112.simulation.checker import Verdict
from route112.snapshot.content import TrunkRow
from route112.snapshot.writer import write_snapshot

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(bool(list_missing_programs()), reason="needs kamailio and sip-tester"),
]

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
SITE = f"127.0.79.{1 + WORKER}"
FRONTS = tuple((f"127.0.79.{base + WORKER}", 5060) for base in (21, 41))
PSAPS = tuple((f"127.0.79.{base + WORKER}", 5060) for base in (121, 141))
LOSS = 0.02
SECONDARY_SHARE_MAX = 0.001
ANSWER_AFTER_MS = 1_000
"""
As people do; and SIPp does not send a lost 200 again once it has heard an INVITE again, so that
INVITEs must no longer be sent again by then.
"""
BURST_MAX = 64
BUFFER_BYTES = 4 * 1024 * 1024


class LossyRelay:
    """Carries datagrams between one sender and each PSAP, and loses some, whatever they are."""

    def __init__(self, pairs, *, loss, seed):
        self._draw = random.Random(seed)
        self._loss = loss
        self._sender = None
        self._front = {}
        self._back = {}
        self.carried = self.lost = 0
        for front, psap in pairs:
            facing_site, facing_psap = open_socket(front), open_socket((front[0], 0))
            self._front[facing_site.fileno()] = (facing_site, facing_psap, psap)
            self._back[facing_psap.fileno()] = (facing_site, facing_psap)
        self._poll = select.epoll()
        for descriptor in (*self._front, *self._back):
            self._poll.register(descriptor, select.EPOLLIN)

    def carry(self):
        """Carry what waits, for a twentieth of a second at most."""
        for descriptor, _ in self._poll.poll(0.05):
            if descriptor in self._front:
                facing_site, facing_psap, psap = self._front[descriptor]
                for datagram, self._sender in receive(facing_site):
                    self._pass(datagram, facing_psap, psap)
            else:
                facing_site, facing_psap = self._back[descriptor]
                for datagram, _ in receive(facing_psap):
                    self._pass(datagram, facing_site, self._sender)

    def _pass(self, datagram, out, to):
        if self._draw.random() < self._loss:
            self.lost += 1
        else:
            self.carried += 1
            out.sendto(datagram, to)

    def close(self):
        self._poll.close()
        for facing_site, facing_psap, _ in self._front.values():
            facing_site.close()
            facing_psap.close()


def open_socket(place):
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    opened.setblocking(False)
    opened.bind(place)
    return opened


def receive(waiting):
    for _ in range(BURST_MAX):
        try:
            yield waiting.recvfrom(65_535)
        except BlockingIOError:
            return


@contextmanager
def stand_up(folder, *, loss):
    """Run a site whose trunks end at a relay; the PSAPs stand behind it."""
    brest, paris = (Place(*place) for place in FRONTS)
    trunks = (
        TrunkRow(name="armor/ip/", hops=(make_hop(brest),)),
        TrunkRow(name="armor/rtc/ouest", hops=(make_hop(brest, "rtc"),)),
        TrunkRow(name="lutece/ip/", hops=(make_hop(paris),)),
    )
    plan = folder / "plan.r112"
    replace_file(plan, write_snapshot(small_content(trunks=trunks, orders=())))
    with Children() as children:
        psaps = put_psaps(children, folder, PSAPS, answer_after_ms=ANSWER_AFTER_MS)
        relay = LossyRelay(zip(FRONTS, PSAPS, strict=True), loss=loss, seed=112)
        try:
            with serve_plan(children, folder, plan, host=SITE, psaps=psaps) as served:
                yield served, relay
        finally:
            relay.close()


KEYS = [
    Planned(Key("29019", "17"), "+33261910020", ""),
    Planned(Key("29019", "15"), "+33261910010", ""),
    Planned(Key("75101", "15"), "+33199000010", ""),
    Planned(Key("75120", "18"), "+33199000030", ""),
]


def lose(folder, *, calls, calls_per_s):
    with stand_up(folder, loss=LOSS) as (served, relay):
        began = time.monotonic()
        outcome = start_load(served, KEYS, count=calls, calls_per_s=calls_per_s).wait(relay.carry)
        took_s = time.monotonic() - began
        judgement = outcome.judge()
        records = served.records()
    primary = {call.key: call.odd for call in KEYS}
    expected = {line.call_id: primary[Key(line.commune, line.dialled)] for line in outcome.callers}
    # What a PSAP says that it answered may never have come through: any other ring counts.
    secondary = {
        call for call, rung in outcome.find_rung().items() if set(rung) - {expected[call]}
    } | {one.call_id for one in judgement.verdicts if one.verdict is Verdict.MISROUTED}
    failed = {record.call for record in records if record.kind == "failed"}
    print(
        f"\n{relay.lost} of {relay.lost + relay.carried} datagrams lost in {took_s:.0f} s; "
        f"{judgement.placed} calls, {judgement.lost} lost, {len(secondary)} rang at a secondary, "
        f"{len(failed)} tries failed, {judgement.delayed} delayed; "
        f"{show_delays(outcome.list_delays_ms())}"
    )
    share = relay.lost / (relay.lost + relay.carried)
    assert LOSS / 2 < share < LOSS * 2, "the wire was not as bad as it should have been"
    assert len(outcome.callers) == calls
    assert judgement.lost == 0, [one for one in judgement.verdicts if one.verdict.value == "lost"]
    assert judgement.strangers == ()
    events = [record.get("event") for record in records if record.kind == "site"]
    assert "way-out-open" not in events, "no breaker opens for a lossy wire"
    return secondary | failed


def test_two_percent_loss_loses_no_call(tmp_path):
    assert len(lose(tmp_path, calls=2_000, calls_per_s=150)) <= 2


@pytest.mark.slow
def test_two_percent_loss_sends_almost_nobody_to_a_secondary(tmp_path):
    """Were the share 0.1 %, 20 of them would be seen, and 10 or fewer in one run of a hundred."""
    calls = 20_000
    assert len(lose(tmp_path, calls=calls, calls_per_s=150)) <= 10 < calls * SECONDARY_SHARE_MAX
