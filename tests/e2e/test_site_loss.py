"""
A wire between a site and its PSAPs that loses two datagrams of a hundred, both ways.

Lost by `simulation.relay` and not in the kernel: it needs no privilege and its draws are seeded. A
caller's ACK and BYE go past it, so that only what a site may be blamed for is lost.
"""

import os
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
from tests.support.sipp_psaps import Place
from tests.support.snapshots import small_content
from tests.support.wires import run_relay

from route112.adapters.processes import Children
from route112.simulation.agreement import Key
from route112.simulation.checker import Verdict
from route112.snapshot.content import TrunkRow
from route112.snapshot.writer import write_snapshot

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

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


@contextmanager
def stand_up(folder, *, loss=0.0, answer_after_ms=ANSWER_AFTER_MS):
    """Run a site whose two trunks end at a relay each; the PSAPs stand behind them."""
    brest, paris = (Place(*place) for place in FRONTS)
    trunks = (
        TrunkRow(name="armor/ip/", hops=(make_hop(brest),)),
        TrunkRow(name="armor/rtc/ouest", hops=(make_hop(brest, "rtc"),)),
        TrunkRow(name="lutece/ip/", hops=(make_hop(paris),)),
    )
    plan = folder / "plan.r112"
    replace_file(plan, write_snapshot(small_content(trunks=trunks, orders=())))
    with Children() as children:
        psaps = put_psaps(children, folder, PSAPS, answer_after_ms=answer_after_ms)
        with (
            run_relay([(FRONTS[0], PSAPS[0])], loss=loss, seed=112) as to_brest,
            run_relay([(FRONTS[1], PSAPS[1])], loss=loss, seed=113) as to_paris,
            serve_plan(children, folder, plan, host=SITE, psaps=psaps) as served,
        ):
            yield served, (to_brest, to_paris)


KEYS = [  # none whose route depends on the hour
    Planned(Key("29019", "17"), "+33261910020", ""),
    Planned(Key("75101", "17"), "+33199000020", ""),
    Planned(Key("75101", "15"), "+33199000010", ""),
    Planned(Key("75120", "18"), "+33199000030", ""),
]


def lose(folder, *, calls, calls_per_s):
    with stand_up(folder, loss=LOSS) as (served, relays):
        began = time.monotonic()
        outcome = start_load(served, KEYS, count=calls, calls_per_s=calls_per_s).wait()
        took_s = time.monotonic() - began
        judgement = outcome.judge()
        records = served.records()
    lost = sum(relay.lost for relay in relays)
    seen = lost + sum(relay.carried for relay in relays)
    primary = {call.key: call.odd for call in KEYS}
    expected = {line.call_id: primary[Key(line.commune, line.dialled)] for line in outcome.callers}
    # A secondary that rang and did not get the call counts too.
    secondary = {
        call for call, rung in outcome.find_rung().items() if set(rung) - {expected[call]}
    } | {one.call_id for one in judgement.verdicts if one.verdict is Verdict.MISROUTED}
    failed = {record.call for record in records if record.kind == "failed"}
    print(
        f"\n{lost} of {seen} datagrams lost in {took_s:.0f} s; "
        f"{judgement.placed} calls, {judgement.lost} lost, {judgement.misrouted} misrouted, "
        f"{judgement.ghosts} ghosts, {len(secondary)} rang at a secondary, "
        f"{len(failed)} tries failed, {judgement.delayed} delayed; "
        f"{show_delays(outcome.list_delays_ms())}"
    )
    assert LOSS / 2 < lost / seen < LOSS * 2, "the wire was not as bad as it should have been"
    assert len(outcome.callers) == calls
    assert judgement.lost == 0, [one for one in judgement.verdicts if one.verdict.value == "lost"]
    assert judgement.strangers == ()
    events = [record.get("event") for record in records if record.kind == "site"]
    assert "way-out-open" not in events, "no breaker opens for a lossy wire"
    return secondary | failed


def test_a_primary_whose_answer_never_comes_back_is_a_ghost_and_the_call_a_misroute(tmp_path):
    """Its people picked up first; the caller talks to Paris. Nobody may call that right."""
    calls = 4
    with stand_up(tmp_path, answer_after_ms=20) as (served, (to_brest, _)):
        to_brest.cut("home")
        outcome = start_load(served, KEYS[:1], count=calls, calls_per_s=2).wait()
    judgement = outcome.judge()
    primary = KEYS[0].odd
    picked_up = {
        line.call_id for line in outcome.psaps if line.number == primary and line.answered_us
    }
    assert len(picked_up) == calls, "they answered, as far as they know"
    assert (judgement.placed, judgement.misrouted, judgement.right) == (calls, calls, 0)
    assert {one.ghosts for one in judgement.verdicts} == {(primary,)}
    assert primary not in {line.answered_by for line in outcome.callers}


def test_two_percent_loss_loses_no_call(tmp_path):
    assert len(lose(tmp_path, calls=2_000, calls_per_s=150)) <= 2


@pytest.mark.slow
def test_two_percent_loss_sends_almost_nobody_to_a_secondary(tmp_path):
    """Were the share 0.1 %, 20 of them would be seen, and 10 or fewer in one run of a hundred."""
    calls = 20_000
    assert len(lose(tmp_path, calls=calls, calls_per_s=150)) <= 10 < calls * SECONDARY_SHARE_MAX
