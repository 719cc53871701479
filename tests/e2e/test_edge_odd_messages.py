"""Ugly INVITEs at an edge, over a site and directly: what can be read rings, the rest is refused."""

import re
import time
import uuid

import pytest
from tests.e2e.test_edge_calls import open_country
from tests.e2e.test_site_odd_messages import AT_ONCE_S, DEFAULT, REFUSED, RING
from tests.support.edge_run import CLIENT, NUMBERS
from tests.support.site import ANSWERS, RINGS, STRANGER, Caller

from route112.simulation.agreement import Key
from route112.simulation.odd_messages import HEADERS, LONG, PARAMETER, PARAMETERS, TESTS, URIS

pytestmark = pytest.mark.e2e

BREST, PARIS = NUMBERS["brest"], NUMBERS["paris"]
POLICE, EVERYTHING = "17", "112"


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    with open_country(tmp_path_factory.mktemp("country"), sites=1) as opened:
        yield opened


@pytest.fixture(params=["site", "direct"])
def edge(country, request):
    for psap in country.psaps.values():
        psap.behaviour = ANSWERS
    for table in ("breaker", "recent", "off", "silenced"):
        country.ask("htable.flush", table)
    if request.param == "direct":
        country.leave_alone(25, "site-1")
    country.way = request.param
    return country


def make_invite(caller, old=b"", new=b"", *, uri="sip:17@h", headers=("X-Commune: 29019",)):
    """Return an INVITE in which `old` was replaced once, and its Call-ID."""
    call_id = f"{uuid.uuid4().hex}@{caller.host}"
    whole = caller.render("INVITE", uri, call_id, headers=headers)
    assert old in whole
    return whole.replace(old, new, 1), call_id


def send(edge, old=b"", new=b"", *, host=CLIENT, **options):
    """Send one INVITE; return who rang, the final status, how long it took, and the Call-ID."""
    caller = Caller(edge, host=host)
    message, call_id = make_invite(caller, old, new, **options)
    already = {id(one) for psap in set(edge.psaps.values()) for one in psap.invites()}
    began_s = time.monotonic()
    caller.socket.send(message)
    status, took_s = 0, 0.0
    while status < 200 and (reply := caller.receive(AT_ONCE_S)) is not None:
        if reply.method == "INVITE" or not reply.get("CSeq"):
            status, took_s = reply.status, time.monotonic() - began_s
    caller.socket.send(message.replace(b"INVITE", b"ACK"))
    caller.close()
    rung = [
        one.number
        for psap in dict.fromkeys(edge.psaps.values())
        for one in psap.invites()
        if id(one) not in already
    ]
    return rung, status, took_s, call_id


def check_way(edge, call_id):
    """A call went the way that the test is about."""
    assert bool(edge.records("try", call_id)) == (edge.way == "direct")


@pytest.mark.parametrize(("old", "new"), RING)
def test_an_ugly_call_rings(edge, old, new):
    rung, status, took_s, _ = send(edge, old, new)
    assert (rung[:1], status) == ([BREST], 200)
    assert took_s < AT_ONCE_S


@pytest.mark.parametrize(("old", "new", "code"), REFUSED)
def test_what_cannot_be_mended_is_refused_at_once_and_on_record(edge, old, new, code):
    before = len(edge.records("refused"))
    rung, status, took_s, _ = send(edge, old, new)
    assert (rung, status) == ([], code)
    assert took_s < AT_ONCE_S
    refused = edge.records("refused")[before:]
    assert {(record.get("reason"), record.get("op")) for record in refused} == {
        ("malformed", "bruyere")
    }


def test_a_stranger_is_not_answered_for_what_cannot_be_read(edge):
    assert send(edge, b"From:", b"X-From:", host=STRANGER)[:2] == ([], 0)


@pytest.mark.parametrize("network", TESTS, ids=lambda network: network.uri)
def test_a_test_call_rings_nobody_and_is_on_record(edge, network):
    rung, status, _, call_id = send(edge, uri=network.uri)
    assert (rung, status) == ([], 404)
    [refused] = edge.records("refused", call_id)
    assert refused.get("reason") == "test-call"
    assert edge.records("attempt", call_id) == []


def list_oddities():
    """
    List those of the operator with rules of a parameter and a header, that mean police or 112.

    The operator of these tests has no rule for a commune beside the number, as the demo's has.
    """
    for oddity in (*URIS, *LONG, *PARAMETERS, *HEADERS):
        number = oddity.number or POLICE
        beside = "{commune}" in oddity.network.uri.partition("@")[0]
        if oddity.source == PARAMETER and not beside and number in (POLICE, EVERYTHING):
            yield pytest.param(
                oddity, number, id=repr((oddity.network.uri[:64], oddity.network.header))
            )


@pytest.mark.parametrize(("oddity", "number"), tuple(list_oddities()))
def test_an_odd_message_rings_what_it_means(edge, oddity, number):
    key = Key(commune="29019", number=POLICE)
    fields = {"number": key.number, "commune": key.commune, "to": "127.0.2.5:5060"}
    headers = (oddity.network.header.format(**fields),) if oddity.network.header else ()
    rung, status, _, call_id = send(edge, uri=oddity.network.uri.format(**fields), headers=headers)
    expected = DEFAULT if number == EVERYTHING else BREST
    assert (rung[:1], status) == ([expected], 200)
    check_way(edge, call_id)


def test_an_ugly_call_is_given_up_like_any_other(edge):
    for psap in edge.psaps.values():
        psap.behaviour = RINGS
    caller = Caller(edge, host=CLIENT)
    message, call_id = make_invite(caller, b"Contact:", b"X-Odd no colon\r\nContact:")
    for _ in range(3):
        caller.socket.send(message)
        time.sleep(0.1)
    caller.socket.send(re.sub(rb"INVITE", b"CANCEL", message))
    statuses = []
    while 487 not in statuses and (reply := caller.receive(3.0)) is not None:
        if reply.method == "INVITE":
            statuses.append(reply.status)
    caller.close()
    assert 487 in statuses
    assert len(edge.psaps["brest"].invites(call_id)) == 1
