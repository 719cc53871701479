"""
The transactions of RFC 3261 section 17 and the repeated answer of section 13.3.1.4.

Two rules: a machine knows neither clock nor socket, it is told `now_s` (monotonic, seconds) and
returns what to do; and everything that changes its state is in this file. What it returns are
`Send` (bytes for the wire), `Pass` (a message that the agent has to see) and `Expired` (it gave
up). `due_s` says when it wants to be called next.

One state is not of RFC 3261: after a 2xx an INVITE transaction stays in ACCEPTED for 64 * T1, as
RFC 6026 asks, so that a retransmission is not taken for a new call. No server machine sends 100 by
itself: the lines that are played here say themselves what they say and when.
"""

import enum
from dataclasses import dataclass

from sipmessage import Request, Response

from route112.wire.sip.compose import make_ack
from route112.wire.sip.messages import render_message
from route112.wire.sip.timers import COMPLETED_SECONDS_MIN, Timers

LATE_S = 0.1
"""A timer that acts later than this counts on from when it acted."""
SUCCESS = 200
REDIRECTION = 300


class State(enum.Enum):
    """Where a transaction stands."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes for the wire, to where the transaction goes."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Pass:
    """A message that is new to the agent."""

    message: Request | Response


@dataclass(frozen=True, slots=True)
class Expired:
    """No final response (client) or no ACK (server) came in time."""


Effect = Send | Pass | Expired
_WAITING = (State.CALLING, State.TRYING, State.PROCEEDING)


class Machine:
    """Named timers, and the state that they change."""

    state: State

    def __init__(self, timers: Timers) -> None:
        self.timers = timers
        self._due: dict[str, float] = {}

    @property
    def due_s(self) -> float | None:
        """When to call `fire`; None when nothing is waited for."""
        return min(self._due.values(), default=None)

    def fire(self, now_s: float) -> tuple[Effect, ...]:
        """
        Let every timer that is due act, the earliest first.

        Whoever comes late repeats a message once, not as often as it would have been meanwhile.
        """
        effects: list[Effect] = []
        while self._due:
            name = min(self._due, key=self._due.__getitem__)
            if self._due[name] > now_s:
                break
            due_s = self._due.pop(name)
            effects += self._on_timer(name, now_s if now_s - due_s > LATE_S else due_s)
        return tuple(effects)

    def _on_timer(self, name: str, due_s: float) -> tuple[Effect, ...]:
        raise AssertionError(f"{type(self).__name__} has no timer {name} at {due_s}")

    def _enter(self, state: State) -> None:
        self.state = state
        if state is State.TERMINATED:
            self._due.clear()

    def _linger(self, name: str, now_s: float, seconds: float) -> None:
        """End after `seconds`, at once when there is nothing that could come late."""
        if seconds:
            self._due[name] = now_s + seconds
        else:
            self._enter(State.TERMINATED)


class ClientTransaction(Machine):
    """
    A request of ours and its responses, INVITE or not.

    Source: RFC 3261 sections 17.1.1.2 and 17.1.2.2 (timers A, B, D, E, F, K).
    """

    def __init__(self, request: Request, timers: Timers, *, reliable: bool, now_s: float) -> None:
        super().__init__(timers)
        self.request = request
        self.invite = request.method == "INVITE"
        self.reliable = reliable
        self._content = render_message(request)
        self._interval_s = timers.t1_s
        self._ack: bytes | None = None
        self.state = State.CALLING if self.invite else State.TRYING
        self._due["give up"] = now_s + timers.transaction_s
        if not reliable:
            self._due["repeat"] = now_s + timers.t1_s

    def start(self) -> tuple[Effect, ...]:
        """Send the request for the first time."""
        return (Send(self._content),)

    def receive(self, response: Response, now_s: float) -> tuple[Effect, ...]:
        """Take a response; a repeated one ends here."""
        if response.code < SUCCESS:
            return self._progress(response)
        if self.invite:
            return self._accept_or_refuse(response, now_s)
        if self.state not in _WAITING:
            return ()
        self._due.clear()
        self._enter(State.COMPLETED)
        self._linger("end", now_s, 0.0 if self.reliable else self.timers.t4_s)
        return (Pass(response),)

    def _progress(self, response: Response) -> tuple[Effect, ...]:
        if self.state not in _WAITING:
            return ()
        self._enter(State.PROCEEDING)
        if self.invite:  # from here on only the caller's patience ends it
            self._due.clear()
        return (Pass(response),)

    def _accept_or_refuse(self, response: Response, now_s: float) -> tuple[Effect, ...]:
        if response.code < REDIRECTION:
            if self.state in _WAITING:
                self._due.clear()
                self._enter(State.ACCEPTED)
                self._linger("end", now_s, self.timers.transaction_s)
            # Each 2xx is passed on: every one has to be acknowledged by the agent.
            return (Pass(response),) if self.state is State.ACCEPTED else ()
        if self.state is State.COMPLETED:
            assert self._ack is not None
            return (Send(self._ack),)
        if self.state not in _WAITING:
            return ()
        self._ack = render_message(make_ack(self.request, response))
        effects = (Send(self._ack), Pass(response))
        self._due.clear()
        self._enter(State.COMPLETED)
        self._linger("end", now_s, 0.0 if self.reliable else COMPLETED_SECONDS_MIN)
        return effects

    def _on_timer(self, name: str, due_s: float) -> tuple[Effect, ...]:
        if name == "repeat":
            self._interval_s *= 2
            if not self.invite:
                slow = self.state is State.PROCEEDING or self._interval_s > self.timers.t2_s
                self._interval_s = self.timers.t2_s if slow else self._interval_s
            self._due["repeat"] = due_s + self._interval_s
            return (Send(self._content),)
        expired = name == "give up"
        self._enter(State.TERMINATED)
        return (Expired(),) if expired else ()


class ServerTransaction(Machine):
    """
    A peer's request and our responses, INVITE or not.

    Source: RFC 3261 sections 17.2.1 and 17.2.2 (timers G, H, I, J).
    """

    def __init__(self, request: Request, timers: Timers, *, reliable: bool) -> None:
        super().__init__(timers)
        self.request = request
        self.invite = request.method == "INVITE"
        self.reliable = reliable
        self.state = State.PROCEEDING if self.invite else State.TRYING
        self._last: bytes | None = None
        self._interval_s = timers.t1_s

    def respond(self, response: Response, now_s: float) -> tuple[Effect, ...]:
        """Send a response; after a final one nothing more is sent."""
        if self.state not in _WAITING:
            return ()
        self._last = render_message(response)
        if response.code < SUCCESS:
            self._enter(State.PROCEEDING)
        elif not self.invite:
            self._enter(State.COMPLETED)
            self._linger("end", now_s, 0.0 if self.reliable else self.timers.transaction_s)
        elif response.code < REDIRECTION:
            self._enter(State.ACCEPTED)
            self._linger("end", now_s, self.timers.transaction_s)
        else:
            self._enter(State.COMPLETED)
            self._due["give up"] = now_s + self.timers.transaction_s
            if not self.reliable:
                self._due["repeat"] = now_s + self.timers.t1_s
        return (Send(self._last),)

    def receive(self, request: Request, now_s: float) -> tuple[Effect, ...]:
        """Take a retransmission, or the ACK of a refusal."""
        if request.method == "ACK":
            return self._confirm(now_s)
        absorbed = self.state in (State.ACCEPTED, State.CONFIRMED, State.TERMINATED)
        if absorbed or self._last is None:
            return ()
        return (Send(self._last),)

    def abandon(self, now_s: float) -> None:
        """Answer nothing, and forget the request when its sender has given up."""
        self._due = {"end": now_s + self.timers.transaction_s}

    def _confirm(self, now_s: float) -> tuple[Effect, ...]:
        if self.state is State.COMPLETED:
            self._due.clear()
            self._enter(State.CONFIRMED)
            self._linger("end", now_s, 0.0 if self.reliable else self.timers.t4_s)
        return ()

    def _on_timer(self, name: str, due_s: float) -> tuple[Effect, ...]:
        if name == "repeat":
            assert self._last is not None
            self._interval_s = min(self._interval_s * 2, self.timers.t2_s)
            self._due["repeat"] = due_s + self._interval_s
            return (Send(self._last),)
        expired = name == "give up"
        self._enter(State.TERMINATED)
        return (Expired(),) if expired else ()


class Repeater(Machine):
    """
    A response that is repeated until its acknowledgement comes, over any transport.

    A 2xx waits for its ACK, at most T2 between repetitions; a reliable provisional response waits
    for its PRACK (RFC 3262).
    Source: RFC 3261 section 13.3.1.4.
    """

    def __init__(self, content: bytes, timers: Timers, now_s: float) -> None:
        super().__init__(timers)
        self.state = State.PROCEEDING
        self._content = content
        self._interval_s = timers.t1_s
        self._due = {"repeat": now_s + timers.t1_s, "give up": now_s + timers.transaction_s}

    def acknowledge(self) -> None:
        """Stop: the acknowledgement has come."""
        self._enter(State.TERMINATED)

    def _on_timer(self, name: str, due_s: float) -> tuple[Effect, ...]:
        if name == "give up":
            self._enter(State.TERMINATED)
            return (Expired(),)
        self._interval_s = min(self._interval_s * 2, self.timers.t2_s)
        self._due["repeat"] = due_s + self._interval_s
        return (Send(self._content),)
