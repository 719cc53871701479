"""What is read, what is refused, and that what was read is written back byte for byte."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from route112.wire.sip.messages import (
    HEADERS_MAX,
    LINE_LENGTH_MAX,
    MESSAGE_BYTES_MAX,
    SipError,
    find_tag,
    find_uri,
    parse_message,
    parse_uri,
    read_cseq,
    read_top_via,
    render_message,
    split_values,
)

HEADERS = (
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n"
    b"From: <sip:a@192.0.2.1>;tag=a\r\nTo: <sip:15@192.0.2.2>\r\n"
    b"Call-ID: one@192.0.2.1\r\nCSeq: 1 INVITE\r\n"
)
INVITE = b"INVITE sip:15@192.0.2.2 SIP/2.0\r\n" + HEADERS


def message(extra=b"", body=b"", first=b"INVITE sip:15@192.0.2.2 SIP/2.0"):
    return first + b"\r\n" + HEADERS + extra + b"\r\n" + body


@pytest.mark.parametrize(
    "first",
    [
        b"INVITE sip:15@192.0.2.2 SIP/2.0",
        b"INVITE urn:service:sos.fire SIP/2.0",
        b"INVITE tel:+33261910015 SIP/2.0",
        b"INVITE sips:15;phone-context=+33@[2001:db8::1]:5061;user=phone SIP/2.0",
        b"SIP/2.0 180 Ringing",
        b"SIP/2.0 486 Occup\xe9",
    ],
)
def test_a_message_comes_back_byte_for_byte(first):
    content = message(b"Subject: Br\xe9st \xff\r\nContent-Length: 3\r\n", b"\0\xff!", first)
    assert render_message(parse_message(content)) == content


def test_folded_headers_and_compact_names_are_understood():
    content = message(b"i2: x\r\nl: 2\r\nSubject: one\r\n\ttwo\r\n  three\r\n", b"hi")
    parsed = parse_message(content)
    assert parsed.headers["Subject"] == "one two three"
    assert (parsed.headers["Content-Length"], parsed.body) == ("2", b"hi")


def test_what_follows_the_body_is_cut():
    assert parse_message(message(b"Content-Length: 2\r\n", b"hello")).body == b"he"
    assert parse_message(message(body=b"hello")).body == b"hello"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no end of headers"),
        (INVITE, "no end of headers"),
        (b"\0" * 100, "no end of headers"),
        (b"\r\n\r\n", "no first line"),
        (message(first=b"INVITE sip:15@192.0.2.2 SIP/3.0"), "not SIP/2.0"),
        (message(first=b"INV(TE sip:15@192.0.2.2 SIP/2.0"), "no method"),
        (message(first=b"SIP/2.0 99 Low"), "no status"),
        (message(first=b"SIP/2.0 1e2 Odd"), "no status"),
        (message(first=b"INVITE http://192.0.2.2 SIP/2.0"), "no URI that SIP knows"),
        (message(first=b"INVITE 15 SIP/2.0"), "no URI"),
        (message(first=b"INVITE sip:15@a;self=1 SIP/2.0"), "no URI that SIP knows"),
        (message(b"Content-Length: 9\r\n", b"short"), "truncated"),
        (message(b"Content-Length: -1\r\n"), "no Content-Length"),
        (message(b"Content-Length: " + "٣".encode() + b"\r\n"), "no Content-Length"),
        (message(b"Content-Length: 99999999999\r\n"), "no Content-Length"),
        (message(b"no colon here\r\n"), "a line that is no header"),
        (message(b"Bad Name: x\r\n"), "a line that is no header"),
        (message(b"To: <sip:b@192.0.2.2>\r\n"), "To has to be there once"),
        (message(b"X: a\0b\r\n"), "a control character in a header"),
        (message(b"X: a\nInjected: b\r\n"), "a control character in a header"),
        (message(first=b"BYE sip:15@192.0.2.2 SIP/2.0"), "CSeq names another method"),
        (message().replace(b"1 INVITE", b"x INVITE"), "no CSeq"),
        (message().replace(b"1 INVITE", b"2147483648 INVITE"), "no CSeq"),
        (message().replace(b"Via: SIP/2.0/UDP", b"Via: SMTP"), "no Via"),
        (message().replace(b"2.1:5060;br", b"2.1:99999;br"), "no port in Via"),
    ],
)
def test_what_is_not_sip_is_refused_with_a_reason(content, reason):
    with pytest.raises(SipError, match=reason) as error:
        parse_message(content)
    assert 400 <= error.value.status < 600


def test_the_limits_are_limits():
    line = b"X: " + b"y" * (LINE_LENGTH_MAX - 3) + b"\r\n"
    assert parse_message(message(line))
    with pytest.raises(SipError, match=f"more than {LINE_LENGTH_MAX} characters"):
        parse_message(message(b"X" + line))
    many = b"X: y\r\n" * (HEADERS_MAX - 5)
    assert parse_message(message(many))
    with pytest.raises(SipError, match=f"more than {HEADERS_MAX} headers"):
        parse_message(message(many + b"X: y\r\n"))
    full = message(body=b"x" * (MESSAGE_BYTES_MAX - len(message())))
    assert parse_message(full)
    with pytest.raises(SipError, match=f"more than {MESSAGE_BYTES_MAX} bytes"):
        parse_message(full + b"x")


@settings(max_examples=300)
@given(st.data())
def test_damage_is_understood_or_refused_and_never_anything_else(data):
    content = bytearray(message(b"Content-Length: 4\r\n", b"body"))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
    with contextlib.suppress(SipError):
        parse_message(bytes(content))


def test_a_parameter_called_self_is_one_like_any_other():
    parsed = parse_message(message().replace(b";rport", b";self=1;rport"))
    assert read_top_via(parsed).parameters == {"branch": "z9hG4bK1", "self": "1", "rport": None}


def test_the_top_via_of_several_in_one_line():
    parsed = parse_message(
        message().replace(
            b"SIP/2.0/UDP 192", b"SIP / 2.0 / TLS [2001:db8::1];received=::1, SIP/2.0/UDP 192"
        )
    )
    via = read_top_via(parsed)
    assert (via.transport, via.host, via.port) == ("tls", "[2001:db8::1]", None)
    assert via.parameters == {"received": "::1"}


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("<sip:a@b>;tag=x", "x"),
        ("<sip:a@b;tag=uri>", ""),
        ('"a;tag=no" <sip:a@b> ; Tag = y;z=1', "y"),
        ("sip:a@b;tag=z", "z"),
        ("", ""),
    ],
)
def test_the_tag_is_not_that_of_the_uri(value, tag):
    assert find_tag(value) == tag


def test_addresses_are_split_as_they_are():
    values = ['"A, B" <sip:a@b>, <sip:c,d@e;lr>;x=1', "<sip:f@g>"]
    split = split_values(values)
    assert split == ('"A, B" <sip:a@b>', "<sip:c,d@e;lr>;x=1", "<sip:f@g>")
    assert [find_uri(value) for value in split] == ["sip:a@b", "sip:c,d@e;lr", "sip:f@g"]
    assert find_uri("sip:a@b;tag=1") == "sip:a@b"
    assert split_values(["", " , "]) == ()


def test_a_uri_is_written_as_it_was_read():
    for text in ("sip:15@192.0.2.2;a=b;lr", "SIP:a%20b@[::1]", "urn:service:sos", "tel:15"):
        assert str(parse_uri(text)) == text
    assert parse_uri("SIP:a%20b@[::1]").user == "a b"
    assert read_cseq(parse_message(message())).sequence == 1
