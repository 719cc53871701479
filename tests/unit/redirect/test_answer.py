import pytest
from tests.support.redirect import find_numbers, find_status, find_values, make_request
from tests.support.snapshots import NOW, small_content

from route112.redirect import answer_request, read_book
from route112.redirect.sip import parse_request
from route112.snapshot.writer import write_snapshot

BOOK = read_book(write_snapshot(small_content(orders=())))


def ask(uri="sip:15@127.0.0.1;commune=29019", *, source="127.0.2.1", **options):
    request = parse_request(make_request(uri, **options))
    assert request is not None
    return answer_request(BOOK, request, source=(source, 5080), now=NOW)


def test_an_invite_is_answered_with_the_numbers_to_ring():
    response = ask()
    assert find_status(response) == 302
    assert find_values(response, "Contact") == [
        "<sip:+33261910010@127.0.4.1:5060;transport=udp>;q=1.0",
        "<sip:+33261910010@127.0.4.2:5060;transport=udp>;q=0.9",
        "<sip:+33261910011@127.0.4.1:5060;transport=udp>;q=0.8",
        "<sip:+33261910011@127.0.4.2:5060;transport=udp>;q=0.7",
        "<sip:+33261910019@127.0.4.1:5060;transport=udp>;q=0.6",
        "<sip:+33261910019@127.0.4.2:5060;transport=udp>;q=0.5",
        "<sip:+33199000010@[::1]:5064;transport=udp>;q=0.4",
    ]
    assert find_values(response, "Server") == ["route112-redirect g42"]


def test_the_dialect_of_the_source_is_spoken():
    assert find_numbers(ask("urn:service:sos.police", X_Commune="29019"))[0] == "+33261910020"
    assert find_numbers(ask("sip:17@h", X_Commune="none"))[0] == "+33199000020"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"method": "OPTIONS"}, 200),
        ({"method": "BYE"}, 405),
        ({"method": "CANCEL"}, 405),
        ({"source": "127.0.3.1"}, 403),
        ({"source": "127.0.3.1", "method": "OPTIONS"}, 403),
    ],
)
def test_other_requests_and_strangers(options, status):
    response = ask(**options)
    assert find_status(response) == status
    assert find_values(response, "Contact") == []
    allowed = ["INVITE, ACK, OPTIONS"] if status in (200, 405) else []
    assert find_values(response, "Allow") == allowed


def test_an_ack_is_absorbed_and_a_malformed_request_is_told():
    assert ask(method="ACK") is None
    for old, new, status in (
        (b"INVITE sip:15", b"INVITE  sip:15", 400),
        (b"SIP/2.0\r\n", b"SIP/3.0\r\n", 505),
    ):
        request = parse_request(make_request().replace(old, new, 1))
        assert (
            find_status(answer_request(BOOK, request, source=("127.0.2.1", 1), now=NOW)) == status
        )


def test_a_test_call_is_told_that_nobody_is_rung():
    response = ask("urn:service:test.sos.fire")
    assert find_status(response) == 404
    assert find_values(response, "Contact") == []
