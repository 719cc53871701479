"""
The SIP agent on an event loop: sockets, clock and random tokens around `wire.sip`.

`SipAgent` listens on UDP, TCP and TLS addresses (IPv4 and IPv6) and drives one sans-I/O agent;
`Media` is one RTP socket per host; `PlacedCall` is the life of a call that is placed, with a wall
clock stamp for whatever the caller saw.
"""

from route112.adapters.sip.address import Address
from route112.adapters.sip.agent import SipAgent
from route112.adapters.sip.caller import CallPlan, CallResult, PlacedCall, Step
from route112.adapters.sip.media import Media
from route112.adapters.sip.tls import TlsFiles

__all__ = [
    "Address",
    "CallPlan",
    "CallResult",
    "Media",
    "PlacedCall",
    "SipAgent",
    "Step",
    "TlsFiles",
]
