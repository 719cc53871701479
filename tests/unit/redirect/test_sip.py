import time

import pytest
from tests.support.redirect import find_values, make_request

from route112.redirect.sip import find_reply_port, parse_request, render_response

SOURCE = ("127.0.2.1", 5080)


def parse(old="", new="", **options):
    return parse_request(make_request(**options).replace(old.encode(), new.encode(), 1))


def test_a_request_is_read():
    request = parse(X_Commune="29019")
    assert (request.method, request.uri) == (b"INVITE", b"sip:15@127.0.0.1")
    assert request.find_header("x-commune") == "29019"
    assert request.find_header("X-Other") is None


def test_compact_names_folded_values_and_other_encodings():
    request = parse("X-A: 1", "s: a\r\n\t b\r\nX-B: \xff")
    assert request is not None
    raw = make_request(X_A="1").replace(b"X-A: 1", b"s: a\r\n\t b\r\nX-B: \xff\r\nX-B: c")
    request = parse_request(raw)
    assert request.find_header("Subject") == "a b"
    assert request.find_header("s") == "a b"
    assert request.find_header("X-B") == "?"


BLANKS = 60_000
"""As many as a datagram holds: a search that begins anew at each of them takes a minute."""


@pytest.mark.parametrize("blank", [" ", "\t", " \t", ": ", "; ", "\r", "\n "])
def test_a_stranger_cannot_make_it_think_with_blanks(blank):
    raw = make_request(X_A="here").replace(b"here", b"a" + blank.encode() * BLANKS + b"b")
    before = time.process_time()
    parse_request(raw[:65_535])
    assert time.process_time() - before < 5, "some milliseconds are usual"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("INVITE sip:15@127.0.0.1 SIP/2.0", "SIP/2.0 200 OK"),
        ("Call-ID: 1\r\n", ""),
        ("From", "X-From"),
        ("To:", "X-To:"),
        ("CSeq", "X-CSeq"),
        ("Via: SIP/2.0/UDP 127.0.0.1:5060", "Via: nonsense"),
        ("127.0.0.1:5060;branch", "127.0.0.1:65536;branch"),
        ("Call-ID: 1", "Call-ID: 1\r2"),
    ],
)
def test_what_nobody_could_match_to_a_request_is_not_answered(old, new):
    assert parse(old, new) is None


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("SIP/2.0\r\n", "SIP/3.0\r\n", 505),
        ("SIP/2.0\r\n", "SIP/20\r\n", 400),
        ("INVITE sip:15@127.0.0.1", "INVITE  sip:15@127.0.0.1", 400),
        (" SIP/2.0\r\n", "\r\n", 400),
    ],
)
def test_what_is_malformed_is_refused_with_a_reason(old, new, refusal):
    assert parse(old, new).refusal == refusal


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("INVITE sip:15", "invite sip:15"),
        ("SIP/2.0\r\n", "SIP/2.0 \r\n"),
        ("CSeq: 1 INVITE", "CSeq: x INVITE"),
        ("Max-Forwards: 70", "Max-Forwards 70"),
        ("Max-Forwards: 70", ": 70"),
        ("Max-Forwards: 70", "Max-F\u00f6rwards: 70"),
        ("Content-Length: 0\r\n\r\n", "Content-Length: x"),
        ("Max-Forwards: 70", "X: " + "y" * 9_000),
        ("Content-Length: 0", "\r\n".join(["X: y"] * 200)),
        ("INVITE", "\r\n\r\nINVITE"),
    ],
)
def test_an_ugly_call_is_read_all_the_same(old, new):
    request = parse(old, new, X_Commune="29019")
    assert (request.method, request.uri, request.refusal) == (b"INVITE", b"sip:15@127.0.0.1", 0)
    assert request.find_header("X-Commune") == "29019"


def test_lines_may_end_without_a_carriage_return():
    raw = make_request(X_Commune=" 29019\r\n  x \t").replace(b"\r\n", b"\n")
    assert parse_request(raw).find_header("X-Commune") == "29019 x"


def test_a_message_that_is_too_large_is_told_so():
    assert parse_request(make_request() + b"x" * 65_535).refusal == 513
    assert parse_request(make_request(), size=65_536).refusal == 513
    assert parse_request(make_request(), size=65_535).refusal == 0


@pytest.mark.parametrize(
    ("via", "port"),
    [("h:5070;branch=z;rport", 5080), ("h:5070;branch=z", 5070), ("h", 5060), ("[::1]:0", 5080)],
)
def test_a_response_goes_where_the_topmost_via_says(via, port):
    request = parse("127.0.0.1:5060;branch=z9hG4bK1;rport", via)
    assert find_reply_port(request, 5080) == port


def test_a_response_repeats_what_identifies_the_request():
    request = parse("Max-Forwards: 70", "Via: SIP/2.0/TCP a;branch=1, SIP/2.0/UDP b;branch=2")
    response = render_response(request, 302, source=SOURCE, headers=((b"Server", b"x"),))
    assert response.startswith(b"SIP/2.0 302 Moved Temporarily\r\n")
    assert find_values(response, "Via") == [
        "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport=5080;received=127.0.2.1",
        "SIP/2.0/TCP a;branch=1, SIP/2.0/UDP b;branch=2",
    ]
    assert find_values(response, "From") == ["<sip:+33199001234@example.invalid>;tag=a"]
    assert find_values(response, "CSeq") == ["1 INVITE"]
    assert response.endswith(b"Server: x\r\nContent-Length: 0\r\n\r\n")


def test_the_tag_is_that_of_the_transaction():
    def find_to(**options):
        response = render_response(parse(**options), 302, source=SOURCE)
        return find_values(response, "To")[0]

    assert find_to() == find_to()
    assert find_to() != find_to(call_id="2")
    tagged = render_response(parse("To: <sip:15@example.invalid>", "To: <sip:15@b>;tag=x"), 302, source=SOURCE)  # fmt: skip
    assert find_values(tagged, "To") == ["<sip:15@b>;tag=x"]
