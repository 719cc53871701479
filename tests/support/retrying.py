"""Callers that do what an edge does: another site when one is silent, the PSAP when all are."""

import selectors
import socket
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

from tests.support.site import CALLER, Message, Psap

from route112.simulation.checker import Expectation, Judgement, find_median_ms, judge
from route112.simulation.logs import CallerLine, PsapLine

FIRST_100_S = 0.5
ANSWER_S = 11.0
RESEND_S = 0.2
BUFFER_BYTES = 4_000_000
ANSWERED_US = 30_000
"""After the INVITE, as the PSAPs of these tests behave."""
DRAIN_SECONDS_MAX = 25.0

Address = tuple[str, int]
Step = tuple[float, Callable[[], object]]


@dataclass
class Try:
    """One INVITE to one element."""

    to: Address
    uri: str
    branch: str
    sent_s: float
    resent_s: float
    heard: bool = False
    over: bool = False


@dataclass
class Placed:
    """One call and what became of it."""

    call_id: str
    dialled: str
    commune: str
    placed_us: int
    route: list[tuple[str, Address]]
    tries: list[Try] = field(default_factory=list)
    first_us: int | None = None
    ringing_us: int | None = None
    answered_us: int | None = None
    status: int = 0

    @property
    def line(self) -> CallerLine:
        """As callers write it down."""
        return CallerLine(
            call_id=self.call_id,
            dialled=self.dialled,
            commune=self.commune,
            placed_us=self.placed_us,
            first_response_us=self.first_us,
            ringing_us=self.ringing_us,
            answered_us=self.answered_us,
            ended_us=self.answered_us,
            status=self.status,
        )


def now_us() -> int:
    """Wall clock of the test, which nobody sets."""
    return time.time_ns() // 1_000


class RetryingCallers:
    """One socket, many calls, alternating between the sites."""

    def __init__(self, sites: list[Address], psap: Psap, number: str) -> None:
        self.sites, self.psap, self.number = sites, psap, number
        self.calls: dict[str, Placed] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self.socket.bind((CALLER, 0))
        self.socket.setblocking(False)
        self.own = "{}:{}".format(*self.socket.getsockname())
        self._turn = count()

    def run(self, *, seconds: float, per_second: float, steps: Iterable[Step] = ()) -> None:
        """Place calls for a while, do each step at its second, wait until every call has ended."""
        began = time.monotonic()
        waiting = sorted(steps, key=lambda step: step[0])
        due = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            while (now := time.monotonic() - began) < seconds + DRAIN_SECONDS_MAX:
                if now >= seconds and all(call.status for call in self.calls.values()):
                    break
                while waiting and waiting[0][0] <= now:
                    waiting.pop(0)[1]()
                if due <= now < seconds:
                    self._place()
                    due += 1 / per_second
                selector.select(0.005)
                self._receive()
                for call in self.calls.values():
                    self._look(call)

    def _place(self) -> None:
        first = next(self._turn)
        places = [self.sites[(first + k) % len(self.sites)] for k in range(len(self.sites))]
        route = [("sip:17@emergency.example", place) for place in places]
        route.append((f"sip:{self.number}@{self.psap.address}", (self.psap.host, self.psap.port)))
        call = Placed(uuid.uuid4().hex, "17", "29019", now_us(), route)
        self.calls[call.call_id] = call
        self._try(call)

    def _try(self, call: Placed) -> None:
        if not call.route:
            call.status = call.status or 408
            return
        uri, to = call.route.pop(0)
        now = time.monotonic()
        call.tries.append(Try(to, uri, f"z9hG4bK{uuid.uuid4().hex}", now, now))
        self._send(call, "INVITE")

    def _send(self, call: Placed, method: str, to_tag: str = "") -> None:
        one = call.tries[-1]
        lines = [
            f"{method} {one.uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.own};branch={one.branch}",
            "Max-Forwards: 70",
            f"From: <sip:+33639980001@{CALLER}>;tag=caller",
            f"To: <sip:17@emergency.example>{to_tag and ';tag=' + to_tag}",
            f"Call-ID: {call.call_id}", f"CSeq: 1 {method}",
            f"Contact: <sip:caller@{self.own}>",
            f"X-Commune: {call.commune}", "Content-Length: 0", "", "",
        ]  # fmt: skip
        self.socket.sendto("\r\n".join(lines).encode(), one.to)

    def _receive(self) -> None:
        while True:
            try:
                message = Message(self.socket.recv(65_535), time.monotonic())
            except BlockingIOError:
                return
            except ConnectionError:
                continue  # nobody listens there now: the timers tell
            call = self.calls.get(message.get("Call-ID"))
            if call is not None and message.method == "INVITE" and message.status:
                self._take(call, message)

    def _take(self, call: Placed, reply: Message) -> None:
        call.first_us = call.first_us or now_us()
        one = call.tries[-1]
        current = one.branch in reply.get("Via")
        one.heard |= current
        if 180 <= reply.status < 190:
            call.ringing_us = call.ringing_us or now_us()
        elif 200 <= reply.status < 300 and not call.status:
            call.status, call.answered_us = reply.status, now_us()
        elif reply.status >= 300 and current and not call.status and not one.over:
            self._send(call, "ACK", reply.get("To").partition(";tag=")[2])
            one.over = True
            self._try(call)

    def _look(self, call: Placed) -> None:
        if call.status:
            return
        one, now = call.tries[-1], time.monotonic()
        if not one.heard and now - one.sent_s > FIRST_100_S:
            self._try(call)
        elif not one.heard and now - one.resent_s > RESEND_S:
            one.resent_s = now
            self._send(call, "INVITE")
        elif one.heard and now - one.sent_s > ANSWER_S:
            del call.route[:-1]  # a site that took the call and failed: the PSAP itself is next
            self._try(call)

    def list_psap_lines(self) -> list[PsapLine]:
        """What the PSAP wrote down."""
        offset_us = now_us() - round(time.monotonic() * 1e6)
        lines = []
        for invite in self.psap.invites():
            rang_us = round(invite.at_s * 1e6) + offset_us
            lines.append(
                PsapLine(
                    call_id=invite.get("Call-ID"),
                    number=invite.number,
                    rang_us=rang_us,
                    answered_us=rang_us + ANSWERED_US,
                    status=200,
                )
            )
        return lines

    def judge(self, *, baseline: int) -> Judgement:
        """Let the checker count; the first `baseline` calls were without a fault."""
        lines = [call.line for call in self.calls.values()]
        return judge(
            lines,
            self.list_psap_lines(),
            Expectation(targets=dict.fromkeys(self.calls, (self.number,))),
            baseline_median_ms=find_median_ms(lines[:baseline]),
        )

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
