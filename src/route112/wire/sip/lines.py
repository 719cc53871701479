"""The callee's half of a call: ring, answer, refuse, or never say a word."""

from sipmessage import Request, Response

from route112.wire.sip.calls import Call, Stage
from route112.wire.sip.compose import ALLOW, make_response
from route112.wire.sip.core import Core, Kind, Peer
from route112.wire.sip.dialog import Dialog
from route112.wire.sip.messages import read_cseq
from route112.wire.sip.transactions import SUCCESS, Repeater, ServerTransaction

TRYING = 100
RINGING = 180
CANCELLED = 487


class IncomingCall(Call):
    """A call that somebody places to us; the user says what happens to it."""

    def __init__(
        self, core: Core, transaction: ServerTransaction, peer: Peer, *, tag: str, reply_peer: Peer
    ) -> None:
        super().__init__(core, Dialog.of_request(transaction.request, tag), peer, b"")
        self.invite: Request = transaction.request
        self.muted = False
        self.status = 0
        """Final status that was sent; 0 before."""
        self._transaction = transaction
        self._first_reply_peer = reply_peer
        self._reliable: Repeater | None = None
        self._reliable_number = 0

    @property
    def number(self) -> str:
        """Return what was called: the user part of the request URI."""
        return self.invite.uri.user or ""

    @property
    def contact(self) -> str:
        """Return our Contact: the number that was called, at our address."""
        return self.core.contact(self.peer, self.number)

    @property
    def wants_reliable(self) -> bool:
        """Tell whether the caller requires reliable provisional responses (RFC 3262)."""
        return "100rel" in self.invite.require

    @property
    def _reply_peer(self) -> Peer:
        return self._first_reply_peer

    def mute(self, now_s: float) -> None:
        """Never answer anything in this call, not even its CANCEL."""
        self.muted = True
        if self.stage is Stage.INVITING:
            self.core.abandon(self._transaction, now_s)

    def progress(self, now_s: float, status: int = RINGING) -> None:
        """Send a provisional response, reliably when the caller requires it."""
        if self.muted or self.stage is not Stage.INVITING:
            return
        headers = [("Contact", self.contact), ("Allow", ALLOW)]
        reliable = self.wants_reliable and status > TRYING and self._reliable is None
        if reliable:
            self._reliable_number += 1
            headers += [("Require", "100rel"), ("RSeq", str(self._reliable_number))]
        tag = "" if status == TRYING else self.tag
        response = make_response(self.invite, status, tag=tag, headers=headers)
        self.core.respond(self._transaction, response, now_s)
        if reliable:
            self._reliable = self.core.repeat(
                response, self._reply_peer, now_s, expired=self._no_prack
            )

    def answer(self, now_s: float, body: bytes) -> None:
        """Pick up, with `body` as our session description."""
        if not self.muted and self.stage is Stage.INVITING:
            self._stop_progress()
            self.body = body
            self.status = SUCCESS
            self.stage = Stage.TALKING
            self._accept(self._transaction, now_s)

    def refuse(self, now_s: float, status: int, *, reason: str = "") -> None:
        """Send a final response of 300 and above; `reason` goes into a Reason header."""
        if self.muted or self.stage is not Stage.INVITING:
            return
        self._stop_progress()
        self.status = status
        headers = [("Reason", reason)] if reason else []
        response: Response = make_response(self.invite, status, tag=self.tag, headers=headers)
        self.core.respond(self._transaction, response, now_s)
        self._close()

    def cancel(self, cancel: Request, now_s: float) -> None:
        """Take the caller's CANCEL: 487, unless it came too late."""
        if self.stage is Stage.INVITING:
            self.refuse(now_s, CANCELLED)
            self.core.emit(self, Kind.CANCELLED, cancel, now_s)

    def receive(self, transaction: ServerTransaction, now_s: float) -> None:
        """Answer a request within the dialog; BYE before the answer ends the INVITE too."""
        if self.muted:
            return
        if transaction.request.method == "BYE":
            self.refuse(now_s, CANCELLED)
        super().receive(transaction, now_s)

    def _take_prack(self, transaction: ServerTransaction, now_s: float) -> None:
        rack = (transaction.request.headers.get("RAck") or "").split()
        sequence = str(read_cseq(self.invite).sequence)
        if self._reliable is None or rack != [str(self._reliable_number), sequence, "INVITE"]:
            super()._take_prack(transaction, now_s)
            return
        self._stop_progress()
        self._reply(transaction, SUCCESS, now_s)
        self.core.emit(self, Kind.REQUEST, transaction.request, now_s)

    def _stop_progress(self) -> None:
        if self._reliable is not None:
            self.core.acknowledge(self._reliable)
            self._reliable = None

    def _no_prack(self, now_s: float) -> None:
        self._reliable = None
        self.refuse(now_s, 504)
        self.core.emit(self, Kind.FAILED, None, now_s)
