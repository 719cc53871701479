"""A target that fails is followed by the next one, in the time that the design allows."""

import time
from dataclasses import replace

import pytest
from tests.support.site import (
    ANSWERS,
    GREY,
    LATE,
    RINGS,
    SILENT,
    Caller,
    open_site,
    refuses,
)

pytestmark = pytest.mark.e2e

LARGE = b"v=0\r\n" + b"a=candidate:1 1 UDP 1 127.0.3.1 4000 typ host\r\n" * 40
BREST = "+33261910020"
BREST_ALTERNATIVE = "+33261910029"
TICK_S = 0.0625
"""Kamailio's timers fire up to this much too early."""
SLACK_S = 0.35


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with open_site(tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def well(site):
    for psap in site.psaps.values():
        psap.behaviour = ANSWERS


@pytest.fixture
def caller(site):
    opened = Caller(site)
    yield opened
    opened.close()


def assert_in(seconds, least, slack=SLACK_S):
    assert least - TICK_S - 0.01 <= seconds <= least + slack


def test_a_call_rings_at_the_plans_target_and_all_of_it_is_on_record(site, caller):
    # The site says 100 when it has sent the call on, which somebody could answer sooner.
    site.psaps["brest"].behaviour = ((0, 100), (0.1, 180), (0.15, 200))
    call = caller.place()
    assert call.statuses == [100, 180, 200]
    [invite] = site.psaps["brest"].invites(call.call_id)
    assert invite.number == BREST
    end = site.end_of(call)
    assert (end.get("outcome"), end.get("code"), end.get("psap")) == (
        "answered",
        "200",
        "CIC17-29",
    )
    assert [r.get("n") for r in site.records("try", call.call_id)] == ["1"]
    assert site.records("attempt", call.call_id)[0].get("by") == "python"
    assert len(site.records("ring", call.call_id)) == 1


@pytest.mark.parametrize("status", [302, 404, 480, 486, 503, 600, 603])
def test_whoever_says_no_is_followed_at_once(site, caller, status):
    site.psaps["brest"].behaviour = refuses(status)
    call = caller.place()
    assert call.status == 200
    assert call.seconds(180) < SLACK_S
    assert len(site.psaps["brest"].invites(call.call_id)) == 1
    [invite] = site.psaps["paris"].invites(call.call_id)
    assert invite.number == BREST_ALTERNATIVE
    [failed] = site.records("failed", call.call_id)
    assert (failed.get("code"), failed.get("cause")) == (str(status), "reply")
    assert site.end_of(call).get("number") == BREST_ALTERNATIVE


def test_silence_costs_600_ms_and_the_invite_is_sent_three_times(site, caller):
    site.psaps["brest"].behaviour = SILENT
    call = caller.place()
    assert call.status == 200
    assert_in(call.seconds(180), 0.6)
    assert call.seconds(100) < 0.1
    assert site.psaps["brest"].count("INVITE", call.call_id) == 3
    [failed] = site.records("failed", call.call_id)
    assert (failed.get("code"), failed.get("cause")) == ("408", "timeout")


def test_a_closed_port_is_no_faster_than_silence(site, caller):
    site.psaps["brest"].close()
    try:
        call = caller.place()
    finally:
        site.psaps["brest"].open()
    assert call.status == 200
    assert_in(call.seconds(180), 0.6)


def test_an_ip_target_that_says_100_has_two_seconds(site, caller):
    site.psaps["brest"].behaviour = GREY
    call = caller.place()
    assert call.status == 200
    assert_in(call.seconds(180), 2.0)
    assert site.psaps["brest"].count("CANCEL", call.call_id) == 1


@pytest.mark.slow
def test_a_gateway_that_says_100_has_six_seconds(site, caller):
    site.psaps["gateway"].behaviour = GREY
    call = caller.place("18", timeout_s=9)
    assert call.status == 200
    assert_in(call.seconds(180), 6.0)
    assert site.records("failed", call.call_id)[0].get("via") == "rtc"


@pytest.mark.slow
def test_the_deadline_of_the_site_bounds_the_last_target(site, caller):
    site.psaps["gateway"].behaviour = site.psaps["brest"].behaviour = GREY
    site.psaps["paris"].behaviour = GREY
    call = caller.place("18", timeout_s=13)
    assert call.status in {408, 503}
    assert_in(call.seconds(call.status), 10.0, 0.7)
    assert site.end_of(call).get("outcome") == "failed"


def test_a_target_that_rings_late_is_told_to_stop_and_nobody_hears_it(site, caller):
    site.psaps["brest"].behaviour = LATE
    site.psaps["paris"].behaviour = RINGS
    call = caller.begin()
    caller.listen(call, until=200, timeout_s=1.2)
    late = site.psaps["brest"]
    assert call.statuses.count(180) == 1
    if call.status == 200:  # it answered before it could be stopped: the call is its, then
        time.sleep(0.1)
        assert site.psaps["paris"].count("CANCEL", call.call_id) == 1
    else:
        assert late.count("CANCEL", call.call_id) == 1
    caller.cancel(call)


def test_a_dead_tcp_hop_is_followed_at_once_and_a_tls_hop_without_certificate_too(site, caller):
    site.psaps["tcp"].close()
    try:
        call = caller.place("15")
    finally:
        site.psaps["tcp"].open()
    assert call.status == 200
    causes = [(r.get("psap"), r.get("cause")) for r in site.records("failed", call.call_id)]
    assert causes[0] == ("CRRA15-29", "transport")
    assert call.seconds(180) < 0.6 + SLACK_S
    assert site.psaps["brest"].invites(call.call_id)


def test_the_callers_hear_the_best_reply_when_nobody_answers(site, caller):
    for psap in site.psaps.values():
        psap.behaviour = refuses(486)
    call = caller.place()
    assert call.status == 486
    end = site.end_of(call)
    assert (end.get("outcome"), end.get("code")) == ("failed", "486")


def test_three_targets_are_tried_and_no_more(site, caller):
    for psap in site.psaps.values():
        psap.behaviour = refuses(503)
    call = caller.place("18")
    assert call.status in (500, 503)
    tried = sum(len(psap.invites(call.call_id)) for psap in site.psaps.values())
    assert tried == len(site.records("try", call.call_id)) == 3


@pytest.fixture(params=[True, False], ids=["python", "native"])
def bound(request, tmp_path):
    """A site whose 15 in Brest has three lines of one PSAP, then a line of another one."""
    with open_site(tmp_path, six=True, python=request.param) as opened:
        yield opened


def test_a_fourth_target_stands_behind_three_of_one_psap(bound):
    bound.psaps["tcp"].behaviour = bound.psaps["brest"].behaviour = SILENT
    caller = Caller(bound)
    call = caller.place("15")
    caller.close()
    assert call.status == 200
    tries = [record.get("psap") for record in bound.records("try", call.call_id)]
    assert tries == ["CRRA15-29"] * 3 + ["CRRA15-75"]
    assert bound.end_of(call).get("psap") == "CRRA15-75"
    decided = bound.records("decision", call.call_id)[0].get("targets").split(",")
    assert [target.split("/")[0] for target in decided] == tries


def test_a_large_call_gets_as_far_as_any_other_over_two_hops_each(tmp_path):
    """Over TCP, which is refused, then in fragments: fourteen branches of one transaction."""
    with open_site(tmp_path, six=True) as opened:
        hops = opened.psaps["brest"].hop(), opened.psaps["paris"].hop()
        trunks = opened.content(43).trunks
        own = ("tcp/ip/", "tls/ip/", "brest/ip/")
        moved = tuple(replace(one, hops=hops) if one.name in own else one for one in trunks)
        opened.offer(43, trunks=moved)
        opened.psaps["brest"].behaviour = opened.psaps["paris"].behaviour = refuses(503)
        caller = Caller(opened)
        call = caller.place("15", body=LARGE)
        caller.close()
        assert call.status == 200
        assert len(opened.records("try", call.call_id)) == 7
        [invite] = opened.psaps["six"].invites(call.call_id)
        assert invite.body == LARGE


def test_a_caller_who_gives_up_while_it_rings_stops_it(site, caller):
    site.psaps["brest"].behaviour = RINGS
    call = caller.begin()
    caller.listen(call, until=180)
    caller.cancel(call)
    caller.listen(call, until=200)
    assert call.status == 487
    assert site.psaps["brest"].count("CANCEL", call.call_id) == 1
    assert site.psaps["paris"].invites(call.call_id) == []
    assert site.end_of(call).get("outcome") == "cancelled"


def test_a_caller_who_gives_up_in_silence_is_not_sent_elsewhere(site, caller):
    site.psaps["brest"].behaviour = SILENT
    call = caller.begin()
    caller.listen(call, until=100)
    caller.cancel(call)
    caller.listen(call, until=200)
    assert call.status == 487
    time.sleep(0.8)
    assert site.psaps["paris"].invites(call.call_id) == []
    assert site.end_of(call).get("outcome") == "cancelled"


def test_a_caller_who_gives_up_while_the_second_target_rings_stops_that_one(site, caller):
    site.psaps["brest"].behaviour = refuses(486)
    site.psaps["paris"].behaviour = RINGS
    call = caller.begin()
    caller.listen(call, until=180)
    caller.cancel(call)
    caller.listen(call, until=200)
    assert call.status == 487
    assert site.psaps["paris"].count("CANCEL", call.call_id) == 1
    assert site.psaps["brest"].count("CANCEL", call.call_id) == 0


def test_a_cancel_of_nothing_is_481(site, caller):
    assert caller.ask("CANCEL", "sip:15@emergency.example") == 481


def test_a_retransmitted_invite_is_one_call(site, caller):
    site.psaps["brest"].behaviour = RINGS
    call = caller.begin()
    for _ in range(3):
        caller.socket.send(caller.invite)
    caller.listen(call, until=180)
    assert len(site.psaps["brest"].invites(call.call_id)) == 1
    assert len(site.records("attempt", call.call_id)) == 1
    caller.cancel(call)
    caller.listen(call, until=200)


def test_a_new_snapshot_is_served_without_a_restart(site, caller):
    before = caller.place()
    site.offer(43)
    after = caller.place()
    assert [site.records("decision", call.call_id)[0].get("g") for call in (before, after)] == [
        "42",
        "43",
    ]
    (site.folder / "g44.r112").write_bytes(b"garbage")
    (site.folder / "current").write_text(f"{site.folder / 'g44.r112'}\n", encoding="utf-8")
    kept = caller.place()
    assert kept.status == 200
    # Each worker keeps the one that it had opened last.
    assert site.records("decision", kept.call_id)[0].get("g") in ("42", "43")
    assert ": SnapshotError" in site.log()
    site.offer(45)


def test_swaps_under_calls_lose_none_and_each_record_names_one_generation(site, caller):
    placed = []
    for generation in range(50, 70):
        site.offer(generation)
        placed += [(generation, caller.place()) for _ in range(5)]
    assert {call.status for _, call in placed} == {200}
    for generation, call in placed:
        [decision] = site.records("decision", call.call_id)
        assert decision.get("g") == str(generation)
        assert f"[g{generation} site-test " in decision.get("trace")
        assert call.seconds(180) < SLACK_S
