"""A site that fails is followed by another one, or by the edge itself, in the time of the design."""

import time

import pytest
from tests.support.edge_run import (
    CLIENT,
    NUMBERS,
    assert_in,
    open_edge,
    open_psaps,
    play_sites,
    reset,
)
from tests.support.site import GREY, LATE, RINGS, SILENT, Caller, refuses

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    with (
        open_psaps() as psaps,
        play_sites(3) as sites,
        open_edge(folder, sites, psaps) as opened,
    ):
        yield opened


@pytest.fixture(autouse=True)
def well(edge):
    """No test inherits what sites did in another one."""
    reset(edge.sites, edge.psaps)
    for table in ("breaker", "recent", "off", "silenced"):
        edge.ask("htable.flush", table)


@pytest.fixture
def caller(edge):
    opened = Caller(edge, host=CLIENT)
    yield opened
    opened.close()


def tried(edge, call):
    """Sites that were tried for a call."""
    return [record.get("to") for record in edge.of("pass", call)]


def test_a_call_is_passed_on_as_it_came_and_all_of_it_is_on_record(edge, caller):
    call = caller.place(headers=("P-Asserted-Identity: <sip:+33639980001@127.0.3.1>",))
    assert call.statuses == [100, 180, 200]
    [invite] = edge.sites[0].invites(call.call_id)
    assert invite.start == "INVITE sip:17@emergency.example SIP/2.0"
    assert invite.get("To") == "<sip:15@emergency.example>"
    assert invite.get("X-Commune") == "29019"
    assert "lr" in invite.get("Record-Route")
    assert invite.all("Call-Info") == invite.all("History-Info") == []
    [attempt] = edge.of("attempt", call)
    found = [attempt.get(name) for name in ("by", "op", "dialled", "commune", "caller", "tech")]
    assert found == ["native", "bruyere", "17", "29019", "+33639980001", "mobile"]
    [passed] = edge.of("pass", call)
    assert (passed.get("n"), passed.get("to")) == ("1", "site-1")
    assert len(edge.of("ring", call)) == 1
    end = edge.end_of(call)
    assert (end.get("outcome"), end.get("code")) == ("answered", "200")
    assert edge.of("try", call) == edge.of("decision", call) == []


def test_silence_costs_half_a_second_and_the_invite_is_sent_three_times(edge, caller):
    edge.sites[0].behaviour = SILENT
    call = caller.place()
    assert call.status == 200
    assert_in(call.seconds(180), 0.5)
    assert call.seconds(100) < 0.1
    assert edge.sites[0].count("INVITE", call.call_id) == 3
    [returned] = edge.of("returned", call)
    assert [returned.get(name) for name in ("to", "code", "cause")] == ["site-1", "408", "timeout"]
    assert tried(edge, call) == ["site-1", "site-2"]


def test_a_closed_port_is_no_slower_than_silence(edge, caller):
    edge.sites[0].close()
    try:
        call = caller.place()
    finally:
        edge.sites[0].open()
    assert call.status == 200
    assert_in(call.seconds(180), 0.5)


def test_two_silent_sites_are_followed_by_the_direct_route(edge, caller):
    edge.sites[0].behaviour = edge.sites[1].behaviour = SILENT
    call = caller.place()
    assert call.status == 200
    assert_in(call.seconds(180), 1.0, 0.5)
    assert tried(edge, call) == ["site-1", "site-2"]
    [invite] = edge.psaps["brest"].invites(call.call_id)
    assert invite.number == NUMBERS["brest"]
    assert edge.end_of(call).get("psap") == "CIC17-29"


def test_after_a_silent_site_a_refusing_one_is_the_last(edge, caller):
    edge.sites[0].behaviour = SILENT
    edge.sites[1].behaviour = refuses(500)
    call = caller.place()
    assert call.status == 200
    assert tried(edge, call) == ["site-1", "site-2"]
    assert edge.end_of(call).get("psap") == "CIC17-29"


def test_a_site_that_says_100_and_then_nothing_has_eleven_seconds(edge, caller):
    edge.sites[0].behaviour = tuple((delay, 100) for delay in (0, 2, 4, 6, 8, 10))
    call = caller.place(timeout_s=14)
    assert call.status == 200
    assert_in(call.seconds(180), 11.0, 0.6)
    assert tried(edge, call) == ["site-1"]
    assert edge.sites[0].count("CANCEL", call.call_id) >= 1
    assert len(edge.psaps["brest"].invites(call.call_id)) == 1
    assert [record.get("by") for record in edge.of("decision", call)] == ["native"]


@pytest.mark.parametrize("status", [302, 403, 404, 480, 486, 500, 503, 600])
def test_a_site_that_says_no_is_followed_at_once(edge, caller, status):
    edge.sites[0].behaviour = refuses(status)
    call = caller.place()
    assert call.status == 200
    assert call.seconds(180) < 0.35
    assert tried(edge, call) == ["site-1", "site-2"]
    [returned] = edge.of("returned", call)
    assert (returned.get("code"), returned.get("cause")) == (str(status), "reply")


def test_three_sites_that_say_no_are_followed_by_the_direct_route(edge, caller):
    for site in edge.sites:
        site.behaviour = refuses(503)
    call = caller.place()
    assert call.status == 200
    assert call.seconds(180) < 0.35
    assert tried(edge, call) == ["site-1", "site-2", "site-3"]
    assert edge.end_of(call).get("psap") == "CIC17-29"


@pytest.mark.parametrize("status", [404, 408, 480, 486, 500, 503, 600, 603])
def test_a_site_that_took_the_call_and_failed_is_followed_by_the_direct_route(
    edge, caller, status
):
    edge.sites[0].behaviour = ((0, 100), (0.05, status))
    call = caller.place()
    assert call.status == 200
    assert call.seconds(180) < 0.5
    assert tried(edge, call) == ["site-1"]
    assert edge.end_of(call).get("psap") == "CIC17-29"


@pytest.mark.parametrize("status", [480, 486])
def test_who_has_rung_and_was_not_answered_is_not_rung_again(edge, caller, status):
    edge.sites[0].behaviour = ((0, 100), (0.05, 180), (0.2, status))
    call = caller.place()
    assert call.status == status
    assert tried(edge, call) == ["site-1"]
    assert edge.psaps["brest"].invites(call.call_id) == []
    end = edge.end_of(call)
    assert (end.get("outcome"), end.get("code")) == ("failed", str(status))


@pytest.mark.parametrize("status", [404, 503, 600, 603])
def test_whatever_else_ends_a_ringing_is_followed_by_the_direct_route(edge, caller, status):
    edge.sites[0].behaviour = ((0, 100), (0.05, 180), (0.2, status))
    call = caller.place()
    assert call.status == 200
    assert tried(edge, call) == ["site-1"]
    assert edge.end_of(call).get("psap") == "CIC17-29"


def test_a_caller_who_hangs_up_before_the_call_is_read_rings_nowhere(edge, caller):
    """Another worker may read the CANCEL first."""
    for _ in range(20):
        call = caller.begin()
        caller.socket.send(caller.render("CANCEL", call.uri, call.call_id, branch=branch(call)))
        caller.socket.send(caller.render("CANCEL", call.uri, call.call_id, branch=branch(call)))
        caller.listen(call, until=200)
        assert call.status == 487
        assert edge.end_of(call).get("outcome") == "cancelled"
        assert len(edge.of("end", call)) == 1


def branch(call):
    """Return the branch that `Caller.begin` gave to the INVITE."""
    return f"z9hG4bK{call.call_id[:8]}1"


def test_a_site_that_rings_late_is_told_to_stop_and_nobody_hears_it(edge, caller):
    edge.sites[0].behaviour = LATE
    edge.sites[1].behaviour = RINGS
    call = caller.begin()
    caller.listen(call, until=200, timeout_s=1.2)
    assert call.statuses.count(180) == 1
    if call.status != 200:
        assert edge.sites[0].count("CANCEL", call.call_id) == 1
    caller.cancel(call)
    caller.listen(call, until=200)


def test_a_site_may_ring_longer_than_it_may_be_silent_and_repeats_itself(edge, caller):
    edge.sites[0].behaviour = ((0, 100), *((0.05 + step, 180) for step in range(13)), (13, 200))
    call = caller.place(timeout_s=16)
    assert call.status == 200
    assert_in(call.seconds(200), 13.0)
    assert tried(edge, call) == ["site-1"]
    assert len(edge.of("ring", call)) == 1


def test_two_tries_of_a_call_do_not_read_each_others_replies(edge, caller):
    """The first site's late refusal is not the second one's."""
    edge.sites[0].behaviour = ((0.7, 503),)
    edge.sites[1].behaviour = ((0, 100), (0.5, 180), (0.6, 200))
    call = caller.place()
    assert call.status == 200
    assert tried(edge, call) == ["site-1", "site-2"]
    assert [record.get("to") for record in edge.of("returned", call)] == ["site-1"]


def test_a_retransmitted_invite_is_one_call(edge, caller):
    edge.sites[0].behaviour = RINGS
    call = caller.begin()
    for _ in range(3):
        caller.socket.send(caller.invite)
    caller.listen(call, until=180)
    assert len(edge.of("attempt", call)) == len(edge.sites[0].invites(call.call_id)) == 1
    caller.cancel(call)
    caller.listen(call, until=200)


@pytest.mark.parametrize(
    "stage", ["silent site", "site", "ringing site", "second site", "direct", "ringing direct"]
)
def test_a_caller_who_gives_up_is_let_go_at_once_whatever_the_call_waits_for(edge, caller, stage):
    behaviours = {
        "silent site": SILENT,
        "site": GREY,
        "ringing site": RINGS,
        "second site": refuses(500),
    }
    edge.sites[0].behaviour = behaviours.get(stage, refuses(500))
    edge.sites[1].behaviour = GREY if stage == "second site" else refuses(500)
    edge.sites[2].behaviour = refuses(500)
    edge.psaps["brest"].behaviour = RINGS if stage == "ringing direct" else GREY
    call = caller.begin()
    caller.listen(call, until=180 if "ringing" in stage else 101, timeout_s=0.3)
    assert call.status == 0
    waiting = edge.sites[0] if "direct" not in stage else edge.psaps["brest"]
    if stage == "second site":
        waiting = edge.sites[1]
    began_s = time.monotonic()
    caller.cancel(call)
    caller.listen(call, until=200)
    assert call.status == 487
    assert time.monotonic() - began_s < 1.0
    assert edge.end_of(call).get("outcome") == "cancelled"
    time.sleep(0.6)
    direct = edge.psaps["brest"].invites(call.call_id)
    assert bool(direct) == ("direct" in stage)
    if stage != "silent site":
        assert waiting.count("CANCEL", call.call_id) == 1


@pytest.mark.parametrize("stage", ["taken", "ringing"])
def test_a_caller_who_gives_up_after_his_site_has_died_is_let_go_all_the_same(edge, caller, stage):
    edge.sites[0].behaviour = RINGS if stage == "ringing" else GREY
    call = caller.begin()
    caller.listen(call, until=180 if stage == "ringing" else 101, timeout_s=0.3)
    edge.sites[0].close()
    began_s = time.monotonic()
    caller.cancel(call)
    caller.listen(call, until=200, timeout_s=9)
    edge.sites[0].open()
    assert call.status == 487
    assert time.monotonic() - began_s < (5.0 if stage == "ringing" else 2.5)
    end = edge.end_of(call)
    assert end.get("outcome") == "cancelled"
    assert len(edge.of("end", call)) == 1
    assert edge.psaps["brest"].invites(call.call_id) == []


def rung_in_vain(edge, *names):
    """Let the first site say that it rang somebody in vain."""
    places = (f"{NUMBERS[name]}@{edge.psaps[name].address}" for name in names)
    edge.sites[0].behaviour = ((0, 100), (0.05, 503))
    edge.sites[0].headers = (f"X-Route112-Vain: {','.join(places)}",)


def test_whom_a_site_rang_in_vain_is_not_rung_again_and_the_site_is_not_to_blame(edge, caller):
    rung_in_vain(edge, "brest")
    for _ in range(4):
        call = caller.place()
        assert call.status == 200
        assert call.seconds(180) < 0.5
        assert tried(edge, call) == ["site-1"]
        assert edge.psaps["brest"].invites(call.call_id) == []
        assert edge.end_of(call).get("psap") == "CIC17-75"
    [returned] = edge.of("returned", call)
    assert returned.get("vain") == f"{NUMBERS['brest']}@{edge.psaps['brest'].address}"


def test_whom_a_site_rang_in_vain_is_rung_when_nobody_else_is_left(edge, caller):
    rung_in_vain(edge, "brest", "paris")
    call = caller.place()
    assert call.status == 200
    assert edge.end_of(call).get("psap") == "CIC17-29"
    edge.psaps["brest"].behaviour = edge.psaps["paris"].behaviour = refuses(486)
    refused = caller.place()
    assert refused.status == 200  # by a site that was left out
    assert [record.get("psap") for record in edge.of("try", refused)] == ["CIC17-29", "CIC17-75"]


@pytest.mark.parametrize("header", ["X-Route112-Vain: a b", "X-Route112-Vain: " + "a" * 641])
def test_what_cannot_be_a_list_of_those_rung_in_vain_is_not_believed(edge, caller, header):
    edge.sites[0].behaviour = ((0, 100), (0.05, 503))
    edge.sites[0].headers = (header,)
    call = caller.place()
    assert call.status == 200
    assert edge.end_of(call).get("psap") == "CIC17-29"
    assert edge.of("returned", call)[0].get("vain") == ""


def test_the_caller_does_not_learn_who_was_rung_in_vain(edge, caller):
    edge.sites[0].behaviour = ((0, 100), (0.05, 180), (0.2, 486))
    edge.sites[0].headers = ("X-Route112-Vain: +33261910020@127.0.65.1:5060",)
    call = caller.place()
    assert call.status == 486
    assert [reply.get("X-Route112-Vain") for reply in call.replies] == ["", "", ""]
