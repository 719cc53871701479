"""Ugly INVITEs, by hand: whatever can be read rings, whatever cannot is refused at once."""

import re
import time
import uuid

import pytest
from tests.support.site import ANSWERS, RINGS, Caller, open_site

pytestmark = pytest.mark.e2e

BREST = "+33261910020"
DEFAULT = "+33261910030"
"""What 112 rings at Brest, on its gateway."""
AT_ONCE_S = 1.0


@pytest.fixture(scope="module", params=["python", "native"])
def site(request, tmp_path_factory):
    with open_site(tmp_path_factory.mktemp("site"), python=request.param == "python") as opened:
        opened.by = request.param
        yield opened


def make_invite(caller, old=b"", new=b"", *, uri="sip:17@h"):
    """Return an INVITE in which `old` was replaced once, and its Call-ID."""
    call_id = f"{uuid.uuid4().hex}@{caller.host}"
    whole = caller.render("INVITE", uri, call_id, headers=("X-Commune: 29019",))
    assert old in whole
    return whole.replace(old, new, 1), call_id


def send(site, old=b"", new=b"", **options):
    """Send one INVITE; return who rang, the final status, how long it took, and the Call-ID."""
    for psap in site.psaps.values():
        psap.behaviour = ANSWERS
    caller = Caller(site)
    message, call_id = make_invite(caller, old, new, **options)
    return exchange(site, caller, message, call_id)


def exchange(site, caller, message, call_id):
    already = {id(one) for psap in site.psaps.values() for one in psap.invites()}
    began = time.monotonic()
    caller.socket.send(message)
    status, took_s = 0, 0.0
    while status < 200 and (reply := caller.receive(AT_ONCE_S)) is not None:
        if reply.method == "INVITE" or not reply.get("CSeq"):
            status, took_s = reply.status, time.monotonic() - began
    caller.socket.send(message.replace(b"INVITE", b"ACK"))
    caller.close()
    rung = [
        one.number for psap in site.psaps.values() for one in psap.invites()
        if id(one) not in already
    ]  # fmt: skip
    return rung, status, took_s, call_id


RING = (
    (b"Contact:", b"X-Odd no colon\r\nContact:"),
    (b"From:", b"X-Odd no colon\r\nFrom:"),
    (b"From:", b"X-\xe9: 1\r\nFrom:"),
    (b"From:", b": 1\r\n folded\r\nFrom:"),
    (b"Contact:", b"X Odd: 1\r\nContact:"),
    (b"From:", b"Content-Length: abc\r\nFrom:"),
    (b"Content-Length: 0", b"Content-Length: -1"),
    (b"Content-Length: 0", b"Content-Length: 99999999999999999999"),
    (b"Content-Length: 0\r\n\r\n", b"Content-Length: 0\r\n"),
    (b'"Jean"', b'"Jean'),
    (b"To: ", b'To: "never closed '),
    (b"Contact:", b"From: <sip:second@h>;tag=2\r\nContact:"),
    (b"Contact:", b"CSeq: 2 INVITE\r\nContact:"),
    (b"From:", b"Call-ID: second\r\nFrom:"),
    (b"Max-Forwards: 70", b"Max-Forwards: many"),
    (b"Max-Forwards: 70\r\n", b""),
    (b"CSeq: 1 INVITE", b"CSeq: x INVITE"),
    (b" SIP/2.0\r\n", b" SIP/2.0 \r\n"),
)


@pytest.mark.parametrize(("old", "new"), RING)
def test_an_ugly_call_rings(site, old, new):
    rung, status, _, _ = send(site, old, new)
    assert (rung[:1], status) == ([BREST], 200)


def test_a_body_reaches_the_target_though_a_header_is_left_out(site):
    caller = Caller(site)
    call_id = uuid.uuid4().hex
    body = b"v=0\r\nno colon here\r\n\r\n\xffend"
    headers = ("X-Commune: 29019", "X-Odd no colon", "X-Kept: as it is")
    message = caller.render("INVITE", "sip:17@h", call_id, headers=headers, body=body)
    assert exchange(site, caller, message, call_id)[1] == 200
    [received] = site.psaps["brest"].invites(call_id)
    assert received.body == body
    assert received.get("X-Kept") == "as it is"
    assert b"X-Odd" not in received.content


REFUSED = (
    (b"From:", b"X-From:", 400),
    (b"To:", b"X-To:", 400),
    (b"Call-ID:", b"X-Call-ID:", 400),
    (b"CSeq:", b"X-CSeq:", 400),
    (b"To: <sip", b"To: <<sip", 400),
    (b" SIP/2.0\r\n", b" SIP/3.0\r\n", 505),
    (b" SIP/2.0\r\n", b"\r\n", 400),
    (b"INVITE sip", b"INVITE  sip", 400),
    (b"Via:", b"X-Odd no colon\r\nVia:", 400),
)


@pytest.mark.parametrize(("old", "new", "code"), REFUSED)
def test_what_cannot_be_mended_is_refused_at_once_and_on_record(site, old, new, code):
    before = len(site.records("refused"))
    rung, status, took_s, _ = send(site, old, new)
    assert (rung, status) == ([], code)
    assert took_s < AT_ONCE_S
    refused = site.records("refused")[before:]
    assert {record.get("reason") for record in refused} == {"malformed"}
    assert {record.get("op") for record in refused} == {"bruyere"}


def test_a_stranger_is_not_answered_for_what_cannot_be_read(site):
    caller = Caller(site, host="127.0.9.9")
    message, call_id = make_invite(caller, b"From:", b"X-From:")
    assert exchange(site, caller, message, call_id)[:2] == ([], 0)


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("sip:17;phone-context=+33@h;user=phone", BREST),
        ("sip:%31%37:secret@h", BREST),
        ("tel:17;phone-context=+33", BREST),
        ("sip:17@", BREST),
        ("urn:service:sos.police;x=y", BREST),
        ("urn:nena:service:sos.police", BREST),
        ("mailto:17@h", DEFAULT),
        ("http://17@x", DEFAULT),
        ("17", DEFAULT),
    ],
)
def test_an_odd_request_uri_rings_what_it_means(site, uri, number):
    rung, status, _, call_id = send(site, uri=uri)
    assert (rung[:1], status) == ([number], 200)
    assert {record.get("by") for record in site.records("attempt", call_id)} == {site.by}


@pytest.mark.parametrize("uri", ["urn:service:test.sos", "URN:service:TEST.sos.fire;x=y"])
def test_a_test_call_rings_nobody_and_is_on_record(site, uri):
    rung, status, _, call_id = send(site, uri=uri)
    assert (rung, status) == ([], 404)
    [refused] = site.records("refused", call_id)
    assert refused.get("reason") == "test-call"
    assert site.records("attempt", call_id) == []


def test_an_ugly_call_is_retransmitted_and_given_up_like_any_other(site):
    for psap in site.psaps.values():
        psap.behaviour = RINGS
    caller = Caller(site)
    message, call_id = make_invite(caller, b"Contact:", b"X-Odd no colon\r\nContact:")
    for _ in range(3):
        caller.socket.send(message)
        time.sleep(0.1)
    cancel = re.sub(rb"INVITE", b"CANCEL", message)
    caller.socket.send(cancel)
    deadline = time.monotonic() + 3
    statuses = []
    while 487 not in statuses and time.monotonic() < deadline:
        reply = caller.receive(0.2)
        if reply is not None and reply.method == "INVITE":
            statuses.append(reply.status)
    assert 487 in statuses
    assert len(site.psaps["brest"].invites(call_id)) == 1
    assert site.psaps["brest"].count("CANCEL", call_id) >= 1
    caller.close()
