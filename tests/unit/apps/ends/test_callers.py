"""What callers send, and what they write down."""

import pytest
from tests.support.sip_ends import PSAP_NUMBER, open_ends, run

from route112.adapters.clock import utc_now
from route112.adapters.sip import Address, CallResult
from route112.apps.ends import callers as module
from route112.apps.ends.callers import (
    Callers,
    CallOrder,
    make_invitation,
    make_line,
    number_orders,
)
from route112.simulation.logs import parse_callers

LOCAL = Address("udp", "127.0.0.1", 5070)
TO = Address("udp", "::1", 5060)


def test_the_default_dialect():
    order = CallOrder(
        dialled="15", to=TO, commune="29019", operator="bruyere", technology="mobile"
    )
    invitation = make_invitation(order, LOCAL, b"offer")
    assert invitation.uri == "sip:15@[::1]:5060"
    assert invitation.caller == "sip:+999000001@127.0.0.1:5070"
    assert invitation.headers == (
        ("P-Asserted-Identity", "<sip:+999000001@127.0.0.1:5070>"),
        ("X-Commune", "29019"),
        ("X-Operator", "bruyere"),
        ("X-Technology", "mobile"),
    )
    assert (invitation.body, invitation.content_type) == (b"offer", "application/sdp")


def test_what_is_not_known_is_not_said():
    invitation = make_invitation(
        CallOrder(dialled="urn:service:sos", to=TO, caller=""), LOCAL, b""
    )
    assert invitation.uri == "urn:service:sos"
    assert invitation.caller == "sip:127.0.0.1:5070"
    assert invitation.headers == ()


def test_given_headers_and_bodies_win():
    order = CallOrder(
        dialled="15",
        to=TO,
        commune="29019",
        headers=(("x-commune", "56260"), ("Content-Type", "multipart/mixed;boundary=b")),
        body=b"--b--",
        uri_parameters=(("commune", "29019"),),
    )
    invitation = make_invitation(order, LOCAL, b"offer")
    assert invitation.uri == "sip:15@[::1]:5060;commune=29019"
    assert invitation.headers[1:] == (("x-commune", "56260"),)
    assert (invitation.body, invitation.content_type) == (b"--b--", "multipart/mixed;boundary=b")


def test_bulk_callers_have_numbers_of_their_own():
    orders = number_orders(CallOrder(dialled="15", to=TO), 3)
    assert [order.caller for order in orders] == ["+999000001", "+999000002", "+999000003"]


def test_the_line_of_the_log():
    order = CallOrder(dialled="15", to=TO, commune="29019", operator="bruyere")
    result = CallResult(call_id="a", placed_us=1, status=503, reason="SIP;cause=503")
    line = make_line(order, result)
    assert (line.call_id, line.dialled, line.commune, line.operator) == (
        "a",
        "15",
        "29019",
        "bruyere",
    )
    assert (line.placed_us, line.status, line.reason) == (1, 503, "SIP;cause=503")


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("sip:+33261910015@127.0.4.1:5060;transport=udp", "+33261910015"),
        ("sips:+33261910015@[::1]", "+33261910015"),
        ("tel:+33261910015;phone-context=x", "+33261910015"),
        ("tel:+33261910015", "+33261910015"),
        ("sip:+332619100@x", "+332619100"),
        ("sip:+1234567890123456@x", ""),
        ("sip:+33x@x", ""),
        ("sip:17@x", ""),
        ("sip:gateway@127.0.4.1", ""),
        ("sip:127.0.4.1", ""),
        ("", ""),
    ],
)
def test_who_answered_is_a_number_or_nothing(uri, number):
    order = CallOrder(dialled="15", to=TO)
    answered = CallResult(call_id="a", placed_us=1, answered_us=2, status=200, answered_by=uri)
    assert make_line(order, answered).answered_by == number
    moved = CallResult(call_id="a", placed_us=1, status=302, answered_by=uri)
    assert make_line(order, moved).answered_by == ""


def test_calls_are_placed_at_a_rate_and_written_down(tmp_path):
    async def scenario():
        async with open_ends(host="127.0.47.4", log=tmp_path, answer_after_s=0) as ends:
            psaps, callers, order = ends
            began_us = utc_now()
            results = await callers.run_all(number_orders(order, 5), rate=100)
            assert [result.status for result in results] == [200] * 5
            # A busy machine places a call late, never early.
            after_us = [result.placed_us - began_us for result in results]
            assert all(each >= index * 9_000 for index, each in enumerate(after_us))
            assert {line.number for line in psaps.lines} == {PSAP_NUMBER}

    run(scenario())
    log = tmp_path / "callers.jsonl"
    assert len({line.caller for line in parse_callers(log.read_bytes())}) == 5
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("count", "rate"), [(3, 1.0), (1, 0), (1, 9_999.0)])
def test_calls_and_rate_are_bounded(monkeypatch, count, rate):
    monkeypatch.setattr(module, "CALLS_MAX", 2)

    async def scenario():
        async with Callers(Address("udp", "127.0.47.4", 0)) as callers:
            with pytest.raises(AssertionError, match="calls"):
                await callers.run_all([CallOrder(dialled="15", to=TO)] * count, rate=rate)

    run(scenario())


def test_an_order_that_is_no_sip_is_refused_before_anything_is_sent():
    async def scenario():
        async with Callers(Address("udp", "127.0.47.4", 0)) as callers:
            callers.check(CallOrder(dialled="15", to=TO))
            for dialled in ("1 5", "15\r\nX: y"):
                with pytest.raises(ValueError, match="URI"):
                    callers.check(CallOrder(dialled=dialled, to=TO))

    run(scenario())
