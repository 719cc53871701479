"""
Put prospects into the order in which they ring, and tell why.

Measured states and pauses move lines, they never remove one: behind all others the lines of
PSAPs measured down, behind those the lines of paused PSAPs. So there is a target even when
everything is out, and a monitor that is wrong costs time, not calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from route112.model import TARGETS_MAX, RouteDecision, ServiceState
from route112.routing.notation import render_order, render_target
from route112.routing.prospects import Prospect

DOWN_WORDS: Mapping[str, str] = {
    ServiceState.DOWN: "DOWN",
    ServiceState.UNREACHABLE: "UNREACHABLE",
    ServiceState.UNSTAFFED: "UNSTAFFED",
    ServiceState.SCHEDULED_MAINTENANCE_DOWN: "MAINTENANCE",
}
"""States in which a PSAP takes no calls, and how the trace names them."""

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


def rank_prospects(story: Story, down: Mapping[str, str]) -> RouteDecision:
    """
    Rank the prospects of a call.

    Args:
        story: everything but measured states.
        down: by PSAP id, the word for the state of each PSAP that is measured down.
    Returns: the decision; its trace ends with the rule and the line that rings first.
    """
    tiers: tuple[list[Prospect], ...] = ([], [], [])
    for prospect in story.prospects:
        tiers[_rate(prospect, down)].append(prospect)
    ranked = [prospect for tier in tiers for prospect in tier]
    first = ranked[0]
    reasons = set(story.reasons)
    steps = list(story.steps)
    passed: set[str] = set()
    for prospect in story.prospects:
        steps += prospect.steps
        if prospect is first and tiers[0]:
            break
        psap = prospect.target.psap
        if psap not in passed:
            passed.add(psap)
            reasons.add("psap-paused" if prospect.pause else "psap-down")
            steps += _tell_fault(prospect, down)
    else:
        steps.append(LAST_RESORT)
    steps += (f"rule {first.target.rule}", render_target(first.target))
    return RouteDecision(
        targets=tuple(prospect.target for prospect in ranked[:TARGETS_MAX]),
        trace=tuple(steps),
        degraded="+".join(reason for reason in REASONS if reason in reasons) or None,
        generation=story.generation,
    )


def _rate(prospect: Prospect, down: Mapping[str, str]) -> int:
    if prospect.ordered:
        return 0
    if prospect.pause:
        return 2
    return 1 if prospect.target.psap in down else 0


def _tell_fault(prospect: Prospect, down: Mapping[str, str]) -> tuple[str, ...]:
    psap = prospect.target.psap
    if prospect.pause:
        return render_order(prospect.pause), f"{psap} PAUSED"
    return (f"{psap} {down[psap]}",)
