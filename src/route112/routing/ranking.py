"""
Put prospects into the order in which they ring, and tell why.

Measured states and pauses move lines, they never remove one: the lines of paused PSAPs stand
behind all others. The first TARGETS_MAX are the targets, whatever is measured. Among them those
that are measured down, or have no next hop that is not, stand behind those that are free; but the
one that would ring first if nothing were measured stays among those that a site tries in one
pass. So a monitor that is wrong costs time, not calls, and so does one that lies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from route112.model import TARGETS_MAX, RouteDecision, ServiceState, Target
from route112.model.states import ElementState
from route112.routing.notation import render_order, render_target
from route112.routing.prospects import Prospect

DOWN_WORDS: Mapping[str, str] = {
    ServiceState.DOWN: "DOWN",
    ServiceState.UNREACHABLE: "UNREACHABLE",
    ServiceState.UNSTAFFED: "UNSTAFFED",
    ServiceState.SCHEDULED_MAINTENANCE_DOWN: "MAINTENANCE",
}
"""States in which a PSAP takes no calls, and how the trace names them."""
LOST_STATES = (ElementState.DOWN, ElementState.UNREACHABLE)
"""States in which a next hop passes no calls on."""
LOST_WORD = "UNREACHABLE"

TARGETS_TRIED = 3
"""Targets of one pass; where all are of one PSAP, or states moved one out of it, one more."""
HOPS_TRIED_MAX = 2
"""Next hops that it tries for one target."""

LAST_RESORT = "last resort"
"""Trace step: no prospect is free of pause and measured fault; the least bad one rings."""

REASONS = (
    "snapshot-early",
    "snapshot-expired",
    "unknown-number",
    "no-commune",
    "unknown-commune",
    "no-mapping",
    "closed",
    "area-unknown",
    "psap-paused",
    "psap-down",
    "trunk-down",
)
"""Every reason for which an answer is degraded, in the order in which they are joined."""


@dataclass(frozen=True, slots=True)
class Story:
    """What is known before the prospects are ranked."""

    generation: int
    reasons: tuple[str, ...]
    steps: tuple[str, ...]
    prospects: tuple[Prospect, ...]
    """1 or more."""

    def list_psaps(self) -> tuple[str, ...]:
        """List the PSAPs whose measured state may change the answer, each once."""
        return tuple(
            dict.fromkeys(
                prospect.target.psap
                for prospect in self.prospects
                if prospect.target.psap and not prospect.ordered
            )
        )

    def list_hops(self) -> tuple[str, ...]:
        """List the addresses whose measured state may change the answer, each once."""
        found = (hop.address for prospect in self.prospects for hop in prospect.target.hops)
        return tuple(dict.fromkeys(found))


def rank_prospects(
    story: Story, down: Mapping[str, str], lost: frozenset[str] = frozenset()
) -> RouteDecision:
    """
    Rank the prospects of a call.

    Args:
        story: everything but measured states.
        down: by PSAP id, the word for the state of each PSAP that is measured down.
        lost: addresses of next hops that are measured down.
    Returns: the decision; its trace ends with the rule and the line that rings first.
    """
    usual = sorted(story.prospects, key=_is_paused)[:TARGETS_MAX]
    ranked = sorted(
        usual, key=lambda one: (_is_paused(one), _find_fault(one, down, lost) is not None)
    )
    if ranked.index(usual[0]) >= TARGETS_TRIED:
        ranked.remove(usual[0])
        ranked.insert(TARGETS_TRIED - 1, usual[0])
    first = ranked[0]
    reasons, steps = set(story.reasons), list(story.steps)
    passed: set[str] = set()
    for prospect in story.prospects:
        fault = _find_fault(prospect, down, lost)
        if fault is None and prospect is not first:
            continue  # free, but too far behind to be a target
        steps += prospect.steps
        if fault is None:
            break
        if fault.of not in passed:
            passed.add(fault.of)
            reasons.add(fault.reason)
            steps += fault.steps
    else:
        steps.append(LAST_RESORT)
    targets = tuple(_order_hops(prospect.target, lost) for prospect in ranked)
    if targets[0].hops[:1] != first.target.hops[:1]:
        steps.append(f"{first.target.hops[0].address} {LOST_WORD}")
    steps += (f"rule {first.target.rule}", render_target(first.target))
    return RouteDecision(
        targets=targets,
        trace=tuple(steps),
        degraded="+".join(reason for reason in REASONS if reason in reasons) or None,
        generation=story.generation,
        in_one_pass=_count_pass(usual, ranked),
    )


def _count_pass(usual: list[Prospect], ranked: list[Prospect]) -> int:
    """
    Count the targets of one pass: what is measured may add one and takes none out.

    Args:
        usual: the targets as if nothing were measured.
        ranked: the same, as they ring.

    Source: docs/decisions/0009-a-fourth-target-behind-three-of-one.md.
    """
    whose = {one.target.psap for one in usual[:TARGETS_TRIED] if one.target.psap}
    count = TARGETS_TRIED if len(whose) > 1 else TARGETS_MAX
    behind = usual.index(ranked[-1]) if len(ranked) > count else count
    return min(len(usual), count if behind >= count else TARGETS_MAX)


class Fault(NamedTuple):
    """Why others ring before a prospect."""

    reason: str
    """Of REASONS."""
    of: str
    """The PSAP or trunk: each is told once."""
    steps: tuple[str, ...]
    """In the words of the trace."""


def _is_paused(prospect: Prospect) -> bool:
    return prospect.pause is not None and not prospect.ordered


def _find_fault(prospect: Prospect, down: Mapping[str, str], lost: frozenset[str]) -> Fault | None:
    """Return what is wrong with a prospect; None where it is free, or an order names it."""
    target = prospect.target
    psap = target.psap
    if prospect.ordered:
        return None
    if prospect.pause:
        steps = (render_order(prospect.pause), f"{psap} PAUSED")
        return Fault("psap-paused", psap, steps)
    if psap in down:
        return Fault("psap-down", psap, (f"{psap} {down[psap]}",))
    if lost and target.hops and all(hop.address in lost for hop in target.hops):
        return Fault("trunk-down", target.trunk, (f"{target.trunk} {LOST_WORD}",))
    return None


def _order_hops(target: Target, lost: frozenset[str]) -> Target:
    """Put hops that are lost behind the others; the first one is tried all the same."""
    ranked = sorted(target.hops, key=lambda hop: hop.address in lost)
    if not lost or ranked == list(target.hops):
        return target
    usual = target.hops[0]
    if ranked.index(usual) >= HOPS_TRIED_MAX:
        ranked.remove(usual)
        ranked.insert(HOPS_TRIED_MAX - 1, usual)
    return replace(target, hops=tuple(ranked))
