"""Messages out of a stream, however it is cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wire.sip.test_messages import message

from route112.wire.sip.messages import MESSAGE_BYTES_MAX, SipError
from route112.wire.sip.stream import MessageStream

FIRST = message(b"Content-Length: 5\r\n", b"hello")
SECOND = message(b"l : 0\r\n")


@given(st.lists(st.integers(0, len(FIRST + SECOND) + 4), max_size=8))
def test_the_cuts_do_not_matter(cuts):
    content = FIRST + b"\r\n\r\n" + SECOND
    places = [0, *sorted(cuts), len(content)]
    stream = MessageStream()
    found = []
    for start, end in itertools.pairwise(places):
        found += stream.feed(content[start:end])
    assert found == [FIRST, SECOND]


def test_keep_alives_are_nothing():
    assert MessageStream().feed(b"\r\n\r\n" * 50) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (message(), "no Content-Length on a stream"),
        (message(b"Content-Length: 65535\r\n"), f"more than {MESSAGE_BYTES_MAX} bytes"),
        (b"x" * (MESSAGE_BYTES_MAX + 1), "no end of headers"),
    ],
)
def test_a_stream_that_cannot_be_followed_is_told(content, reason):
    with pytest.raises(SipError, match=reason):
        MessageStream().feed(content)
