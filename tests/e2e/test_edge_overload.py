"""An edge that reads later than it is written to, that stood still, or that strangers connect to."""

import json
import os
import re
import signal
import socket
import time
from contextlib import closing, contextmanager

import pytest
from tests.support.edge_run import CLIENT, open_edge, open_psaps, play_sites, reset
from tests.support.site import RINGS, STRANGER, Caller, refuses
from tests.support.site_run import list_session

from route112.apps.site.setup import CONNECTION_BYTES

pytestmark = pytest.mark.e2e

STOPPED_S = 0.8
"""Less than a freeze, more than a network waits that has another edge."""
GAP_S = 1.5
SHM_MB = 64
HELD = 950
"""As many would take all of the shared memory."""
IDLE_S = 25.0
"""After 10 s, and 5 s of reading, the edge gives up on whoever said nothing."""
RINGS_LONG = ((0, 100), (0.01, 180), (18, 200))


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    with (
        open_psaps() as psaps,
        play_sites(2) as sites,
        open_edge(folder, sites, psaps, six=True, shm_mb=SHM_MB) as opened,
    ):
        yield opened


@pytest.fixture(autouse=True)
def well(edge):
    reset(edge.sites, edge.psaps)
    for table in ("breaker", "recent", "minute", "off", "silenced"):
        edge.ask("htable.flush", table)


@pytest.fixture
def caller(edge):
    opened = Caller(edge, host=CLIENT)
    yield opened
    opened.close()


@contextmanager
def busy_workers(edge):
    """Keep those who read its sockets from reading; everything else goes on."""
    listed = bytes(edge.ask("core.psx")).decode()
    pids = [int(pid) for pid in re.findall(r'"PID":\s*(\d+)[^}]*?"DSC":\s*"udp receiver', listed)]
    assert len(pids) == 4
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def standing_still(edge):
    pids = list_session(edge.child.popen.pid)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def count_invites(edge, call):
    return sum(len(end.invites(call.call_id)) for end in (*edge.sites, *edge.psaps.values()))


@pytest.mark.parametrize("host", [CLIENT, "::1"])
def test_what_waited_too_long_is_shed_at_once_and_on_record(edge, host):
    caller = Caller(edge, host=host)
    with busy_workers(edge):
        time.sleep(0.3)
        late = [caller.begin() for _ in range(80)]
        time.sleep(STOPPED_S - 0.3)
    for call in late:
        caller.listen(call, until=200)
    caller.close()
    away = [call for call in late if call.statuses == [503]]
    # What a worker has in its hands while the other one reads that the queue is short may ring.
    assert len(away) >= 76
    assert {call.status for call in late} <= {200, 503}
    assert {call.replies[0].get("Retry-After") for call in away} == {"1"}
    assert [count_invites(edge, call) for call in away] == [0] * len(away)
    refused = [record for call in away for record in edge.of("refused", call)]
    assert [record.get("reason") for record in refused] == ["shed"] * len(away)


def test_when_the_queue_is_short_again_calls_ring_again(edge, caller):
    with busy_workers(edge):
        time.sleep(STOPPED_S)
    began = time.monotonic()
    while caller.place().status != 200:
        assert time.monotonic() - began < 1.0


def test_a_short_wait_sheds_nothing(edge, caller):
    with busy_workers(edge):
        time.sleep(0.1)
        call = caller.begin()
        time.sleep(0.05)
    assert caller.listen(call, until=200).status == 200


def test_workers_that_do_not_read_move_no_calls(edge, caller):
    """The sites have answered the edge's questions, and it knows that it has not read yet."""
    edge.sites[0].behaviour = RINGS
    call = caller.begin()
    caller.listen(call, until=180)
    with busy_workers(edge):
        time.sleep(4.5)
    caller.listen(call, until=200, timeout_s=1.0)
    assert call.status == 0
    assert edge.sites[0].count("CANCEL", call.call_id) == 0
    caller.cancel(call)
    caller.listen(call, until=200)


def test_nobody_else_can_make_an_edge_shed(edge, caller):
    stranger = Caller(edge, host=STRANGER)
    for one in (stranger, caller):
        assert one.ask("MESSAGE", "sip:read@{}:{}".format(*edge.address), call_id="1|1") == 405
    stranger.close()
    assert caller.place().status == 200


def test_an_invite_that_waited_through_a_freeze_rings_nowhere(edge, caller):
    for end in (*edge.sites, *edge.psaps.values()):
        end.behaviour = RINGS
    calls = []
    for _ in range(3):
        time.sleep(0.7)
        with standing_still(edge):
            time.sleep(GAP_S)
            calls += [caller.begin() for _ in range(5)]
        for call in calls[-5:]:
            caller.listen(call, until=200, timeout_s=0.3)
    assert [call.statuses for call in calls] == [[503]] * 15
    assert {call.replies[0].get("Retry-After") for call in calls} == {"1"}
    assert [count_invites(edge, call) for call in calls] == [0] * 15
    assert {edge.of("refused", call)[0].get("reason") for call in calls} == {"stale"}
    time.sleep(0.6)
    reset(edge.sites, edge.psaps)
    assert caller.place().status == 200


def test_calls_inside_a_site_outlive_a_freeze_of_the_edge(edge, caller):
    edge.sites[0].behaviour = ((0, 100), (0.01, 180), (6, 200))
    call = caller.begin()
    caller.listen(call, until=180)
    with standing_still(edge):
        time.sleep(4.5)
    caller.listen(call, until=200, timeout_s=4)
    assert call.status == 200
    assert edge.sites[0].count("CANCEL", call.call_id) == 0


def test_a_short_hiccup_is_no_freeze(edge, caller):
    with standing_still(edge):
        call = caller.begin()
        time.sleep(0.4)
    assert caller.listen(call, until=200).status == 200


def connect(edge):
    stranger = socket.socket()
    stranger.settimeout(1)
    stranger.bind((STRANGER, 0))
    stranger.connect(edge.places["tcp", False])
    return stranger


def can_call_over_tcp(edge):
    try:
        with closing(Caller(edge, host=CLIENT, transport="tcp")) as caller:
            return caller.place("17").status == 200
    except OSError:
        return False


def test_idle_connections_of_strangers_are_soon_gone_and_take_no_memory_from_calls(edge, caller):
    assert HELD * CONNECTION_BYTES > 0.95 * SHM_MB * 1_048_576
    held = [connect(edge) for _ in range(HELD)]
    try:
        began = time.monotonic()
        assert [caller.place().status for _ in range(5)] == [200] * 5
        assert json.loads(bytes(edge.ask("core.tcp_info")))["opened_connections"] < HELD / 2
        while not can_call_over_tcp(edge):
            assert time.monotonic() - began < IDLE_S
            time.sleep(0.5)
    finally:
        for stranger in held:
            stranger.close()


def test_connections_that_carry_a_call_outlive_a_long_ringing(edge):
    for site in edge.sites:
        site.behaviour = refuses(503)
    edge.psaps["brest"].behaviour = RINGS_LONG
    with closing(Caller(edge, host=CLIENT, transport="tcp")) as caller:
        call = caller.place(timeout_s=22)
    assert call.statuses == [100, 180, 200]
    assert len(edge.psaps["brest"].invites(call.call_id)) == 1
