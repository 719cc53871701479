"""One placed call, from INVITE to the end, with a stamp for whatever the caller saw."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sipmessage import Request, Response

from route112.adapters.sip.address import Address
from route112.adapters.sip.agent import SipAgent
from route112.adapters.sip.media import Media
from route112.wire.sip import Event, Invitation, Kind, OutgoingCall
from route112.wire.sip.messages import find_uri, read_cseq, split_values
from route112.wire.sip.sdp import Audio, find_audio

CANCEL_SECONDS_MAX = 2.0
"""How long a cancelled call waits for its end."""
BYE_SECONDS_MAX = 5.0
STEPS_MAX = 200
"""Steps of one call that are kept."""
MESSAGES_MAX = 200
RINGING = range(180, 190)
ANSWERED = 200
NOTHING = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """A call to place."""

    invitation: Invitation
    to: Address
    local: Address
    timeout_s: float = 32.0
    """How long to wait for an answer before CANCEL."""
    hold_s: float = 1.0
    """How long to talk before BYE; negative leaves hanging up to the other end."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the caller saw or did."""

    ms: float
    """Since the INVITE."""
    name: str
    """A status or a method."""
    text: str


@dataclass(slots=True, kw_only=True)
class CallResult:
    """What came of a call; times are wall clock microseconds, None where it did not happen."""

    call_id: str
    placed_us: int
    first_response_us: int | None = None
    ringing_us: int | None = None
    answered_us: int | None = None
    ended_us: int | None = None
    status: int = NOTHING
    """Final status; 0 when there was none."""
    phrase: str = ""
    reason: str = ""
    """Value of the Reason header, or what the caller did instead of waiting on."""
    answered_by: str = ""
    """URI of the answering Contact."""
    audio: Audio | None = None
    """Where the answering side's audio comes from."""
    audio_packets: int = 0
    steps: list[Step] = field(default_factory=list)


class PlacedCall:
    """A call under way; `run` is the usual life of one."""

    def __init__(
        self,
        agent: SipAgent,
        plan: CallPlan,
        *,
        media: Media | None = None,
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        """Send the INVITE; raises ValueError when it cannot be written as SIP."""
        self.plan = plan
        self.messages: list[Request | Response] = []
        """What the other end sent, newest last; at most MESSAGES_MAX."""
        self._agent = agent
        self._media = media
        self._on_step = on_step
        self._decided = asyncio.Event()
        self._over = asyncio.Event()
        self._changed = asyncio.Event()
        self._read = 0
        self._began_s = time.monotonic()
        self.result = CallResult(call_id=plan.invitation.call_id, placed_us=wall_us())
        self.call: OutgoingCall | None = None
        self.call = agent.place(
            plan.invitation, to=plan.to, local=plan.local, on_event=self._on_event
        )
        self.result.call_id = self.call.call_id
        self._step("sent", f"INVITE {plan.invitation.uri} to {plan.to}")

    async def run(self) -> CallResult:
        """Wait for an answer, talk, hang up; CANCEL when it takes too long or on Ctrl-C."""
        try:
            if not await self.wait_answer():
                return await self.finish()
            if self.plan.hold_s >= 0:
                await self.wait_over(self.plan.hold_s)
                self.hang_up()
                await self.wait_over(BYE_SECONDS_MAX)
            else:
                await self.wait_over(None)
        except asyncio.CancelledError:
            await self.finish("ended by the caller")
            raise
        return await self.finish()

    async def wait_answer(self) -> bool:
        """Wait until the call is answered or over; False when it is not answered in time."""
        try:
            await asyncio.wait_for(self._decided.wait(), self.plan.timeout_s)
        except TimeoutError:
            self.result.reason = f"no answer within {self.plan.timeout_s:g} s"
        return self.result.status == ANSWERED

    async def wait_over(self, seconds: float | None) -> bool:
        """Wait until the call is over, at most `seconds`; tell whether it is."""
        try:
            await asyncio.wait_for(self._over.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def wait_message(self, method: str, seconds: float) -> Request | Response | None:
        """Wait for the next request of `method`, or response to one; None when none comes."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    while self._read < len(self.messages):
                        message = self.messages[self._read]
                        self._read += 1
                        if read_cseq(message).method == method:
                            return message
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return None

    async def finish(self, why: str = "") -> CallResult:
        """End the call whatever its state, and return what came of it."""
        assert self.call is not None
        if not self._over.is_set():
            self.result.reason = self.result.reason or why
            action = self.call.bye if self.result.status else self.call.cancel
            self._agent.act(action)
            if self.result.first_response_us is not None:
                await self.wait_over(CANCEL_SECONDS_MAX)
        if self._media is not None and self.result.audio is not None:
            heard = self.result.audio
            self.result.audio_packets = self._media.received[heard.host, heard.port]
        return self.result

    def hang_up(self) -> None:
        """Send BYE."""
        assert self.call is not None
        self._agent.act(self.call.bye)

    def reinvite(self) -> None:
        """Send a re-INVITE."""
        assert self.call is not None
        self._agent.act(self.call.reinvite)

    def update(self) -> None:
        """Send an UPDATE."""
        assert self.call is not None
        self._agent.act(self.call.update)

    def _on_event(self, event: Event) -> None:
        message, kind, result = event.message, event.kind, self.result
        if kind is Kind.SENT and isinstance(message, Request):
            if message.method != "INVITE" or self.call is not None:
                self._step("sent", message.method)
            return
        if message is not None and len(self.messages) < MESSAGES_MAX:
            self.messages.append(message)
        if isinstance(message, Response):
            self._note_response(kind, message)
        elif message is not None:
            self._step("received", message.method)
        elif kind is Kind.FAILED:
            result.reason = result.reason or "nothing came back"
            self._step("failed", result.reason)
        if kind in (Kind.ENDED, Kind.REFUSED, Kind.FAILED):
            result.ended_us = wall_us()
            self._decided.set()
            self._over.set()
            self._agent.unwatch(event.call)
        self._changed.set()

    def _note_response(self, kind: Kind, response: Response) -> None:
        result, now_us = self.result, wall_us()
        result.first_response_us = result.first_response_us or now_us
        text = response.phrase
        if kind is Kind.PROGRESS and response.code in RINGING:
            result.ringing_us = result.ringing_us or now_us
        if kind in (Kind.ANSWERED, Kind.REFUSED):
            result.status, result.phrase = response.code, response.phrase
            result.reason = response.headers.get("Reason") or result.reason
            contacts = split_values(response.headers.getlist("Contact"))
            result.answered_by = find_uri(contacts[0]) if contacts else ""
        if kind is Kind.ANSWERED:
            result.answered_us = now_us
            result.audio = find_audio(response.body)
            text += f", answered by {result.answered_by or 'nobody who says who'}"
            self._decided.set()
        self._step(str(response.code), text)

    def _step(self, name: str, text: str) -> None:
        if len(self.result.steps) >= STEPS_MAX:
            return
        step = Step((time.monotonic() - self._began_s) * 1e3, name, text)
        self.result.steps.append(step)
        if self._on_step is not None:
            self._on_step(step)


def wall_us() -> int:
    """Return the wall clock, microseconds since 1970."""
    return time.time_ns() // 1_000
