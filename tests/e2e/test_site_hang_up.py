"""A caller who hangs up while the site still decides: no target has failed, and none is blamed."""

import os
from pathlib import Path

import pytest
from tests.support.site import HOST, Caller, open_site

import route112

pytestmark = pytest.mark.e2e

SLOW = """
import time
from route112.adapters.kemi import handler
decide = handler.decide
def decide_slowly(*arguments, **options):
    time.sleep(0.03)
    return decide(*arguments, **options)
handler.decide = decide_slowly
"""
"""Python that takes most of the 50 ms it has."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    slow = folder / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(SLOW, encoding="utf-8")
    source = Path(route112.__file__).resolve().parents[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join((str(slow), str(source))))
        with open_site(folder) as opened:
            yield opened


def hang_up_at_once(site, dialled, commune):
    caller = Caller(site)
    call = caller.begin(dialled, commune)
    for _ in range(200):
        caller.cancel(call)  # 481 until the site has read the INVITE
        reply = caller.receive(0.5)
        if reply is None or reply.method == "INVITE" or reply.status == 200:
            break
    if reply is not None and reply.method == "INVITE":
        call.replies.append(reply)
    caller.listen(call, until=200)
    caller.close()
    return call


def test_a_call_that_ended_before_it_was_decided_rings_nowhere_and_blames_nobody(site):
    call = hang_up_at_once(site, "17", "29019")
    assert call.statuses == [487]
    end = site.end_of(call)
    assert (end.get("outcome"), end.get("code")) == ("cancelled", "487")
    assert site.records("failed", call.call_id) == []
    assert len(site.records("decision", call.call_id)) == 1
    assert all(psap.invites(call.call_id) == [] for psap in site.psaps.values())


def test_hang_ups_do_not_shut_the_way_out(site):
    for dialled, commune in (("17", "29019"), ("18", "29019"), ("15", "75101"), ("15", "29019")):
        site.end_of(hang_up_at_once(site, dialled, commune))
    assert site.records("site") == []
    caller = Caller(site)
    assert caller.ask("OPTIONS", f"sip:{HOST}") == 200
    assert caller.place().status == 200
