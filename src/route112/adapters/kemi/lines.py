"""What leaves a worker: attempts for `kamailio/site.cfg`, first lines of a call's record."""

from dataclasses import dataclass

from route112.model import Hop, RouteDecision, Target
from route112.routing import render_decision
from route112.routing.dialect import ReadCall
from route112.wire.record_lines import render_line

TARGETS_TRIED_MAX = 3
"""Targets of a decision that one pass tries."""
HOPS_TRIED_MAX = 2
"""Next hops tried for one target."""
ANSWER_MS = {"ip": 2_000, "rtc": 6_000}
"""From a hop's 100 to its ringing; a gateway rings only after the far end's ACM."""


@dataclass(frozen=True, slots=True)
class Origin:
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


def list_attempts(decision: RouteDecision) -> tuple[str, ...]:
    """List what to try in order: the first hops of the first targets."""
    return tuple(
        render_attempt(target.number, hop, ring_time_s=target.ring_time_s, psap=target.psap)
        for target in decision.targets[:TARGETS_TRIED_MAX]
        for hop in target.hops[:HOPS_TRIED_MAX]
    )


def render_attempt(number: str, hop: Hop, *, ring_time_s: int, psap: str) -> str:
    """Render one attempt as `kamailio/site.cfg` reads it."""
    answer_ms = ANSWER_MS[hop.technology]
    return f"{number}|{hop.address}|{hop.transport}|{answer_ms}|{ring_time_s * 1_000}|{psap}"


def render_records(
    mark: Mark,
    origin: Origin,
    read: ReadCall,
    decision: RouteDecision,
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
    call = read.call
    head: dict[str, str | int] = {"t": now, "site": mark.site, "call": origin.call_id}
    if not origin.call_id:
        head["callx"] = origin.call_hex
    attempt: dict[str, str | int] = {
        "by": "python",
        "src": origin.source,
        "proto": origin.transport,
        "op": call.operator,
        "tech": call.technology,
        "dialled": call.dialled,
        "commune": call.commune,
        "caller": read.caller,
    }
    decided: dict[str, str | int] = {
        "by": "python",
        "g": decision.generation,
        "degraded": decision.degraded or "",
        "targets": ",".join(map(_render_target, decision.targets)),
        "trace": render_decision(call, decision, site=mark.site, elapsed_ms=elapsed_ms),
    }
    first = decision.targets[0]
    hop = first.hops[0]
    tried: dict[str, str | int] = {
        "n": 1,
        "psap": first.psap,
        "number": first.number,
        "hop": hop.address,
        "via": hop.technology,
    }
    kinds = (("attempt", attempt), ("decision", decided), ("try", tried))
    return "".join(
        render_line(kind, {**head, **fields}, key=mark.key) for kind, fields in kinds
    ).encode("ascii")


def _render_target(target: Target) -> str:
    return f"{target.psap}/{target.number}/{target.rule}"
