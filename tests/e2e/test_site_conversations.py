"""People who talk do not notice that the site of their call has died: only the edge is in between."""

import os
import signal
import socket
import time
from functools import partial

import pytest
from tests.support.edge import BUFFER_BYTES, CallerEnd, Edge, Talk
from tests.support.site import HOST, open_site
from tests.support.site_run import list_session

pytestmark = pytest.mark.e2e

CALLS = 200
BATCH = 10
"""Requests that are under way together."""
WAIT_SECONDS_MAX = 4.0
ACK_SECONDS = 0.02
"""For what nobody answers."""


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


def batched(talks):
    return [talks[start : start + BATCH] for start in range(0, CALLS, BATCH)]


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


def ask_from_caller(end, talks, method, cseq):
    """Send a request in each conversation; return what each was answered."""
    for some in batched(talks):
        for one in some:
            end.send(method, one, cseq)
        keys = {(one.call.call_id, f"{cseq} {method}") for one in some}
        end.listen(WAIT_SECONDS_MAX, until=partial(keys.issubset, end.replies))
        if method == "INVITE":
            for one in some:
                end.send("ACK", one, cseq)
    return [end.replies.get((one.call.call_id, f"{cseq} {method}"), 0) for one in talks]


def ask_from_psap(end, talks, method, cseq, edge):
    """The same from the other end; what the PSAP received is on its own list."""
    psap = talks[0].psap
    seen = len(psap.received)
    replies = {}

    def are_answered(wanted):
        for message in list(psap.received[seen:]):
            if message.status >= 200 and message.get("CSeq") == f"{cseq} {method}":
                replies[message.get("Call-ID")] = message.status
        return wanted <= replies.keys()

    for some in batched(talks):
        for one in some:
            one.send(method, cseq, edge.address)
        wanted = {one.call.call_id for one in some}
        end.listen(WAIT_SECONDS_MAX, until=partial(are_answered, wanted))
        if method == "INVITE":
            for one in some:
                one.send("ACK", cseq, edge.address)
        end.listen(ACK_SECONDS)
    return [replies.get(one.call.call_id, 0) for one in talks]


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
