"""What leaves a worker: attempts for `kamailio/site.cfg`, first lines of a call's record."""

from dataclasses import dataclass
from typing import NamedTuple

from route112.model import Hop, RouteDecision, Target
from route112.routing import render_decision
from route112.routing.dialect import ReadCall
from route112.routing.ranking import HOPS_TRIED_MAX
from route112.wire.record_lines import escape, fit_line, render_fields

ANSWERS_KEPT_MAX = 4_096
"""Answers kept, about 1 kB each; France has about 4,000 distinct ones."""
ANSWER_MS = {"ip": 2_000, "rtc": 6_000}
"""From a hop's 100 to its ringing; a gateway rings only after the far end's ACM."""


class Origin(NamedTuple):
    """Where an INVITE came from, and how it is called."""

    call_id: str
    """Empty where it is not UTF-8; `call_hex` then has it."""
    call_hex: str
    source: str
    """`address:port`, IPv6 in brackets."""
    transport: str
    """`udp`, `tcp` or `tls`."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What every line of this site begins with."""

    site: str
    key: str
    """Proof of the raw file; may be empty."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What leaves for a decision whatever the call: rendered once, since calls share decisions."""

    decision: RouteDecision
    attempts: tuple[str, ...]
    """What to try in order: the first hops of the first targets."""
    decided: str
    """Fields of the `decision` line."""
    tried: str
    """Fields of the first `try` line."""


class Answers:
    """The answers to the decisions of one generation, each rendered once."""

    def __init__(self) -> None:
        self._kept: dict[int, Answer] = {}
        """By identity of the decision, which the answer keeps alive."""
        self._generation = 0

    def find(self, decision: RouteDecision) -> Answer:
        """Return the answer to a decision."""
        if decision.generation != self._generation or len(self._kept) >= ANSWERS_KEPT_MAX:
            self._kept.clear()
            self._generation = decision.generation
        answer = self._kept.get(id(decision))
        if answer is None:
            answer = self._kept[id(decision)] = render_answer(decision)
        return answer


def render_answer(decision: RouteDecision) -> Answer:
    """Render what leaves for a decision."""
    first = decision.targets[0]
    hop = first.hops[0]
    tried = decision.targets[: decision.in_one_pass]
    return Answer(
        decision=decision,
        attempts=tuple(
            render_attempt(target, hop, is_last=target is tried[-1])
            for target in tried
            for hop in target.hops[:HOPS_TRIED_MAX]
        ),
        decided=render_fields(
            {
                "by": "python",
                "g": decision.generation,
                "degraded": decision.degraded or "",
                "targets": ",".join(map(_render_target, decision.targets)),
            }
        ),
        tried=render_fields(
            {
                "n": 1,
                "psap": first.psap,
                "number": first.number,
                "hop": hop.address,
                "via": hop.technology,
            }
        ),
    )


def render_attempt(target: Target, hop: Hop, *, is_last: bool) -> str:
    """Render one attempt as `kamailio/site.cfg` reads it; the last target is rung in any case."""
    answer_ms = ANSWER_MS[hop.technology]
    room = 0 if is_last else target.capacity_calls
    return (
        f"{target.number}|{hop.address}|{hop.transport}|{answer_ms}|{target.ring_time_s * 1_000}"
        f"|{target.psap}|{room}"
    )


def render_records(
    mark: Mark,
    origin: Origin,
    read: ReadCall,
    answer: Answer,
    *,
    now: int,
    elapsed_ms: float,
) -> bytes:
    """
    Render attempt, decision and first try as the bytes of one write.

    Args:
        now: wall clock, microseconds.
        elapsed_ms: that the decision took.
    """
    head = _render_head(mark, origin, now=now)
    trace = render_decision(read.call, answer.decision, site=mark.site, elapsed_ms=elapsed_ms)
    lines = (
        _render_attempt(head, origin, read),
        f"R1 decision{head}{answer.decided} trace={escape(trace)}\n",
        f"R1 try{head}{answer.tried}\n",
    )
    return "".join(map(fit_line, lines)).encode("ascii")


def render_test_call(
    mark: Mark, origin: Origin, read: ReadCall, hop: Hop, *, number: str, now: int
) -> bytes:
    """Render attempt and try of a test call, which nobody decides: `number` is what loops back."""
    head = _render_head(mark, origin, now=now)
    tried = render_fields(
        {"n": 1, "psap": "", "number": number, "hop": hop.address, "via": hop.technology}
    )
    lines = (_render_attempt(head, origin, read), f"R1 try{head}{tried}\n")
    return "".join(map(fit_line, lines)).encode("ascii")


def _render_head(mark: Mark, origin: Origin, *, now: int) -> str:
    head = f" k={mark.key}" if mark.key else ""
    head += f" t={now} site={escape(mark.site)} call={escape(origin.call_id)}"
    if not origin.call_id:
        head += f" callx={origin.call_hex}"
    return head


def _render_attempt(head: str, origin: Origin, read: ReadCall) -> str:
    call = read.call
    return (
        f"R1 attempt{head} by=python src={origin.source} proto={origin.transport}"
        f" op={escape(call.operator)} tech={escape(call.technology)}"
        f" dialled={escape(call.dialled)} commune={escape(call.commune)}"
        f" caller={escape(read.caller)}\n"
    )


def _render_target(target: Target) -> str:
    return f"{target.psap}/{target.number}/{target.rule}"
