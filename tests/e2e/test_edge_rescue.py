"""A site dies with calls inside it: the edge notices by itself, and rings for them."""

import os
import signal
import time

import pytest
from tests.support.edge_process import CLIENT as STATION_CLIENT
from tests.support.edge_process import open_country as open_stations
from tests.support.edge_run import (
    CLIENT,
    EDGE,
    SITE_HOSTS,
    PlayedSite,
    open_edge,
    open_psaps,
    play_sites,
    reset,
)
from tests.support.edge_tls import make_contexts
from tests.support.real_country import open_country
from tests.support.site import GREY, RINGS, Caller
from tests.support.site_run import list_session

pytestmark = pytest.mark.e2e

TAKEN_S = 1.0
"""Without a word of its site, a call that does not ring leaves it after that long."""
RINGING_S = 3.0
TICK_S = 0.2
ENDING_S = 0.3
"""For the site to take back what it has rung."""
ROOM_S = 0.5
CALLS = 20
QUIET_RINGING = ((0, 100), (0.01, 180), (6, 200))
SLOW_ANSWER = ((0, 100), (0.01, 180), (2, 200))


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    with (
        open_psaps() as psaps,
        play_sites(2) as sites,
        open_edge(folder, sites, psaps) as opened,
    ):
        yield opened


@pytest.fixture(autouse=True)
def well(edge):
    reset(edge.sites, edge.psaps)
    for site in edge.sites:
        site.unheard, site.deaf = (), False
    for table in ("breaker", "recent", "minute", "off", "silenced"):
        edge.ask("htable.flush", table)
    yield
    assert_forgotten(edge)


@pytest.fixture
def caller(edge):
    opened = Caller(edge, host=CLIENT)
    yield opened
    opened.close()


def assert_forgotten(edge):
    """The edge knows of no call inside a site any more."""
    rows = edge.ask("htable.dump", "inside")
    assert b"|" not in bytes(rows), rows


def take(edge, caller, *, until=101, seconds=0.3):
    """Place a call that its site takes."""
    call = caller.begin()
    caller.listen(call, until=until, timeout_s=seconds)
    return call


def causes(edge, call):
    return [(record.get("to"), record.get("cause")) for record in edge.of("returned", call)]


def die(site):
    site.close()
    return time.monotonic()


def find_ring(edge, call, name="brest"):
    [invite] = edge.psaps[name].invites(call.call_id)
    return invite.at_s


def test_a_call_that_does_not_ring_yet_leaves_a_dead_site_within_two_seconds(edge, caller):
    edge.sites[0].behaviour = GREY
    call = take(edge, caller)
    died_s = die(edge.sites[0])
    caller.listen(call, until=200)
    edge.sites[0].open()
    assert call.status == 200
    rang_s = find_ring(edge, call) - died_s
    assert TAKEN_S - TICK_S < rang_s < 2.0 + ROOM_S, rang_s
    assert causes(edge, call) == [("site-1", "gone")]
    assert len(edge.of("end", call)) == 1
    assert edge.end_of(call).get("psap") == "CIC17-29"


def test_calls_that_ring_in_a_dead_site_are_rung_again_within_five_seconds(edge, caller):
    edge.sites[0].behaviour = RINGS
    calls = [take(edge, caller, until=180) for _ in range(CALLS)]
    died_s = die(edge.sites[0])
    for call in calls:
        caller.listen(call, until=200, timeout_s=6)
    edge.sites[0].open()
    assert [call.status for call in calls] == [200] * CALLS
    rang_s = [find_ring(edge, call) - died_s for call in calls]
    assert min(rang_s) > RINGING_S - TICK_S
    assert max(rang_s) < 5.0
    assert {edge.end_of(call).get("psap") for call in calls} == {"CIC17-29"}
    assert [len(edge.of("end", call)) for call in calls] == [1] * CALLS
    assert ("breaker-open", "site-1") in edge.events()


def test_a_site_that_is_back_in_time_keeps_the_calls_that_ring(edge, caller):
    edge.sites[0].behaviour = RINGS
    call = take(edge, caller, until=180)
    edge.sites[0].unheard = ("OPTIONS",)
    time.sleep(RINGING_S - 2 * TICK_S - 0.2)
    edge.sites[0].unheard = ()
    caller.listen(call, until=200, timeout_s=2)
    assert call.status == 0
    assert edge.sites[0].count("CANCEL", call.call_id) == 0
    caller.cancel(call)
    caller.listen(call, until=200)


def test_a_quiet_site_that_lives_keeps_its_calls(edge, caller):
    edge.sites[0].behaviour = QUIET_RINGING
    call = caller.place(timeout_s=8)
    assert call.status == 200
    assert edge.sites[0].count("CANCEL", call.call_id) == 0
    assert edge.psaps["brest"].invites(call.call_id) == []


def test_only_sites_with_calls_inside_are_asked(edge, caller):
    def asked():
        return [sum(m.start.startswith("OPTIONS") for m in list(s.received)) for s in edge.sites]

    before = asked()
    time.sleep(1)
    assert asked() == before
    edge.sites[0].behaviour = RINGS
    call = take(edge, caller, until=180)
    time.sleep(1)
    caller.cancel(call)
    caller.listen(call, until=200)
    first, second = (now - then for now, then in zip(asked(), before, strict=True))
    assert 3 <= first <= 6
    assert second == 0


def test_a_false_alarm_takes_the_ringing_back_before_it_rings_again(edge, caller):
    """Only the edge's questions are lost: nobody is rung twice at a time, and nobody is to blame."""
    events = edge.events()
    edge.sites[0].unheard = ("OPTIONS",)
    edge.sites[0].behaviour = RINGS
    call = take(edge, caller, until=180)
    caller.listen(call, until=200, timeout_s=6)
    assert call.statuses.count(200) == 1
    assert edge.sites[0].count("CANCEL", call.call_id) == 1
    [cancel] = [m for m in edge.sites[0].received if m.start.startswith("CANCEL")
                and m.get("Call-ID") == call.call_id]  # fmt: skip
    assert find_ring(edge, call) >= cancel.at_s
    assert find_ring(edge, call) - cancel.at_s < 0.1
    assert causes(edge, call) == [("site-1", "gone")]
    assert [record.get("code") for record in edge.of("returned", call)] == ["487"]
    assert len(edge.of("end", call)) == 1
    assert edge.events() == events


@pytest.mark.parametrize("deaf", [False, True])
def test_an_answer_that_crosses_the_rescue_is_one_answer(edge, caller, deaf):
    """Whenever it comes: the caller speaks with one, and the other is hung up."""
    site, psap = edge.sites[0], edge.psaps["brest"]
    site.unheard, site.deaf = ("OPTIONS",), deaf
    psap.behaviour = SLOW_ANSWER
    calls = []
    for step in range(16):
        site.behaviour = ((0, 100), (0.01, 180), (2.6 + step * 0.1, 200))
        calls.append(take(edge, caller, until=180, seconds=1.0))
    for call in calls:
        caller.listen(call, until=200, timeout_s=9)
    time.sleep(1.0)
    caller.listen(calls[0], until=700, timeout_s=0.5)
    assert [call.statuses.count(200) for call in calls] == [1] * len(calls)
    for call in calls:
        contact = next(r for r in call.replies if r.status == 200).get("Contact")
        assert len(edge.of("end", call)) == 1
        assert edge.end_of(call).get("outcome") == "answered"
        if site.address in contact:
            assert edge.end_of(call).get("psap") == ""
            assert psap.invites(call.call_id) == []
        else:
            assert edge.end_of(call).get("psap") == "CIC17-29"
            answered = site.final_of(call) == 200
            assert answered or not deaf
            assert site.count("BYE", call.call_id) == int(answered)
            assert psap.count("BYE", call.call_id) == 0


@pytest.mark.parametrize("after_s", [0.0, 0.9, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 1.7])
def test_a_caller_who_gives_up_during_the_rescue_is_let_go_and_nothing_rings_on(
    edge, caller, after_s
):
    edge.sites[0].behaviour = GREY
    edge.psaps["brest"].behaviour = RINGS
    call = take(edge, caller)
    die(edge.sites[0])
    time.sleep(after_s)
    caller.cancel(call)
    began_s = time.monotonic()
    caller.listen(call, until=200)
    edge.sites[0].open()
    assert call.status == 487
    assert time.monotonic() - began_s < 2.5
    assert edge.end_of(call).get("outcome") == "cancelled"
    assert len(edge.of("end", call)) == 1
    time.sleep(0.7)
    assert len(edge.psaps["brest"].invites(call.call_id)) == edge.psaps["brest"].count(
        "CANCEL", call.call_id
    )


def test_nobody_else_can_say_that_a_site_is_gone(edge, caller):
    edge.sites[0].behaviour = RINGS
    call = take(edge, caller, until=180)
    [invite] = edge.sites[0].invites(call.call_id)
    for status in ("100 Gone", "199 Gone"):
        edge.sites[0].send(
            f"SIP/2.0 {status}\r\nVia: {invite.get('Via')}\r\nFrom: {invite.get('From')}\r\n"
            f"To: {invite.get('To')}\r\nCall-ID: {call.call_id}\r\nCSeq: 1 INVITE\r\n"
            "Content-Length: 0\r\n\r\n".encode(),
            edge.address,
        )
    caller.listen(call, until=200, timeout_s=1.5)
    assert call.status == 0
    caller.cancel(call)
    caller.listen(call, until=200)


@pytest.mark.parametrize("transport", ["six", "tcp", "tls"])
def test_it_is_the_same_over_every_transport(tmp_path, transport):
    files, server, client = make_contexts(tmp_path, EDGE)
    name = transport if transport != "six" else "udp"
    hosts = ("::1",) if transport == "six" else SITE_HOSTS[:1]
    tls = {"tls": server} if transport == "tls" else {}
    sites = [PlayedSite(host, transport=name, **tls) for host in hosts]
    sites[0].behaviour = RINGS
    with (
        open_psaps() as psaps,
        open_edge(tmp_path / "edge", sites, psaps, six=transport == "six",
                  tls=files if tls else None) as edge,
    ):  # fmt: skip
        caller = Caller(edge, host="::1" if transport == "six" else CLIENT, transport=name,
                        tls=client if tls else None)  # fmt: skip
        ringing = take(edge, caller, until=180, seconds=1.0)
        time.sleep(RINGING_S + 1.0)
        assert sites[0].count("CANCEL", ringing.call_id) == 0
        died_s = die(sites[0])
        caller.listen(ringing, until=200, timeout_s=6)
        assert ringing.status == 200
        assert find_ring(edge, ringing) - died_s < 5.0
        assert causes(edge, ringing) == [("site-1", "gone")]
    sites[0].close()


def signal_all(leader, number):
    for pid in list_session(leader):
        os.kill(pid, number)


@pytest.mark.parametrize("answers_s", [2.5, 6.0])
def test_a_real_site_dies_with_calls_that_ring(tmp_path, answers_s):
    """Each is answered by the answering point that rang before, or would have."""
    with open_country(tmp_path, in_turn=True) as edge:
        psap = edge.psaps["brest"]
        psap.behaviour = ((0, 100), (0.01, 180), (answers_s, 200))
        caller = Caller(edge, host=CLIENT)
        calls = [take(edge, caller, until=180, seconds=1.0) for _ in range(CALLS)]
        signal_all(edge.sites[0].child.popen.pid, signal.SIGSTOP)
        died_s = time.monotonic()
        hit = [call for call in calls if edge.of("pass", call)[0].get("to") == "site-1"]
        assert len(hit) == CALLS // 2
        for call in calls:
            caller.listen(call, until=200, timeout_s=12)
        assert [call.status for call in calls] == [200] * len(calls)
        for call in calls:
            invites = psap.invites(call.call_id)
            assert len(invites) == (2 if call in hit else 1)
            assert invites[-1].at_s - died_s < 5.0
            assert invites[-1].number == invites[0].number
            [end] = edge.of("end", call)
            assert end.get("outcome") == "answered"


def test_a_site_that_is_started_again_at_once_keeps_what_rings(tmp_path):
    """It passes on, by their Via, the answers to INVITEs that it has forgotten."""
    with (
        open_stations(tmp_path) as country,
        country.run_sites() as sites,
        country.run_edge() as run,
    ):
        run.wait("native-flip", g=42)
        psap = country.psaps["brest"]
        psap.behaviour = QUIET_RINGING
        caller = Caller(country, host=STATION_CLIENT)
        calls = [take(None, caller, until=180, seconds=1.0) for _ in range(5)]
        before = sites["site-1"].leader()
        os.killpg(before, signal.SIGKILL)
        for call in calls:
            caller.listen(call, until=200, timeout_s=10)
        assert sites["site-1"].leader() != before
        assert [call.status for call in calls] == [200] * len(calls)
        assert [len(psap.invites(call.call_id)) for call in calls] == [1] * len(calls)
