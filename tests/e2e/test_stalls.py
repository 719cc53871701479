"""
A site and an edge that stood still for tenths of a second, again and again.

Kamailio loses the ticks of its timers meanwhile and makes up for them all at once, within five
seconds: whatever it waits for just then is over before its time.
"""

import itertools
import os
import signal
import time
from contextlib import closing

import pytest
from tests.support.edge import BUFFER_BYTES
from tests.support.edge_run import CLIENT, open_edge, open_psaps, play_sites
from tests.support.site import CALLER, Caller, open_site
from tests.support.site_run import list_session
from tests.support.standstill import judge_in_time

from route112.apps.edge.setup import TEMPLATE

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

STALLS = 4
STALL_S = 0.45
"""All of them together are longer than any wait for a first word."""
BETWEEN_S = 0.2
SETTLE_S = 0.3
"""What came meanwhile has been read."""
CALLS_PER_S = 50
MADE_UP_S = 6.0
"""By then Kamailio has made up for its ticks."""
STILL_S = 0.1
ROUNDS_MAX = 4
"""Kamailio may have made up for them before there were calls."""
EARLY_MS = 250
"""Half of any wait for a first word."""
SLOW = ((0.15, 180), (0.2, 200))
"""Some calls wait for a first word at any time."""
STUCK_US = 700_000
"""Longer than an edge waits for the first word of a site, or of an answering point."""
RINGS_UNTIL = ((0, 180), (1.5, 200))


def stall(child):
    """Have a Kamailio stand still again and again."""
    pids = list_session(child.popen.pid)
    for _ in range(STALLS):
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(STALL_S)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        time.sleep(BETWEEN_S)
    time.sleep(SETTLE_S)


def place_all(station, host):
    """Place calls until Kamailio has made up for its ticks, and wait for their ends."""
    calls = []
    with closing(Caller(station, host=host)) as caller:
        deadline = time.monotonic() + MADE_UP_S
        while time.monotonic() < deadline:
            calls.append(caller.begin(body=str(len(calls)).encode()))
            caller.listen(calls[-1], until=999, timeout_s=1 / CALLS_PER_S)
        for call in calls:
            caller.listen(call, until=200)
    return calls


def ride_out(station, host, kind, *, prepare=lambda: None):
    """Have it stand still, and place calls, until records of a kind tell of a wait cut short."""
    for _ in range(ROUNDS_MAX):
        prepare()
        stall(station.child)
        calls = place_all(station, host)
        # Where all stands still, a site sends elsewhere what it reads late.
        refused = {record.call for record in station.records("refused")}
        assert {call.status for call in calls if call.call_id not in refused} == {200}
        times = [(one.get("cause"), int(one.get("ms"))) for one in station.records(kind)]
        if any(cause == "timeout" and ms < EARLY_MS for cause, ms in times):
            return
    pytest.fail("no wait ended before its time")


def judge(found, machine):
    """Nobody was taken for silent who was not; the ends of this test are, where all stands still."""
    if not machine.standstills:
        assert found == []


def at_site(folder):
    """Have a site stand still; return whom it rang besides."""
    folder.mkdir()
    with open_site(folder) as site:
        site.psaps["brest"].behaviour = SLOW
        ride_out(site, CALLER, "failed")
        return site.psaps["paris"].invites()


def at_edge_before_sites(folder):
    """Have an edge stand still; return what it holds against sites, and calls that left them."""
    with (
        open_psaps() as psaps,
        play_sites(2) as sites,
        open_edge(folder, sites, psaps) as edge,
    ):
        for site in sites:
            site.behaviour = ((0.15, 100), (0.16, 180), (0.2, 200))
            site.widen(BUFFER_BYTES)
        ride_out(edge, CLIENT, "returned")
        return [*edge.events(), *edge.records("decision")]


def at_edge_alone(folder):
    """Have an edge stand still that has no site; return whom it rang besides."""
    with (
        open_psaps() as psaps,
        play_sites(1) as sites,
        open_edge(folder, sites, psaps) as edge,
    ):
        psaps["brest"].behaviour = SLOW
        psaps["brest"].widen(BUFFER_BYTES)
        ride_out(edge, CLIENT, "failed", prepare=lambda: edge.leave_alone(30, "site-1"))
        return psaps["paris"].invites()


@pytest.mark.parametrize("play", [at_site, at_edge_before_sites, at_edge_alone])
def test_a_wait_that_is_over_too_early_is_held_against_nobody(tmp_path, play):
    """The same telephone rings, and no other."""
    numbers = itertools.count()
    judge_in_time(lambda: play(tmp_path / f"{next(numbers)}"), judge, room_s=STILL_S)


@pytest.mark.parametrize("state", ["site", "direct"])
def test_who_rings_when_time_is_over_has_not_rung_in_vain(tmp_path, state):
    """A worker that is stuck once, between the ringing and its timer: 480 is not the last word."""
    template = tmp_path / "template.cfg"
    text = TEMPLATE.read_text(encoding="utf-8")
    assert text.count("\troute(SAY_RING);\n") == 2
    stuck = f"\tif ($shtinc(turn=>stuck) == 1) usleep({STUCK_US});\n"
    text = text.replace("\troute(SAY_RING);\n", f"\troute(SAY_RING);\n{stuck}")
    text = text.replace('loadmodule "kex.so"', 'loadmodule "kex.so"\nloadmodule "cfgutils.so"')
    template.write_text(text, encoding="utf-8")
    with (
        open_psaps() as psaps,
        play_sites(1) as sites,
        open_edge(tmp_path / "edge", sites, psaps, template=template) as edge,
        closing(Caller(edge, host=CLIENT)) as caller,
    ):
        for end in (*sites, *psaps.values()):
            end.behaviour = RINGS_UNTIL
        if state == "direct":
            edge.leave_alone(30, "site-1")
        call = caller.place(timeout_s=8.0)
        assert call.status == 200, call.statuses
        assert psaps["paris"].invites() == []
