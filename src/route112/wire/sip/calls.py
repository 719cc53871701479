"""
A call, from either end: what both ends do within a dialog, and what only the caller does.

The callee's half is in `lines`. Every method takes `now_s`, monotonic seconds. Source: RFC 3261
sections 12.2 (requests within a dialog), 13.2.2.4 (each 2xx is acknowledged, again whenever it is
repeated), 14 (re-INVITE).
"""

import enum

from sipmessage import Request, Response

from route112.wire.sip.compose import ALLOW, make_cancel, make_response
from route112.wire.sip.core import Core, Kind, Peer
from route112.wire.sip.dialog import Dialog
from route112.wire.sip.messages import find_tag, read_cseq
from route112.wire.sip.transactions import (
    REDIRECTION,
    SUCCESS,
    Repeater,
    ServerTransaction,
)

PROVISIONALS_MAX = 100
"""Reliable provisional responses of one call that are acknowledged; more is a broken peer."""
NOT_FOUND = (408, 481)
"""Responses after which a dialog is over."""


class Stage(enum.Enum):
    """How far a call is."""

    INVITING = "inviting"
    TALKING = "talking"
    OVER = "over"


class Call:
    """One call; `body` is our own session description, sent again when the peer asks."""

    def __init__(self, core: Core, dialog: Dialog, peer: Peer, body: bytes) -> None:
        self.core = core
        self.dialog = dialog
        self.peer = peer
        self.body = body
        self.stage = Stage.INVITING
        self._renewing = False
        self._acks: dict[tuple[int, str], Request] = {}
        self._answers: dict[int, Repeater] = {}

    @property
    def call_id(self) -> str:
        """Return the Call-ID."""
        return self.dialog.call_id

    @property
    def tag(self) -> str:
        """Return our own tag."""
        return find_tag(self.dialog.local)

    @property
    def contact(self) -> str:
        """Return the Contact that our responses carry."""
        return self.core.contact(self.peer)

    def bye(self, now_s: float) -> None:
        """Hang up; nothing happens when the call is not established or over."""
        if self.stage is Stage.TALKING:
            self._ask("BYE", now_s)
            self._close()

    def reinvite(self, now_s: float, body: bytes = b"") -> None:
        """Send a re-INVITE, by default with the description of before."""
        if self.stage is Stage.TALKING and not self._renewing:
            self._renewing = True
            self._ask("INVITE", now_s, body or self.body)

    def update(self, now_s: float, body: bytes = b"") -> None:
        """Send an UPDATE (RFC 3311), also before the call is answered."""
        if self.stage is not Stage.OVER and self.dialog.remote_tag:
            self._ask("UPDATE", now_s, body)

    def receive(self, transaction: ServerTransaction, now_s: float) -> None:
        """Answer a request of the peer within the dialog."""
        request = transaction.request
        if not self.dialog.admit(request):
            self._reply(transaction, 500, now_s)
        elif request.method == "BYE":
            self._reply(transaction, SUCCESS, now_s)
            self._end(request, now_s)
        elif request.method == "INVITE":
            self._renew(transaction, now_s)
        elif request.method == "UPDATE":
            self.dialog.refresh(request)
            self._reply(transaction, SUCCESS, now_s, body=self.body if request.body else b"")
            self.core.emit(self, Kind.REQUEST, request, now_s)
        elif request.method == "PRACK":
            self._take_prack(transaction, now_s)
        elif request.method == "OPTIONS":
            self._reply(transaction, SUCCESS, now_s)
        else:
            self._reply(transaction, 405, now_s)

    def receive_ack(self, ack: Request, now_s: float) -> None:
        """Stop repeating the answer that is acknowledged."""
        answer = self._answers.pop(read_cseq(ack).sequence, None)
        if answer is not None:
            self.core.acknowledge(answer)
            self.core.emit(self, Kind.ACKED, ack, now_s)

    def _take_prack(self, transaction: ServerTransaction, now_s: float) -> None:
        self._reply(transaction, 481, now_s)

    def _renew(self, transaction: ServerTransaction, now_s: float) -> None:
        request = transaction.request
        if self._renewing or self.stage is not Stage.TALKING:
            self._reply(transaction, 491, now_s)
            return
        self.dialog.refresh(request)
        self._accept(transaction, now_s)
        self.core.emit(self, Kind.REQUEST, request, now_s)

    def _accept(self, transaction: ServerTransaction, now_s: float) -> None:
        """Send 200 with our description, and repeat it until the ACK comes."""
        response = self._reply(transaction, SUCCESS, now_s, body=self.body)
        repeater = self.core.repeat(response, self._reply_peer, now_s, expired=self._no_ack)
        self._answers[read_cseq(transaction.request).sequence] = repeater

    @property
    def _reply_peer(self) -> Peer:
        return self.peer

    def _no_ack(self, now_s: float) -> None:
        """Nobody acknowledged for 64 * T1: hang up (RFC 3261 section 13.3.1.4)."""
        self.bye(now_s)
        self.core.emit(self, Kind.FAILED, None, now_s)

    def _reply(
        self, transaction: ServerTransaction, status: int, now_s: float, *, body: bytes = b""
    ) -> Response:
        headers = [("Contact", self.contact), ("Allow", ALLOW)]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        response = make_response(
            transaction.request, status, tag=self.tag, headers=headers, body=body
        )
        self.core.respond(transaction, response, now_s)
        return response

    def _ask(self, method: str, now_s: float, body: bytes = b"", *, rack: str = "") -> None:
        request = self.dialog.make_request(method)
        peer = self.core.locate(self.dialog.next_hop, self.peer)
        self.core.stamp(request, peer)
        if rack:
            request.headers.set("RAck", rack)
        if body:
            request.headers.set("Content-Type", "application/sdp")
            request.body = body

        def then(response: Response, now_s: float) -> None:
            self._receive_answer(request, response, now_s)

        def expired(now_s: float) -> None:
            self._fail(now_s)

        self.core.begin(request, peer, now_s, then=then, expired=expired)
        self.core.emit(self, Kind.SENT, request, now_s)

    def _receive_answer(self, request: Request, response: Response, now_s: float) -> None:
        if response.code < SUCCESS:
            return
        renewed = request.method == "INVITE"
        if renewed and response.code < REDIRECTION:
            self._acknowledge(request, response, now_s)
        if renewed and not self._renewing:
            return  # a repeated 2xx: acknowledged again, told only once
        if renewed:
            self._renewing = False
        if renewed or request.method == "UPDATE":
            self.dialog.refresh(response)
        if request.method == "BYE" or response.code in NOT_FOUND:
            self._end(response, now_s)
        else:
            self.core.emit(self, Kind.RESPONSE, response, now_s)

    def _acknowledge(self, invite: Request, response: Response, now_s: float) -> None:
        """Send the ACK of a 2xx, the same one whenever that 2xx comes again."""
        key = (read_cseq(invite).sequence, find_tag(response.headers["To"]))
        peer = self.core.locate(self.dialog.next_hop, self.peer)
        ack = self._acks.get(key)
        if ack is None:
            ack = self.dialog.make_request("ACK", sequence=key[0])
            self.core.stamp(ack, peer)
            self._acks = {key: ack}
            self.core.emit(self, Kind.SENT, ack, now_s)
        self.core.send(ack, peer)

    def _fail(self, now_s: float) -> None:
        if self.stage is not Stage.OVER:
            self._close()
        self.core.emit(self, Kind.FAILED, None, now_s)

    def _end(self, message: Request | Response, now_s: float) -> None:
        self._close()
        self.core.emit(self, Kind.ENDED, message, now_s)

    def _close(self) -> None:
        self.stage = Stage.OVER
        for repeater in self._answers.values():
            self.core.acknowledge(repeater)
        self._answers.clear()
        self.core.forget(self)


class OutgoingCall(Call):
    """A call that we place."""

    def __init__(self, core: Core, invite: Request, peer: Peer) -> None:
        dialog = Dialog(
            call_id=invite.headers["Call-ID"],
            local=invite.headers["From"],
            remote=invite.headers["To"],
            target=str(invite.uri),
            local_sequence=read_cseq(invite).sequence,
        )
        super().__init__(core, dialog, peer, invite.body)
        self.invite = invite
        self._cancelling = False
        self._progressed = False
        self._provisionals = 0
        self._last_reliable = 0

    def start(self, now_s: float) -> None:
        """Send the INVITE."""
        self.core.begin(
            self.invite, self.peer, now_s, then=self._receive_invite_response, expired=self._fail
        )
        self.core.emit(self, Kind.SENT, self.invite, now_s)

    def cancel(self, now_s: float) -> None:
        """
        Give up before an answer.

        CANCEL waits for the first response, since a server that has not seen the INVITE could
        not cancel it. An answer that crosses the CANCEL is acknowledged and hung up.
        """
        if self.stage is not Stage.INVITING or self._cancelling:
            return
        self._cancelling = True
        if self._progressed:
            self._send_cancel(now_s)

    def _send_cancel(self, now_s: float) -> None:
        cancel = make_cancel(self.invite)
        self.core.begin(cancel, self.peer, now_s, then=_ignore, expired=self._fail_cancel)
        self.core.emit(self, Kind.SENT, cancel, now_s)

    def _fail_cancel(self, now_s: float) -> None:
        """Neither the CANCEL nor the INVITE is answered any more."""
        if self.stage is Stage.INVITING:
            self._fail(now_s)

    def _receive_invite_response(self, response: Response, now_s: float) -> None:
        if response.code < SUCCESS:
            self._receive_progress(response, now_s)
        elif response.code < REDIRECTION:
            self._receive_success(response, now_s)
        else:
            self._close()
            self.core.emit(self, Kind.REFUSED, response, now_s)

    def _receive_progress(self, response: Response, now_s: float) -> None:
        first, self._progressed = not self._progressed, True
        self.core.emit(self, Kind.PROGRESS, response, now_s)
        if find_tag(response.headers["To"]):
            self._adopt(response)
            self._send_prack(response, now_s)
        if first and self._cancelling:
            self._send_cancel(now_s)

    def _adopt(self, response: Response) -> None:
        """Take over what a response says of the dialog, numbers of our requests excepted."""
        sequence, remote = self.dialog.local_sequence, self.dialog.remote_sequence
        self.dialog = Dialog.of_response(self.invite, response)
        self.dialog.local_sequence, self.dialog.remote_sequence = sequence, remote

    def _send_prack(self, response: Response, now_s: float) -> None:
        """Acknowledge a reliable provisional response once (RFC 3262)."""
        number = response.headers.get("RSeq") or ""
        reliable = "100rel" in response.require and number.isascii() and number.isdigit()
        if not reliable or self._provisionals >= PROVISIONALS_MAX:
            return
        if int(number[:10]) > self._last_reliable:
            self._last_reliable = int(number[:10])
            self._provisionals += 1
            self._ask("PRACK", now_s, rack=f"{number} {self.invite.headers['CSeq']}")

    def _receive_success(self, response: Response, now_s: float) -> None:
        known = self.dialog.remote_tag == find_tag(response.headers["To"])
        if self.stage is Stage.INVITING:
            self._adopt(response)
            self.stage = Stage.TALKING
            self.core.emit(self, Kind.ANSWERED, response, now_s)
            self._acknowledge(self.invite, response, now_s)
            if self._cancelling:
                self.bye(now_s)
        elif known:
            self._acknowledge(self.invite, response, now_s)
        else:
            self._leave_fork(response, now_s)

    def _leave_fork(self, response: Response, now_s: float) -> None:
        """Somebody else answered too: acknowledge and hang up."""
        fork = Dialog.of_response(self.invite, response)
        peer = self.core.locate(fork.next_hop, self.peer)
        ack = fork.make_request("ACK", sequence=read_cseq(self.invite).sequence)
        bye = fork.make_request("BYE")
        for request in (ack, bye):
            self.core.stamp(request, peer)
        self.core.send(ack, peer)
        self.core.begin(bye, peer, now_s, then=_ignore, expired=lambda _now_s: None)


def _ignore(_response: Response, _now_s: float) -> None:
    return None
