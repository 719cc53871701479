"""How long a country needs until no call is late any more, for each of some faults."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.report import say
from tests.support.six_sites import FAULT_AT_S, SITES, Played, make_step, open_six_sites

RATE = 60.0
SECONDS = 6.0
AFTER_S = SECONDS - FAULT_AT_S
"""Calls go on for so long after a fault."""
LATE_MS = 200
"""A call that rings so much later than usual is late: one more site was tried, or was slow."""
HIT = "site-5"
NO_FAULT = "no fault"
FAULTS: Sequence[tuple[str, str, tuple[str, ...], dict[str, str]]] = (
    (NO_FAULT, "", (), {}),
    ("killed", "kill", (HIT,), {}),
    ("stopped", "stop", (HIT,), {}),
    ("grey, mute", "grey", (HIT,), {"mode": "mute"}),
    ("egress cut", "egress-cut", (HIT,), {}),
    ("six dead", "dead", SITES, {}),
)


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What one fault did."""

    fault: str
    placed: int
    recovery_s: float
    """From the fault until the INVITE of the last call that was late; 0 without one."""
    late: int
    delayed: int
    """Of `late`, those that the checker calls so: by more than half a second."""
    longest_s: float
    """How much later than usual the latest call rang."""
    lost: int
    misrouted: int


def measure_recoveries(folder: Path) -> list[Recovery]:
    """Put faults into the demo country, in a network of its own, while calls go on."""
    found = []
    with open_six_sites(folder) as country:
        for name, kind, targets, settings in FAULTS:
            country.heal()
            steps = [make_step(kind, *targets, seconds=SECONDS, **settings)] if kind else []
            played = country.play(name, *steps, seconds=SECONDS, rate=RATE)
            found.append(_describe(played))
            one = found[-1]
            say(
                f"{one.fault}: {one.late} of {one.placed} late until {one.recovery_s:.2f} s, "
                f"the longest {one.longest_s:.2f} s; {one.delayed} delayed, {one.lost} lost, "
                f"{one.misrouted} misrouted"
            )
    return found


def _describe(played: Played) -> Recovery:
    late = [
        (played.placed_s[verdict.call_id] - FAULT_AT_S, verdict.first_ring_ms - played.usual_ms)
        for verdict in played.judgement.verdicts
        if verdict.first_ring_ms is not None and verdict.call_id in played.placed_s
    ]
    late = [(at_s, late_ms) for at_s, late_ms in late if late_ms > LATE_MS]
    return Recovery(
        fault=played.name,
        placed=played.judgement.placed,
        recovery_s=max((at_s for at_s, _ in late), default=0.0),
        late=len(late),
        delayed=played.judgement.delayed,
        longest_s=max((late_ms for _, late_ms in late), default=0.0) / 1e3,
        lost=played.judgement.lost,
        misrouted=played.judgement.misrouted,
    )
