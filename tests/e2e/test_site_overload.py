"""A site that reads later than it is written to: calls that waited too long are given to others."""

import asyncio
import os
import re
import signal
import time
from contextlib import contextmanager

import pytest
from tests.support.site import ANSWERS, HOST, STRANGER, Caller, open_site

from route112.adapters.kamailio_rpc import ask_kamailio

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

STOPPED_S = 0.8
"""Less than a freeze, more than anybody at an edge waits."""
REPLIES_SOON = ((0.2, 100), (0.25, 180), (2.0, 200))


@pytest.fixture(scope="module", params=[True, False], ids=["python", "native"])
def site(request, tmp_path_factory):
    """Without Python a site measures how late it is all the same."""
    with open_site(tmp_path_factory.mktemp("site"), python=request.param) as opened:
        yield opened


@pytest.fixture
def caller(site):
    opened = Caller(site)
    yield opened
    opened.close()


@contextmanager
def busy_workers(site):
    """Keep those who read the socket from reading; everything else goes on."""
    listed = bytes(asyncio.run(ask_kamailio(site.folder / "rpc.sock", "core.psx"))).decode()
    pids = [int(pid) for pid in re.findall(r'"PID":\s*(\d+)[^}]*?"DSC":\s*"udp receiver', listed)]
    assert len(pids) == 2
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def count_rings(site, call):
    return sum(len(psap.invites(call.call_id)) for psap in site.psaps.values())


def test_what_waited_too_long_is_shed_at_once_and_on_record(site, caller):
    with busy_workers(site):
        time.sleep(0.25)
        late = [caller.begin() for _ in range(80)]
        time.sleep(STOPPED_S - 0.25)
    for call in late:
        caller.listen(call, until=200)
    away = [call for call in late if call.statuses == [503]]
    # What a worker has in its hands while the other one reads that the queue is short may ring.
    assert len(away) >= 76
    assert {call.status for call in late} <= {200, 503}
    assert {call.replies[0].get("Retry-After") for call in away} == {"1"}
    assert [count_rings(site, call) for call in away] == [0] * len(away)
    # An operator's caller who was turned away is on record, however many they are.
    refused = [record for call in away for record in site.records("refused", call.call_id)]
    assert [record.get("reason") for record in refused] == ["shed"] * len(away)
    assert {record.get("op") for record in refused} == {"bruyere"}


def test_when_the_queue_is_short_again_calls_ring_again(site, caller):
    with busy_workers(site):
        time.sleep(STOPPED_S)
    began = time.monotonic()
    while caller.place().status != 200:
        assert time.monotonic() - began < 1.0


def test_a_short_wait_sheds_nothing(site, caller):
    with busy_workers(site):
        time.sleep(0.1)
        call = caller.begin()
        time.sleep(0.05)
    assert caller.listen(call, until=200).status == 200


def test_a_stranger_cannot_make_a_site_shed(site, caller):
    stranger = Caller(site, host=STRANGER)
    for uri in (f"sip:waited-guessed@{HOST}", f"sip:waited@{HOST}", f"sip:{HOST}"):
        assert stranger.ask("MESSAGE", uri, call_id="1") == 405
    stranger.close()
    assert caller.place().status == 200


def test_replies_that_lie_unread_do_not_shut_the_way_out(site, caller):
    """Three targets seem silent at once, because nobody reads what they said."""
    for psap in site.psaps.values():
        psap.behaviour = REPLIES_SOON
    asked = (("17", "29019"), ("18", "29019"), ("17", "75101"))
    calls = [caller.begin(*each) for each in asked]
    for call in calls:
        caller.listen(call, until=100, timeout_s=REPLIES_SOON[0][0])
    with busy_workers(site):
        time.sleep(STOPPED_S)
    for psap in site.psaps.values():
        psap.behaviour = ANSWERS
    for call in calls:
        caller.listen(call, until=200)
    silent = {
        record.get("psap") for call in calls for record in site.records("failed", call.call_id)
    }
    assert silent == {"CIC17-29", "CTA18-29", "CIC17-75"}
    assert "way-out-open" not in [record.get("event") for record in site.records("site")]
    assert caller.place().status == 200
