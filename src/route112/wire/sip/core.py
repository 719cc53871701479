"""What a call needs of the agent that it belongs to, and what both tell the world."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sipmessage import Request, Response

from route112.wire.sip.transactions import ClientTransaction, Repeater, ServerTransaction

if TYPE_CHECKING:
    from route112.wire.sip.calls import Call

TRANSPORTS = ("udp", "tcp", "tls")
DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Where messages go to and come from: a far end, seen from one of our own addresses."""

    transport: str
    """`udp`, `tcp` or `tls`."""
    host: str
    """IP address of the far end, without brackets."""
    port: int
    local_host: str
    local_port: int
    """What we listen on, and write into Via and Contact."""

    @property
    def reliable(self) -> bool:
        """Tell whether the transport repeats what is lost."""
        return self.transport != "udp"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Bytes to put on the wire."""

    content: bytes
    peer: Peer


class Kind(enum.Enum):
    """What happened to a call."""

    INCOMING = "incoming"
    """A new INVITE; the user has to ring, answer, refuse or mute it."""
    SENT = "sent"
    """A request of ours left for the first time."""
    PROGRESS = "progress"
    """A provisional response came."""
    ANSWERED = "answered"
    """A 2xx to our INVITE came; it is acknowledged already."""
    REFUSED = "refused"
    """A final response of 300 and above to our INVITE came."""
    FAILED = "failed"
    """No response, no ACK or no connection; the call is over."""
    ACKED = "acked"
    """The caller acknowledged our answer."""
    CANCELLED = "cancelled"
    """The caller gave up before we answered; 487 is sent already."""
    REQUEST = "request"
    """The peer sent re-INVITE, UPDATE or PRACK; it is answered already."""
    RESPONSE = "response"
    """A final response to a request of ours within the call."""
    ENDED = "ended"
    """BYE came, or was answered."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a call."""

    call: "Call"
    kind: Kind
    message: Request | Response | None
    at_s: float


OnResponse = Callable[[Response, float], None]
OnExpired = Callable[[float], None]


class Core(Protocol):
    """What a call may ask its agent to do."""

    def begin(
        self, request: Request, peer: Peer, now_s: float, *, then: OnResponse, expired: OnExpired
    ) -> ClientTransaction:
        """Send a request in a transaction of its own."""

    def repeat(
        self, response: Response, peer: Peer, now_s: float, *, expired: OnExpired
    ) -> Repeater:
        """Repeat a response that was sent until it is acknowledged."""

    def respond(self, transaction: ServerTransaction, response: Response, now_s: float) -> None:
        """Answer a request."""

    def abandon(self, transaction: ServerTransaction, now_s: float) -> None:
        """Never answer a request, and forget it in time."""

    def send(self, message: Request | Response, peer: Peer) -> None:
        """Send a message outside any transaction (the ACK of a 2xx)."""

    def stamp(self, request: Request, peer: Peer) -> None:
        """Write our Via, with a fresh branch, and our Contact."""

    def contact(self, peer: Peer, user: str = "") -> str:
        """Return our Contact value as `peer` may use it; `user` is who is meant."""

    def locate(self, uri: str, near: Peer) -> Peer:
        """Return where requests to `uri` go; `near` when its host is a name."""

    def emit(
        self, call: "Call", kind: Kind, message: Request | Response | None, now_s: float
    ) -> None:
        """Tell the user."""

    def acknowledge(self, repeater: Repeater) -> None:
        """Stop repeating."""

    def forget(self, call: "Call") -> None:
        """Route no more requests to a call that is over."""
