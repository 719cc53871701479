"""What a target says again and again gains it no time: the bounds of the design hold."""

from dataclasses import replace

import pytest
from tests.support.site import ANSWERS, RINGS, Caller, open_site, repeats

pytestmark = pytest.mark.e2e

RING_S = 3
TICK_S = 0.0625
SLACK_S = 0.35
BREST_ALTERNATIVE = "+33261910029"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with open_site(tmp_path_factory.mktemp("site")) as opened:
        lines = opened.content(43).lines
        opened.offer(43, lines=tuple(replace(line, ring_time_s=RING_S) for line in lines))
        yield opened


@pytest.fixture
def caller(site):
    for psap in site.psaps.values():
        psap.behaviour, psap.deaf = ANSWERS, False
    opened = Caller(site)
    yield opened
    opened.close()


def assert_second_after(site, call, seconds):
    """The second target was rung then, and it is the one that the record names."""
    assert call.status == 200
    [invite] = site.psaps["paris"].invites(call.call_id)
    waited_s = invite.at_s - call.began_s
    assert seconds - TICK_S - 0.01 <= waited_s <= seconds + SLACK_S
    assert site.psaps["brest"].count("CANCEL", call.call_id) >= 1
    assert site.end_of(call).get("number") == BREST_ALTERNATIVE


@pytest.mark.parametrize("statuses", [(100,), (182,), (100, 181, 182, 199)])
def test_whoever_does_not_ring_has_two_seconds_whatever_it_says(site, caller, statuses):
    site.psaps["brest"].behaviour = repeats(*statuses)
    call = caller.place(timeout_s=8)
    assert_second_after(site, call, 2.0)
    assert call.statuses == [100, 180, 200]
    [failed] = site.records("failed", call.call_id)
    assert (failed.get("code"), failed.get("cause")) == ("408", "timeout")


@pytest.mark.slow
def test_a_gateway_that_repeats_100_has_six_seconds(site, caller):
    site.psaps["gateway"].behaviour = repeats(100, every_s=0.5)
    call = caller.place("18", timeout_s=12)
    assert call.status == 200
    assert 6.0 - TICK_S - 0.01 <= call.seconds(180) <= 6.0 + SLACK_S


@pytest.mark.parametrize("statuses", [(180,), (180, 183), (183, 180), (180, 100), (180, 182)])
def test_whoever_rings_for_ever_rings_for_its_ring_time(site, caller, statuses):
    site.psaps["brest"].behaviour = repeats(*statuses)
    call = caller.place(timeout_s=10)
    assert_second_after(site, call, RING_S)
    assert len(site.records("ring", call.call_id)) == 2
    assert set(call.statuses) == {100, 200, *statuses} - {182}


def test_a_target_that_queues_first_may_still_ring_and_answer(site, caller):
    site.psaps["brest"].behaviour = ((0, 182), (1.5, 180), (3.0, 183), (4.0, 200))
    call = caller.place(timeout_s=8)
    assert call.statuses == [100, 180, 183, 200]
    assert site.psaps["paris"].invites(call.call_id) == []
    assert site.psaps["brest"].count("CANCEL", call.call_id) == 0


def test_a_caller_who_hangs_up_is_told_so_although_the_target_rings_on(site, caller):
    site.psaps["brest"].behaviour, site.psaps["brest"].deaf = repeats(180), True
    call = caller.begin()
    caller.listen(call, until=180)
    caller.cancel(call)
    caller.listen(call, until=200, timeout_s=RING_S + 1)
    assert call.status == 487
    end = site.end_of(call)
    assert (end.get("outcome"), end.get("code")) == ("cancelled", "487")
    assert site.psaps["paris"].invites(call.call_id) == []


def test_a_call_that_is_not_answered_rings_at_all_and_ends_as_not_answered(site, caller):
    for psap in site.psaps.values():
        psap.behaviour = RINGS
    call = caller.place(timeout_s=RING_S * 3 + 2)
    assert call.status == 480
    end = site.end_of(call)
    assert (end.get("outcome"), end.get("code")) == ("failed", "480")
