"""Messages that follow from another message."""

import pytest
from tests.unit.wire.sip.test_messages import message

from route112.wire.sip.compose import (
    add_headers,
    make_ack,
    make_cancel,
    make_response,
    mark_source,
    reply_port,
    transaction_key,
)
from route112.wire.sip.messages import parse_message, render_message


def invite(*changes, extra=b""):
    content = message(b"Record-Route: <sip:192.0.2.9;lr>\r\nRoute: <sip:192.0.2.8;lr>\r\n" + extra)
    for old, new in changes:
        content = content.replace(old, new)
    return parse_message(content)


def test_a_response_repeats_what_identifies_the_request():
    request = invite(extra=b"Via: SIP/2.0/UDP 192.0.2.7\r\n")
    response = make_response(request, 180, tag="mine", headers=[("Contact", "<sip:b@c>")])
    assert (response.code, response.phrase) == (180, "Ringing")
    for name in ("Via", "From", "Call-ID", "CSeq", "Record-Route"):
        assert response.headers.getlist(name) == request.headers.getlist(name)
    assert response.headers["To"] == "<sip:15@192.0.2.2>;tag=mine"
    assert response.headers["Contact"] == "<sip:b@c>"
    assert make_response(request, 100).headers.getlist("Record-Route") == []
    assert make_response(request, 299).phrase == "Unknown"


def test_a_tag_that_is_there_stays():
    request = invite((b"15@192.0.2.2>\r\n", b"15@192.0.2.2>;tag=old\r\n"))
    assert make_response(request, 200, tag="new").headers["To"].endswith(";tag=old")


def test_the_ack_of_a_refusal_has_the_branch_of_its_invite():
    request = invite()
    ack = make_ack(request, make_response(request, 486, tag="x"))
    assert ack.method == "ACK"
    assert ack.headers["Via"] == request.headers["Via"]
    assert ack.headers["To"].endswith(";tag=x")
    assert ack.headers["CSeq"] == "1 ACK"
    assert ack.headers["Route"] == "<sip:192.0.2.8;lr>"
    assert transaction_key(ack) == transaction_key(request)


def test_cancel_is_another_transaction_on_the_same_branch():
    cancel = make_cancel(invite())
    assert cancel.headers["CSeq"] == "1 CANCEL"
    assert transaction_key(cancel)[:-1] == transaction_key(invite())[:-1]
    assert transaction_key(cancel) != transaction_key(invite())


def test_a_client_without_the_magic_cookie_is_matched_by_the_call():
    old = invite((b"z9hG4bK1", b"1"))
    assert transaction_key(old)[:3] == ("one@192.0.2.1", "a", "1")


def test_the_source_is_written_into_the_via_and_the_rest_of_it_stays():
    request = invite()
    mark_source(request, "192.0.2.77", 4321)
    assert request.headers["Via"] == (
        "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport=4321;received=192.0.2.77"
    )
    assert reply_port(request, 4321) == 4321
    assert transaction_key(request) == transaction_key(invite())
    near = invite((b";rport", b""), (b"192.0.2.1:5060;", b"[2001:DB8::1]:5062;"))
    before = near.headers["Via"]
    mark_source(near, "2001:db8::1", 9)
    assert near.headers["Via"] == before
    assert reply_port(near, 9) == 5062
    assert reply_port(invite((b";rport", b""), (b"192.0.2.1:5060;", b"192.0.2.1;")), 9) == 5060


def test_a_received_ipv6_address_can_be_read_again():
    request = invite((b"192.0.2.1:5060;", b"edge.example;"))
    mark_source(request, "2001:db8::2", 5060)
    again = parse_message(render_message(request))
    assert transaction_key(again) == transaction_key(request)


@pytest.mark.parametrize("header", [("X", "a\r\nY: b"), ("X\nY", "a")])
def test_a_header_cannot_begin_another_one(header):
    with pytest.raises(ValueError, match="a header is one line"):
        add_headers(invite(), [header])
