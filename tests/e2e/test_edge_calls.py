"""Calls through a real edge and real sites: what is passed on, how, and what outlives a site."""

import os
import signal
import time
from contextlib import closing

import pytest
from tests.support.edge import CallerEnd, Talk
from tests.support.edge_run import (
    CLIENT,
    EDGE,
    NUMBERS,
    SITE_HOSTS,
    PlayedSite,
    kill,
    measure_delay,
    open_edge,
    play_sites,
)
from tests.support.edge_tls import make_contexts
from tests.support.real_country import open_country
from tests.support.site import (
    ANSWERS,
    RINGS,
    STRANGER,
    Caller,
    Psap,
    refuses,
)
from tests.support.site_run import list_session

from route112.adapters.processes import Children

pytestmark = pytest.mark.e2e

SITES = 2
TRYING = 100
TALKS = 20
WAIT_SECONDS_MAX = 12.0
LARGEST = 64_000
"""Octets of an INVITE that every hop can take."""
LARGE = b"v=0\r\n" + b"a=candidate:1 1 UDP 1 127.0.3.1 4000 typ host\r\n" * 40


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    with open_country(tmp_path_factory.mktemp("country"), six=True, in_turn=True) as opened:
        yield opened


@pytest.fixture
def edge(country):
    for psap in country.psaps.values():
        psap.behaviour = ANSWERS
    return country


@pytest.fixture
def caller(edge):
    one = Caller(edge, host=CLIENT)
    yield one
    one.close()


def test_a_call_goes_over_a_site_and_only_the_edge_stays(edge, caller):
    call = caller.place()
    assert call.statuses[0] == 100
    assert call.status == 200
    [invite] = edge.psaps["brest"].invites(call.call_id)
    assert invite.number == NUMBERS["brest"]
    [route] = invite.all("Record-Route")
    assert "{}:{}".format(*edge.address) in route
    assert len(invite.all("Call-Info")) == 2
    [passed] = edge.of("pass", call)
    site = edge.sites[int(passed.get("to").removeprefix("site-")) - 1]
    [attempt] = site.records("attempt", call.call_id)
    assert attempt.get("op") == "bruyere"
    assert attempt.get("commune") == edge.of("attempt", call)[0].get("commune") == "29019"


def test_direct_and_through_a_site_a_psap_gets_the_same(edge, caller):
    headers = ("P-Asserted-Identity: <sip:+33639980001@127.0.3.1>", "Geolocation: <cid:a>")
    through = caller.place(headers=headers)
    edge.leave_alone(20, "site-1", "site-2")
    direct = caller.place(headers=headers)
    edge.ask("htable.flush", "off")
    assert edge.of("pass", direct) == []
    [one] = edge.psaps["brest"].invites(through.call_id)
    [other] = edge.psaps["brest"].invites(direct.call_id)
    own = {"Via", "Call-ID", "Max-Forwards"}
    assert one.start == other.start

    def shapes(message):
        return sorted(
            (name, value if name != "Call-Info" else value.rpartition(">")[2])
            for name, value in message.headers
            if name not in own
        )

    assert shapes(one) == shapes(other)


def test_a_large_invite_goes_over_tcp_and_its_site_knows_whose_it_is(edge):
    caller = Caller(edge, host=CLIENT, transport="tcp")
    call = caller.place(body=LARGE)
    caller.close()
    assert call.status == 200
    [passed] = edge.of("pass", call)
    site = edge.sites[int(passed.get("to").removeprefix("site-")) - 1]
    [attempt] = site.records("attempt", call.call_id)
    assert (attempt.get("proto"), attempt.get("op")) == ("tcp", "bruyere")
    assert edge.of("returned", call) == []


def test_the_largest_invite_that_can_be_passed_on_rings_and_a_larger_one_opens_no_breaker(edge):
    with closing(Caller(edge, host=CLIENT)) as caller:
        calls = []
        for octets in (LARGEST, LARGEST + 1, LARGEST + 900):
            head = len(caller.render("INVITE", "sip:17@emergency.example", "a" * 43))
            head += len("X-Commune: 29019\r\n") + len("64000") - 1
            calls.append(caller.place(body=b"a" * (octets - head), call_id=f"{octets:043}"))
            assert len(calls[-1].invite) == octets
    assert [call.status for call in calls] == [200, 513, 513]
    assert len(edge.of("pass", calls[0])) == 1
    assert edge.of("returned", calls[0]) == edge.of("try", calls[0]) == []
    reasons = [record.get("reason") for call in calls for record in edge.of("refused", call)]
    assert reasons == ["too-large"] * 2
    assert edge.events() == []


def test_a_caller_on_ipv6_reaches_sites_on_ipv4(edge):
    end = CallerEnd(edge, host="::1")
    call = end.caller.place()
    assert call.status == 200
    assert edge.of("attempt", call)[0].get("src") == end.caller.sent_by
    one = Talk(
        call, edge.psaps["brest"], call.replies[-1], edge.psaps["brest"].invites(call.call_id)[0]
    )
    end.send("ACK", one, 1)
    end.send("BYE", one, 2)
    end.listen(2.0, until=lambda: end.replies)
    assert list(end.replies.values()) == [200]
    assert edge.psaps["brest"].count("BYE", call.call_id) == 1


def test_a_psap_on_ipv6_is_rung_directly(edge, caller):
    edge.leave_alone(20, "site-1", "site-2")
    call = caller.place("15", "75056")
    edge.ask("htable.flush", "off")
    assert call.status == 200
    assert len(edge.psaps["six"].invites(call.call_id)) == 1


def test_strangers_are_refused_and_nobody_is_relayed_to_elsewhere(edge):
    stranger = Caller(edge, host=STRANGER)
    call = stranger.place()
    assert call.statuses == [403]
    assert edge.of("attempt", call) == []
    [refused] = edge.of("refused", call)
    assert (refused.get("reason"), refused.get("op")) == ("unknown-source", "bruyere")
    assert refused.get("src").startswith(STRANGER)
    target = f"sip:x@{edge.psaps['brest'].address}"
    assert stranger.ask("BYE", target, to_tag="a") == 403
    assert stranger.ask("MESSAGE", "sip:17@emergency.example") == 405
    assert stranger.ask("OPTIONS", "sip:{}:{}".format(*edge.address)) == 200
    stranger.close()


def test_what_belongs_to_no_call_is_481(edge, caller):
    assert caller.ask("CANCEL", "sip:17@emergency.example") == 481
    assert caller.ask("BYE", "sip:{}:{}".format(*edge.address), to_tag="a") == 481


def test_requests_of_an_early_dialog_pass_in_both_directions(edge, caller):
    edge.psaps["brest"].behaviour = RINGS
    end = CallerEnd(edge, host=CLIENT)
    call = end.caller.begin()
    end.caller.listen(call, until=180)
    ringing = call.replies[-1]
    one = Talk(call, edge.psaps["brest"], ringing, edge.psaps["brest"].invites(call.call_id)[0])
    for cseq, method in enumerate(("PRACK", "UPDATE", "OPTIONS"), 2):
        end.send(method, one, cseq)
    one.send("UPDATE", 101, edge.address)
    end.listen(2.0, until=lambda: len(end.replies) == 3 and end.asked)
    assert [
        end.replies[call.call_id, f"{n} {m}"]
        for n, m in enumerate(("PRACK", "UPDATE", "OPTIONS"), 2)
    ] == [200] * 3
    assert [message.method for message in end.asked] == ["UPDATE"]
    end.caller.cancel(call)
    end.caller.listen(call, until=200)
    assert call.status == 487


def test_conversations_outlive_all_sites_and_calls_go_on_without_them(tmp_path):
    with open_country(tmp_path, in_turn=True) as edge:
        psap = edge.psaps["brest"]
        end = CallerEnd(edge, host=CLIENT)
        talks = []
        for _ in range(TALKS):
            call = end.caller.place()
            assert call.status == 200
            [invite] = psap.invites(call.call_id)
            talks.append(Talk(call, psap, call.replies[-1], invite))
            end.send("ACK", talks[-1], 1)
        for site in edge.sites:
            kill(site.child)
        check_talks(edge, end, talks)
        calls = [end.caller.place(body=str(index).encode()) for index in range(12)]
        assert {call.status for call in calls} == {200}
        assert max(measure_delay(call) for call in calls) < 1.2
        assert sum(measure_delay(call) > 0.3 for call in calls) <= 3 * SITES
        assert [edge.events().count(("breaker-open", f"site-{n}")) for n in (1, 2)] == [1, 1]
        assert calls[-1].seconds(180) < 0.3


def check_talks(edge, end, talks):
    """Both ends ask for something, and hang up."""
    psap = edge.psaps["brest"]
    for method, cseq in (("INVITE", 2), ("BYE", 3)):
        for one in talks:
            end.send(method, one, cseq)
        keys = {(one.call.call_id, f"{cseq} {method}") for one in talks}
        end.listen(WAIT_SECONDS_MAX, until=lambda keys=keys: keys <= end.replies.keys())
        assert {end.replies[key] for key in keys} == {200}
        if method == "INVITE":
            for one in talks:
                end.send("ACK", one, cseq)
        seen = len(psap.received)
        for one in talks:
            one.send(method, cseq + 100, edge.address)

        def are_answered(seen=seen, said=f"{cseq + 100} {method}"):
            heard = [m for m in psap.received[seen:] if m.get("CSeq") == said]
            return sum(m.status == 200 for m in heard) >= len(talks)

        end.listen(WAIT_SECONDS_MAX, until=are_answered)
        assert are_answered()
        trying = {message.start for message in psap.received[seen:] if message.status == TRYING}
        assert trying == ({"SIP/2.0 100 Trying"} if method == "INVITE" else set())


def test_a_site_that_is_started_again_is_used_again_after_one_trial(tmp_path):
    with open_country(tmp_path) as edge:
        caller = Caller(edge, host=CLIENT)
        first = edge.sites[0]
        kill(first.child)
        delayed = [caller.place(body=str(index).encode()) for index in range(6)]
        assert sum(measure_delay(call) > 0.3 for call in delayed) == 3
        place = first.places["udp", False]
        with Children() as first.children:
            first.start(shm_mb=64)
            assert first.places["udp", False] == place
            time.sleep(5)
            check_first(edge, caller)


def check_first(edge, caller):
    calls = [caller.place(body=str(index).encode()) for index in range(4)]
    assert {call.status for call in calls} == {200}
    assert [edge.of("pass", call)[0].get("to") for call in calls] == ["site-1"] * 4
    assert ("breaker-closed", "site-1") in edge.events()


def test_a_site_that_stands_still_delays_three_calls_and_rings_no_ghosts(tmp_path):
    with open_country(tmp_path) as edge:
        caller = Caller(edge, host=CLIENT)
        psap = edge.psaps["brest"]
        leader = edge.sites[0].child.popen.pid
        calls = [caller.place(body=str(index).encode()) for index in range(10)]
        signal_all(leader, signal.SIGSTOP)
        calls += [caller.place(body=str(index).encode()) for index in range(10, 40)]
        time.sleep(1.5)
        signal_all(leader, signal.SIGCONT)
        calls += [caller.place(body=str(index).encode()) for index in range(40, 60)]
        time.sleep(1.0)
        assert {call.status for call in calls} == {200}
        slow = [measure_delay(call) for call in calls if measure_delay(call) > 0.3]
        assert len(slow) == 3
        assert max(slow) < 0.6
        assert [len(psap.invites(call.call_id)) for call in calls] == [1] * len(calls)


def signal_all(leader, number):
    for pid in list_session(leader):
        os.kill(pid, number)


def test_a_site_without_tcp_gets_a_large_invite_in_fragments(tmp_path):
    with play_sites(1) as sites:
        psap = Psap("127.0.65.1")
        psaps = dict.fromkeys(("brest", "gateway", "paris"), psap)
        with open_edge(tmp_path / "edge", sites, psaps) as edge:
            caller = Caller(edge, host=CLIENT, transport="tcp")
            call = caller.place(body=LARGE)
            assert call.status == 200
            assert len(sites[0].invites(call.call_id)) == 1
            sites[0].behaviour = refuses(500)
            directly = caller.place(body=LARGE)
            assert directly.status == 200
            assert len(psap.invites(directly.call_id)) == 1
        psap.close()


def test_tls_to_the_sites_and_from_the_callers(tmp_path):
    files, server, client = make_contexts(tmp_path, EDGE)
    psap = Psap("127.0.65.1")
    psaps = dict.fromkeys(("brest", "gateway", "paris"), psap)
    sites = [PlayedSite(host, transport="tls", tls=server) for host in SITE_HOSTS[:2]]
    with open_edge(tmp_path / "edge", sites, psaps, tls=files) as edge:
        caller = Caller(edge, host=CLIENT, transport="tls", tls=client)
        call = caller.place(body=LARGE)
        assert call.status == 200
        [invite] = sites[0].invites(call.call_id)
        assert "SIP/2.0/TLS" in invite.get("Via")
        assert edge.of("attempt", call)[0].get("proto") == "tls"
        sites[0].close()
        other = caller.place()
        assert other.status == 200
        assert measure_delay(other) < 0.7
        assert len(sites[1].invites(other.call_id)) == 1
        assert [record.get("to") for record in edge.of("returned", other)] == ["site-1"]
    for end in (psap, *sites):
        end.close()
