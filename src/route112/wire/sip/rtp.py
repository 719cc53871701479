"""RTP packets of G.711 A-law: 20 ms of silence or of a tone in each (RFC 3550, RFC 3551)."""

import math
import struct

from route112.wire.sip.sdp import PCMA

PACKET_SECONDS = 0.02
SAMPLES = 160
"""Of one packet, at 8,000 a second."""
HEADER_BYTES = 12
SILENCE = bytes([0xD5]) * SAMPLES

_VERSION = 0x80
_PEAK = 4_000
_SAMPLES_PER_SECOND = 8_000
_TONE_HZ = 400
"""A whole number of periods fits in a packet, so that packets join without a click."""
_SAMPLE_MAX = 0x7FFF
_LINEAR_BITS = 5
"""Magnitudes of so many bits are in the first segment, which is linear."""


def render_packet(sequence: int, source: int, payload: bytes = SILENCE) -> bytes:
    """Render packet number `sequence` of the stream `source` (SSRC)."""
    header = struct.pack(
        "!BBHII",
        _VERSION,
        PCMA,
        sequence & 0xFFFF,
        sequence * SAMPLES & 0xFFFFFFFF,
        source & 0xFFFFFFFF,
    )
    return header + payload


def is_packet(content: bytes) -> bool:
    """Tell whether this is an RTP packet with A-law in it."""
    return (
        len(content) > HEADER_BYTES and content[0] & 0xC0 == _VERSION and content[1] & 0x7F == PCMA
    )


def find_payload(content: bytes) -> bytes:
    """Return what a packet carries, without sources that contributed; its padding is kept."""
    sources = content[0] & 0x0F
    return content[HEADER_BYTES + 4 * sources :]


def make_tone() -> bytes:
    """Make the samples of one packet of a tone."""
    step = 2 * math.pi * _TONE_HZ / _SAMPLES_PER_SECOND
    return bytes(_encode_alaw(round(_PEAK * math.sin(step * index))) for index in range(SAMPLES))


def _encode_alaw(sample: int) -> int:
    """Encode a 16-bit sample: sign, segment, four bits; every other bit inverted (ITU-T G.711)."""
    sign = 0x80 if sample >= 0 else 0
    magnitude = min(sample if sample >= 0 else -sample - 1, _SAMPLE_MAX) >> 3
    segment = max(magnitude.bit_length() - _LINEAR_BITS, 0)
    return (sign | segment << 4 | magnitude >> max(segment, 1) & 0xF) ^ 0x55
