"""
SIP without I/O: a user agent as state machines, on the message grammar of `sipmessage`.

Bytes and time come in as arguments, bytes and events come out; sockets, clocks and random numbers
belong to `adapters.sip`. From the wire upwards:

- `messages` parses and renders one message, bounded and byte for byte; `stream` cuts a TCP stream
  into messages; `compose` makes the messages that follow from another one.
- `transactions` holds the machines of RFC 3261 section 17, with `timers` as a value.
- `dialog` is what both ends agree on; `calls` and `lines` are a call from the caller's and from
  the callee's side: CANCEL, re-INVITE, UPDATE, BYE and PRACK included.
- `agent` finds the transaction or call that a message belongs to.
- `sdp` and `rtp` know one codec, G.711 A-law: enough to hear whether there is audio.

It is a test phone and a notifier, not a proxy: it does not look up names, does not authenticate,
and takes every route as a loose one.
"""

from route112.wire.sip.agent import Agent, Invitation
from route112.wire.sip.calls import Call, OutgoingCall, Stage
from route112.wire.sip.core import Event, Kind, Outgoing, Peer
from route112.wire.sip.lines import IncomingCall
from route112.wire.sip.messages import SipError, parse_message, parse_uri, render_message
from route112.wire.sip.timers import Timers

__all__ = [
    "Agent",
    "Call",
    "Event",
    "IncomingCall",
    "Invitation",
    "Kind",
    "Outgoing",
    "OutgoingCall",
    "Peer",
    "SipError",
    "Stage",
    "Timers",
    "parse_message",
    "parse_uri",
    "render_message",
]
