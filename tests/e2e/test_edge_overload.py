"""An edge that reads later than it is written to, that stood still, or that strangers connect to."""

import json
import os
import re
import signal
import socket
import time
from contextlib import ExitStack, closing, contextmanager

import pytest
from tests.support.edge_run import CLIENT, open_edge, open_psaps, play_sites, reset
from tests.support.site import RINGS, STRANGER, Caller, refuses
from tests.support.site_run import list_session

from route112.apps.edge.setup import TEMPLATE
from route112.apps.station.setup import CONNECTION_BYTES

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

STOPPED_S = 0.8
"""Less than a freeze, more than a network waits that has another edge."""
QUEUED_S = 0.25
"""By then a word of the edge to itself lies before a call."""
GAP_S = 1.4
GRACE_S = 0.5
FREEZES = 2
SHM_MB = 64
HELD = 950
"""As many would take all of the shared memory."""
LIFETIME_S = 1
"""Of connections of strangers, which is ten seconds outside of this test."""
IDLE_S = 12.0
"""After its lifetime, and 5 s of reading, the edge gives up on whoever said nothing."""
RINGS_LONG = ((0, 100), (0.01, 180), (8, 200))


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    template = folder / "template.cfg"
    text = TEMPLATE.read_text(encoding="utf-8")
    assert text.count("tcp_connection_lifetime=10\n") == 1
    template.write_text(
        text.replace("tcp_connection_lifetime=10", f"tcp_connection_lifetime={LIFETIME_S}"),
        encoding="utf-8",
    )
    with (
        open_psaps() as psaps,
        play_sites(2) as sites,
        open_edge(folder, sites, psaps, six=True, shm_mb=SHM_MB, template=template) as opened,
    ):
        yield opened


@pytest.fixture(autouse=True)
def well(edge):
    reset(edge.sites, edge.psaps)
    for table in ("breaker", "recent", "minute", "off", "silenced"):
        edge.ask("htable.flush", table)


@pytest.fixture
def caller(edge):
    with closing(Caller(edge, host=CLIENT)) as opened:
        yield opened


@contextmanager
def stopped(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def busy_workers(edge):
    """Keep those who read its sockets from reading; everything else goes on."""
    listed = bytes(edge.ask("core.psx")).decode()
    pids = [int(pid) for pid in re.findall(r'"PID":\s*(\d+)[^}]*?"DSC":\s*"udp receiver', listed)]
    assert len(pids) == 4
    return stopped(pids)


def standing_still(edge):
    return stopped(list_session(edge.child.popen.pid))


def count_invites(edge, call):
    return sum(len(end.invites(call.call_id)) for end in (*edge.sites, *edge.psaps.values()))


def list_waits(edge):
    """List how the edge said that it was late itself."""
    found = [record.get("event") for record in edge.records("site")]
    return [event for event in found if not event.startswith("breaker-")]


def read_once(caller, calls):
    """Take what comes for calls that are not sent again."""
    caller.resends = False
    for call in calls:
        caller.listen(call, until=200, timeout_s=0.01)
    caller.listen(calls[-1], until=200, timeout_s=0.5)
    caller.resends = True


def send_again(caller, calls):
    """Answer what nobody has answered as a network does that still waits."""
    for call in calls:
        caller.listen(call, until=200)
    return [call.status for call in calls]


@pytest.mark.parametrize("host", [CLIENT, "::1"])
def test_what_waited_too_long_rings_when_it_is_sent_again_and_not_before(edge, host):
    before = len(list_waits(edge))
    with closing(Caller(edge, host=host)) as caller:
        with busy_workers(edge):
            time.sleep(QUEUED_S)
            late = [caller.begin() for _ in range(40)]
            time.sleep(STOPPED_S - QUEUED_S)
        read_once(caller, late)
        left = [call for call in late if not call.replies]
        # What a worker has in its hands while the other one reads that it is late is passed on.
        assert len(left) >= 36
        assert {call.status for call in late} <= {0, 200}
        assert sum(count_invites(edge, call) for call in left) == 0
        assert send_again(caller, left) == [200] * len(left)
        assert {count_invites(edge, call) for call in late} == {1}
    assert {"late", "in-time"} <= set(list_waits(edge)[before:])
    assert edge.records("refused") == []


def test_when_the_queue_is_short_again_calls_ring_at_once(edge, caller):
    with busy_workers(edge):
        time.sleep(STOPPED_S)
    caller.resends = False
    began = time.monotonic()
    while caller.place(timeout_s=0.3).status != 200:
        assert time.monotonic() - began < 1.0


def test_a_short_wait_keeps_nobody_waiting(edge, caller):
    with busy_workers(edge):
        time.sleep(0.1)
        call = caller.begin()
        time.sleep(0.05)
    caller.listen(call, until=200)
    assert call.status == 200
    assert call.resent == 0


def test_workers_that_do_not_read_move_no_calls(edge, caller):
    """The sites have answered the edge's questions, and it knows that it has not read yet."""
    edge.sites[0].behaviour = RINGS
    call = caller.begin()
    caller.listen(call, until=180)
    with busy_workers(edge):
        time.sleep(3.6)
    caller.listen(call, until=200, timeout_s=1.0)
    assert call.status == 0
    assert edge.sites[0].count("CANCEL", call.call_id) == 0
    caller.cancel(call)
    caller.listen(call, until=200)


def test_nobody_else_can_make_an_edge_late(edge, caller):
    with closing(Caller(edge, host=STRANGER)) as stranger:
        for one in (stranger, caller):
            uri = "sip:read@{}:{}".format(*edge.address)
            assert one.ask("MESSAGE", uri, call_id="1|1|0") == 405
    assert caller.place().status == 200


def test_what_waited_through_a_freeze_rings_when_it_is_sent_again_and_not_before(edge, caller):
    before = len(list_waits(edge))
    edge.sites[0].behaviour = ((0, 100), (0.01, 180), (3 * GAP_S, 200))
    inside = caller.begin()
    caller.listen(inside, until=180)
    reset(edge.sites, edge.psaps)
    calls = []
    with closing(Caller(edge, host=CLIENT, transport="tcp")) as connected:
        assert connected.place().status == 200
        for _ in range(FREEZES):
            with standing_still(edge):
                time.sleep(GAP_S)
                calls += [caller.begin() for _ in range(5)]
                over_tcp = connected.begin()
            read_once(caller, calls[-5:])
            # There nobody sends again.
            assert connected.listen(over_tcp, until=200).status == 200
            time.sleep(GRACE_S)
    assert [call.statuses for call in calls] == [[]] * len(calls)
    assert [count_invites(edge, call) for call in calls] == [0] * len(calls)
    assert send_again(caller, calls) == [200] * len(calls)
    assert [count_invites(edge, call) for call in calls] == [1] * len(calls)
    assert list_waits(edge)[before:].count("stood-still") == FREEZES
    # Who rang before is not moved elsewhere by it.
    caller.listen(inside, until=200)
    assert inside.status == 200
    assert edge.sites[0].count("CANCEL", inside.call_id) == 0


def test_a_short_hiccup_is_no_freeze(edge, caller):
    before = list_waits(edge).count("stood-still")
    with standing_still(edge):
        call = caller.begin()
        time.sleep(0.4)
    caller.listen(call, until=200)
    assert call.status == 200
    assert list_waits(edge).count("stood-still") == before


def connect(edge):
    stranger = socket.socket()
    stranger.settimeout(1)
    stranger.bind((STRANGER, 0))
    stranger.connect(edge.places["tcp", False])
    return stranger


def can_call_over_tcp(edge):
    try:
        with closing(Caller(edge, host=CLIENT, transport="tcp")) as caller:
            return caller.place("17", timeout_s=1.0).status == 200
    except OSError:
        return False


def test_connections_of_strangers_are_soon_gone_and_those_of_calls_outlive_a_long_ringing(
    edge, caller
):
    assert HELD * CONNECTION_BYTES > 0.95 * SHM_MB * 1_048_576
    with ExitStack() as stack:
        connected = stack.enter_context(closing(Caller(edge, host=CLIENT, transport="tcp")))
        for site in edge.sites:
            site.behaviour = refuses(503)
        edge.psaps["brest"].behaviour = RINGS_LONG
        ringing = connected.begin()
        connected.listen(ringing, until=180)
        reset(edge.sites, edge.psaps)
        for _ in range(HELD):
            stack.enter_context(connect(edge))
        began = time.monotonic()
        assert [caller.place().status for _ in range(5)] == [200] * 5
        assert json.loads(bytes(edge.ask("core.tcp_info")))["opened_connections"] < HELD / 2
        while not can_call_over_tcp(edge):
            assert time.monotonic() - began < IDLE_S
            time.sleep(0.5)
        connected.listen(ringing, until=200, timeout_s=10)
    assert ringing.statuses == [100, 180, 200]
    assert len(edge.psaps["brest"].invites(ringing.call_id)) == 1
