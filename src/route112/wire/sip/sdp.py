"""
Just enough SDP for a voice call: offer or accept G.711 A-law, find where the peer hears.

A test call offers to be the source of a media loopback; whoever answers as its mirror sends back
what it hears (RFC 6849, `rtp-media-loopback`).
"""

import ipaddress
import re
from dataclasses import dataclass

PCMA = 8
"""RTP payload type of G.711 A-law."""
SDP_BYTES_MAX = 16_384
"""Of a body that is searched for a session description."""
PORT_MAX = 65_535
SOURCE, MIRROR = "source", "mirror"
"""The two ends of a media loopback."""

_AUDIO = re.compile(r"m=audio ([0-9]{1,5})(?:/[0-9]+)? RTP/AVP((?: [0-9]{1,3})+)")
_DEAF = re.compile(rb"^a=(?:sendonly|inactive)\r?$", re.MULTILINE)
_LOOPBACK = re.compile(rb"^a=loopback-(source|mirror)\r?$", re.MULTILINE)
_CONNECTION = re.compile(r"c=IN IP[46] ([0-9A-Fa-f.:]+)")


@dataclass(frozen=True, slots=True)
class Audio:
    """Where somebody hears audio."""

    host: str
    port: int


def render_sdp(
    audio: Audio,
    *,
    session: int = 1,
    version: int = 1,
    direction: str = "sendrecv",
    loopback: str = "",
) -> bytes:
    """
    Render the description of one A-law stream; it serves as offer and as answer.

    Args:
        loopback: SOURCE or MIRROR; empty: an ordinary call.
    """
    family = "IP6" if ":" in audio.host else "IP4"
    lines = (
        "v=0",
        f"o=route112 {session} {version} IN {family} {audio.host}",
        "s=-",
        f"c=IN {family} {audio.host}",
        "t=0 0",
        f"m=audio {audio.port} RTP/AVP {PCMA}",
        "a=rtpmap:8 PCMA/8000",
        "a=ptime:20",
        f"a={direction}",
        *(("a=loopback:rtp-media-loopback", f"a=loopback-{loopback}") if loopback else ()),
        "",
    )
    return "\r\n".join(lines).encode("ascii")


def find_loopback(body: bytes) -> str:
    """Return which end of a media loopback somebody is: SOURCE, MIRROR, or empty for neither."""
    match = _LOOPBACK.search(body, 0, SDP_BYTES_MAX)
    return match[1].decode("ascii") if match else ""


def find_audio(body: bytes) -> Audio | None:
    """
    Find where the peer hears A-law, in an SDP body or in a multipart body that has one.

    None when it describes no such stream, rejects it (port 0), or holds it (`c=0.0.0.0`, or a
    direction in which the peer hears nothing).
    """
    if _DEAF.search(body, 0, SDP_BYTES_MAX):
        return None
    connection = ""
    for line in body[:SDP_BYTES_MAX].decode("latin-1").replace("\r\n", "\n").split("\n"):
        if match := _CONNECTION.fullmatch(line.strip()):
            connection = match[1]
        elif match := _AUDIO.fullmatch(line.strip()):
            port = int(match[1])
            if str(PCMA) not in match[2].split() or not 0 < port <= PORT_MAX:
                return None
            host = connection or _find_connection(body)
            return Audio(host, port) if _is_address(host) else None
    return None


def _find_connection(body: bytes) -> str:
    """Return a `c=` that stands below its `m=`."""
    match = _CONNECTION.search(body[:SDP_BYTES_MAX].decode("latin-1"))
    return match[1] if match else ""


def _is_address(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
