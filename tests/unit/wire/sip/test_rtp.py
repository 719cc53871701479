"""RTP packets of A-law."""

import struct

from route112.wire.sip.rtp import (
    SAMPLES,
    SILENCE,
    find_payload,
    is_packet,
    make_tone,
    render_packet,
)


def test_a_packet_has_its_number_its_time_and_its_source():
    packet = render_packet(70_000, 0x1_0000_0007)
    version, kind, sequence, stamp, source = struct.unpack_from("!BBHII", packet)
    assert (version, kind, source) == (0x80, 8, 7)
    assert sequence == 70_000 % 65_536
    assert stamp == 70_000 * SAMPLES
    assert packet[12:] == SILENCE


def test_only_a_law_in_rtp_counts():
    assert is_packet(render_packet(1, 2))
    assert not is_packet(b"")
    assert not is_packet(render_packet(1, 2)[:12])
    assert not is_packet(b"\x80\x00" + bytes(160))
    assert not is_packet(b"INVITE sip:15@192.0.2.1 SIP/2.0")


def test_a_tone_begins_and_ends_at_zero_and_swings_both_ways():
    tone = make_tone()
    assert len(tone) == SAMPLES
    assert tone[0] == SILENCE[0]
    assert len({octet & 0x80 for octet in tone}) == 2
    assert tone[: SAMPLES // 8] == tone[SAMPLES // 8 : SAMPLES // 4]


def test_a_payload_begins_after_the_sources_that_contributed():
    packet = render_packet(1, 2, b"tone")
    assert find_payload(packet) == b"tone"
    mixed = bytes([packet[0] | 2]) + packet[1:12] + bytes(8) + b"tone"
    assert find_payload(mixed) == b"tone"
