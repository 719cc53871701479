"""People who talk do not notice that the site of their call has died: only the edge is in between."""

import os
import signal
import socket
import time

import pytest
from tests.support.conversations import BATCH, ask_from_caller, ask_from_psap
from tests.support.edge import BUFFER_BYTES, CallerEnd, Edge, Talk
from tests.support.site import HOST, open_site
from tests.support.site_run import list_session

pytestmark = pytest.mark.e2e

CALLS = 200
WAIT_SECONDS_MAX = 12.0


@pytest.fixture
def site(tmp_path):
    with open_site(tmp_path, shm_mb=64) as opened:
        for psap in opened.psaps.values():
            if psap.transport == "udp":
                psap.widen(BUFFER_BYTES)
        yield opened


@pytest.fixture
def edge(site):
    opened = Edge()
    opened.start(site)
    yield opened
    for caller in opened.callers:
        caller.close()


def talk(site, end):
    """Place the calls, wait for all answers, acknowledge them."""
    talks = []
    for _ in range(CALLS // BATCH):
        calls = [end.caller.begin() for _ in range(BATCH)]
        for call in calls:
            end.caller.listen(call, until=200)
            assert call.status == 200, call.statuses
            psap = site.psaps["brest"]
            [invite] = psap.invites(call.call_id)
            talks.append(Talk(call, psap, call.replies[-1], invite))
            end.send("ACK", talks[-1], 1)
    return talks


def kill(site):
    leader = site.child.popen.pid
    os.killpg(leader, signal.SIGKILL)
    site.child.popen.wait()
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while list_session(leader):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_two_hundred_conversations_outlive_their_site(site, edge):
    end = CallerEnd(edge)
    talks = talk(site, end)
    assert len({one.call.call_id for one in talks}) == CALLS
    for one in talks:
        for message in (one.answer, one.invite):
            [route] = message.all("Record-Route")
            assert "{}:{}".format(*edge.address) in route, "only the edge stays"
        assert HOST not in one.psap_contact
    kill(site)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(site.places["udp", False])
    assert ask_from_caller(end, talks, "INVITE", 2) == [200] * CALLS
    assert ask_from_psap(end, talks, "INVITE", 101, edge) == [200] * CALLS
    assert ask_from_caller(end, talks, "BYE", 3) == [200] * CALLS
    assert ask_from_psap(end, talks, "BYE", 102, edge) == [200] * CALLS
    psap = site.psaps["brest"]
    for one in talks:
        assert psap.count("BYE", one.call.call_id) == 1
        assert psap.count("ACK", one.call.call_id) == 2, "of the call and of its re-INVITE"
    heard = [message.get("CSeq") for message in end.asked]
    assert {name: heard.count(name) for name in ("101 INVITE", "101 ACK", "102 BYE")} == {
        "101 INVITE": CALLS, "101 ACK": CALLS, "102 BYE": CALLS,
    }  # fmt: skip
