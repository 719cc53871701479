"""Where the peer hears."""

import pytest

from route112.wire.sip.sdp import MIRROR, SOURCE, Audio, find_audio, find_loopback, render_sdp


@pytest.mark.parametrize("audio", [Audio("192.0.2.1", 4000), Audio("2001:db8::1", 65_535)])
def test_what_is_offered_is_found(audio):
    assert find_audio(render_sdp(audio)) == audio


@pytest.mark.parametrize(
    ("direction", "hears"), [("recvonly", True), ("sendonly", False), ("inactive", False)]
)
def test_who_does_not_hear_is_sent_nothing(direction, hears):
    body = render_sdp(Audio("192.0.2.1", 4000), direction=direction)
    assert (find_audio(body) is not None) == hears


def test_it_is_found_in_a_multipart_body_and_below_its_media_line():
    body = b"--b\r\nContent-Type: application/pidf+xml\r\n\r\n<presence/>\r\n--b\r\n\r\n"
    assert find_audio(body + render_sdp(Audio("192.0.2.1", 4000))) == Audio("192.0.2.1", 4000)
    below = b"v=0\nm=audio 4000 RTP/AVP 0 8 101\nc=IN IP4 192.0.2.5\n"
    assert find_audio(below) == Audio("192.0.2.5", 4000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0",
        b"c=IN IP4 192.0.2.1\nm=audio 0 RTP/AVP 8",
        b"c=IN IP4 192.0.2.1\nm=audio 99999 RTP/AVP 8",
        b"c=IN IP4 0.0.0.0\nm=audio 4000 RTP/AVP 8",
        b"c=IN IP4 999.0.0.1\nm=audio 4000 RTP/AVP 8",
        b"m=audio 4000 RTP/AVP 8",
        b"c=IN IP4 192.0.2.1\nm=video 4000 RTP/AVP 8",
    ],
)
def test_without_a_usable_stream_there_is_nowhere_to_send(body):
    assert find_audio(body) is None


@pytest.mark.parametrize("end", [SOURCE, MIRROR])
def test_the_ends_of_a_loopback_know_each_other(end):
    body = render_sdp(Audio("127.0.0.1", 4000), loopback=end)
    assert find_loopback(body) == end
    assert b"a=loopback:rtp-media-loopback" in body
    assert find_audio(body) == Audio("127.0.0.1", 4000)


def test_an_ordinary_call_is_no_loopback():
    body = render_sdp(Audio("127.0.0.1", 4000))
    assert find_loopback(body) == ""
    assert b"loopback" not in body
