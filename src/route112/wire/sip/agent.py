"""
The agent without I/O: bytes and time in, bytes and events out.

`receive`, `wake`, `fail` and the methods of calls put bytes into `outgoing` and events into
`events`; whoever drives the agent takes both away after each of them and calls `wake` when `due_s`
has come. Nothing that a peer sends raises.
"""

import heapq
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from sipmessage import Request, Response

from route112.wire.sip.calls import Call, OutgoingCall
from route112.wire.sip.compose import (
    ALLOW,
    SUPPORTED,
    Header,
    add_headers,
    make_response,
    mark_source,
    reply_port,
    transaction_key,
)
from route112.wire.sip.core import (
    DEFAULT_PORTS,
    TRANSPORTS,
    Event,
    Kind,
    OnExpired,
    OnResponse,
    Outgoing,
    Peer,
)
from route112.wire.sip.lines import IncomingCall
from route112.wire.sip.messages import (
    MAGIC_COOKIE,
    SipError,
    find_tag,
    parse_message,
    parse_uri,
    render_message,
)
from route112.wire.sip.timers import Timers
from route112.wire.sip.transactions import (
    ClientTransaction,
    Effect,
    Machine,
    Pass,
    Repeater,
    Send,
    ServerTransaction,
    State,
)

TRANSACTIONS_MAX = 100_000
"""Open transactions of an agent; a request above it is dropped."""
METHODS = frozenset(ALLOW.split(", "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What an INVITE is made of."""

    uri: str
    """Request URI."""
    caller: str
    """URI of From."""
    to: str = ""
    """URI of To; the request URI when empty."""
    call_id: str = ""
    """Drawn when empty."""
    headers: Sequence[Header] = ()
    body: bytes = b""
    content_type: str = "application/sdp"


@dataclass(slots=True)
class _Entry:
    """A machine, where it sends to, and who is told."""

    machine: Machine
    peer: Peer
    then: OnResponse | None = None
    expired: OnExpired | None = None
    key: tuple[str, ...] = ()
    call: IncomingCall | None = None


class Agent:
    """Every transaction and call of one user agent."""

    def __init__(self, token: Callable[[], str], *, timers: Timers | None = None) -> None:
        """Make an agent; each result of `token` is unique and holds letters and digits only."""
        self.timers = timers or Timers()
        self.outgoing: list[Outgoing] = []
        self.events: list[Event] = []
        self.answers_calls = False
        """Whether a new INVITE is an event; otherwise it is refused with 480."""
        self.dropped = 0
        """Messages that could not be understood."""
        self.calls: dict[tuple[str, str], Call] = {}
        self._token = token
        self._clients: dict[tuple[str, ...], _Entry] = {}
        self._servers: dict[tuple[str, ...], _Entry] = {}
        self._heap: list[tuple[float, int, _Entry]] = []
        self._count = 0

    @property
    def due_s(self) -> float | None:
        """When `wake` should be called; None for not at all."""
        return self._heap[0][0] if self._heap else None

    def wake(self, now_s: float) -> None:
        """Let every timer act that is due."""
        while self._heap and self._heap[0][0] <= now_s:
            _, _, entry = heapq.heappop(self._heap)
            due_s = entry.machine.due_s
            if due_s is not None and due_s <= now_s:
                self._apply(entry, entry.machine.fire(now_s), now_s)

    def invite(self, invitation: Invitation, peer: Peer, now_s: float) -> OutgoingCall:
        """Place a call; raises SipError or ValueError when it cannot be written as SIP."""
        request = self._make_invite(invitation, peer)
        parse_message(render_message(request))  # what we refuse to read we do not send
        call = OutgoingCall(self, request, peer)
        self.calls[call.call_id, call.tag] = call
        call.start(now_s)
        return call

    def _make_invite(self, invitation: Invitation, peer: Peer) -> Request:
        written = (invitation.caller, invitation.to, invitation.call_id, invitation.content_type)
        if set("".join(written)) & set("\r\n"):
            raise ValueError("what is written into a header is one line")
        request = Request("INVITE", parse_uri(invitation.uri))
        request.headers.set("From", f"<{invitation.caller}>;tag={self._token()}")
        request.headers.set("To", f"<{invitation.to or invitation.uri}>")
        request.headers.set("Call-ID", invitation.call_id or f"{self._token()}@route112")
        request.headers.set("CSeq", "1 INVITE")
        request.headers.set("Max-Forwards", "70")
        request.headers.set("Allow", ALLOW)
        self.stamp(request, peer)
        add_headers(request, invitation.headers)
        if invitation.body:
            request.headers.set("Content-Type", invitation.content_type)
            request.body = invitation.body
        return request

    def receive(self, content: bytes, peer: Peer, now_s: float) -> None:
        """Take one message from `peer`; whatever it holds, nothing is raised."""
        try:
            message = parse_message(content)
            if isinstance(message, Response):
                self._receive_response(message, now_s)
            else:
                mark_source(message, peer.host, peer.port)
                self._receive_request(message, peer, now_s)
        except SipError:
            self.dropped += 1

    def fail(self, peer: Peer, now_s: float) -> None:
        """Take note that nothing can be sent to `peer`: what waits for its answer fails."""
        for entry in list(self._clients.values()):
            waiting = entry.machine.state in (State.CALLING, State.TRYING, State.PROCEEDING)
            if waiting and (entry.peer.host, entry.peer.port) == (peer.host, peer.port):
                self._drop(entry)
                if entry.expired:
                    entry.expired(now_s)

    # What calls ask for: `core.Core`.

    def begin(
        self, request: Request, peer: Peer, now_s: float, *, then: OnResponse, expired: OnExpired
    ) -> ClientTransaction:
        """Send a request in a transaction of its own."""
        machine = ClientTransaction(request, self.timers, reliable=peer.reliable, now_s=now_s)
        branch, *_, method = transaction_key(request)
        entry = _Entry(machine, peer, then, expired, (branch, method))
        self._clients[entry.key] = entry
        self._apply(entry, machine.start(), now_s)
        return machine

    def repeat(
        self, response: Response, peer: Peer, now_s: float, *, expired: OnExpired
    ) -> Repeater:
        """Repeat a response that was sent until it is acknowledged."""
        machine = Repeater(render_message(response), self.timers, now_s)
        entry = _Entry(machine, peer, expired=expired)
        self._apply(entry, (), now_s)
        return machine

    def acknowledge(self, repeater: Repeater) -> None:
        """Stop repeating."""
        repeater.acknowledge()

    def respond(self, transaction: ServerTransaction, response: Response, now_s: float) -> None:
        """Answer a request."""
        entry = self._servers.get(transaction_key(transaction.request))
        if entry is not None:
            self._apply(entry, transaction.respond(response, now_s), now_s)

    def abandon(self, transaction: ServerTransaction, now_s: float) -> None:
        """Never answer a request, and forget it in time."""
        entry = self._servers.get(transaction_key(transaction.request))
        if entry is not None:
            transaction.abandon(now_s)
            self._apply(entry, (), now_s)

    def send(self, message: Request | Response, peer: Peer) -> None:
        """Send a message outside any transaction."""
        self.outgoing.append(Outgoing(render_message(message), peer))

    def stamp(self, request: Request, peer: Peer) -> None:
        """Write our Via, with a fresh branch, and our Contact."""
        host = bracket(peer.local_host)
        via = f"SIP/2.0/{peer.transport.upper()} {host}:{peer.local_port}"
        request.headers.set("Via", f"{via};branch={MAGIC_COOKIE}{self._token()};rport")
        if request.method in ("INVITE", "UPDATE"):
            request.headers.set("Contact", self.contact(peer))

    def contact(self, peer: Peer, user: str = "") -> str:
        """Return our Contact value as `peer` may use it; `user` is who is meant."""
        place = f"{bracket(peer.local_host)}:{peer.local_port}"
        user = f"{quote(user, safe='+-_.')}@" if user else ""
        return f"<sip:{user}{place};transport={peer.transport}>"

    def locate(self, uri: str, near: Peer) -> Peer:
        """Return where requests to `uri` go; `near` when its host is a name."""
        try:
            parsed = parse_uri(uri)
            host = str(ipaddress.ip_address(parsed.host.strip("[]")))
        except ValueError:  # SipError is one
            return near
        transport = (parsed.parameters.get("transport") or "").lower()
        if transport not in TRANSPORTS:
            transport = "tls" if parsed.scheme == "sips" else "udp"
        port = parsed.port or DEFAULT_PORTS[transport]
        return replace(near, transport=transport, host=host, port=port)

    def emit(
        self, call: Call, kind: Kind, message: Request | Response | None, now_s: float
    ) -> None:
        """Tell the user."""
        self.events.append(Event(call, kind, message, now_s))

    def forget(self, call: Call) -> None:
        """Route no more requests to a call that is over."""
        self.calls.pop((call.call_id, call.tag), None)

    # What comes in.

    def _receive_response(self, response: Response, now_s: float) -> None:
        entry = self._clients.get(transaction_key(response))
        if entry is not None and isinstance(entry.machine, ClientTransaction):
            self._apply(entry, entry.machine.receive(response, now_s), now_s)

    def _receive_request(self, request: Request, peer: Peer, now_s: float) -> None:
        entry = self._servers.get(transaction_key(request))
        if entry is not None and entry.call is not None and entry.call.muted:
            return
        if request.method == "ACK":
            self._receive_ack(request, entry, now_s)
        elif entry is not None and isinstance(entry.machine, ServerTransaction):
            self._apply(entry, entry.machine.receive(request, now_s), now_s)
        elif len(self._servers) < TRANSACTIONS_MAX:
            self._serve(request, peer, now_s)

    def _receive_ack(self, ack: Request, entry: _Entry | None, now_s: float) -> None:
        refused = entry is not None and entry.machine.state is State.COMPLETED
        if entry is not None and refused and isinstance(entry.machine, ServerTransaction):
            self._apply(entry, entry.machine.receive(ack, now_s), now_s)
        elif call := self.calls.get((ack.headers["Call-ID"], find_tag(ack.headers["To"]))):
            call.receive_ack(ack, now_s)

    def _serve(self, request: Request, peer: Peer, now_s: float) -> None:
        """Open a transaction for a request that is new, and say who answers it."""
        tag = find_tag(request.headers["To"])
        call = self.calls.get((request.headers["Call-ID"], tag)) if tag else None
        cancelled = self._find_cancelled(request)
        if cancelled is not None and cancelled.muted:
            return
        reply_peer = peer
        if not peer.reliable:
            reply_peer = replace(peer, port=reply_port(request, peer.port))
        transaction = ServerTransaction(request, self.timers, reliable=peer.reliable)
        entry = _Entry(transaction, reply_peer, key=transaction_key(request))
        self._servers[entry.key] = entry
        if unknown := [name for name in request.require if name not in SUPPORTED]:
            self._refuse(transaction, 420, now_s, ("Unsupported", ", ".join(unknown)))
        elif request.method == "CANCEL":
            self._refuse(transaction, 200 if cancelled else 481, now_s)
            if cancelled is not None:
                cancelled.cancel(request, now_s)
        elif call is not None:
            call.receive(transaction, now_s)
        elif tag:
            self._refuse(transaction, 481, now_s)
        elif request.method == "INVITE" and self.answers_calls:
            self._open(entry, transaction, peer, now_s)
        else:
            status = {"OPTIONS": 200, "INVITE": 480}.get(request.method, 405)
            self._refuse(transaction, status, now_s)

    def _open(
        self, entry: _Entry, transaction: ServerTransaction, peer: Peer, now_s: float
    ) -> None:
        tag = self._token()
        try:
            call = IncomingCall(self, transaction, peer, tag=tag, reply_peer=entry.peer)
        except SipError as error:
            self._refuse(transaction, error.status, now_s)
            return
        entry.call = call
        self.calls[call.call_id, call.tag] = call
        self.emit(call, Kind.INCOMING, transaction.request, now_s)

    def _find_cancelled(self, request: Request) -> IncomingCall | None:
        if request.method != "CANCEL":
            return None
        *place, _method = transaction_key(request)
        entry = self._servers.get((*place, "INVITE"))
        return entry.call if entry is not None else None

    def _refuse(
        self, transaction: ServerTransaction, status: int, now_s: float, *headers: Header
    ) -> None:
        response = make_response(
            transaction.request, status, tag=self._token(), headers=(("Allow", ALLOW), *headers)
        )
        self.respond(transaction, response, now_s)

    # What machines return.

    def _apply(self, entry: _Entry, effects: tuple[Effect, ...], now_s: float) -> None:
        if entry.machine.state is State.TERMINATED:
            self._drop(entry)
        elif entry.machine.due_s is not None:
            self._count += 1
            heapq.heappush(self._heap, (entry.machine.due_s, self._count, entry))
        for effect in effects:
            if isinstance(effect, Send):
                self.outgoing.append(Outgoing(effect.content, entry.peer))
            elif isinstance(effect, Pass):
                if entry.then is not None and isinstance(effect.message, Response):
                    entry.then(effect.message, now_s)
            elif entry.expired is not None:
                entry.expired(now_s)

    def _drop(self, entry: _Entry) -> None:
        self._clients.pop(entry.key, None)
        self._servers.pop(entry.key, None)
        if entry.call is not None and entry.call.muted:
            self.forget(entry.call)


def check_invitation(invitation: Invitation) -> None:
    """Raise SipError or ValueError when an invitation cannot be written as SIP."""
    nowhere = Peer(transport="udp", host="::1", port=0, local_host="::1", local_port=0)
    Agent(lambda: "check").invite(invitation, nowhere, 0.0)


def bracket(host: str) -> str:
    """Write an IPv6 address as it stands in a URI."""
    return f"[{host}]" if ":" in host else host
