"""
Whether the other sites carry the load without one: from measured calls against measured room.

A site has room for as many ringing calls as its memory takes (`CALLS_MAX` in its configuration),
and serves everybody only below 70 % of that. How many will ring is Little's law: calls per second
of its busiest minute times the seconds that a call rings. The minute may be no better than usual,
so it counts twice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from route112.change import LoadProof
from route112.model.topology import Topology

WINDOW_US = 900_000_000
"""Calls of so long are looked at."""
MINUTE_S = 60
PEAK_TIMES = 2.0
"""Calls that are allowed for beyond the busiest minute."""
FREE_SHARE = 0.7
"""Above it a site serves operators by their shares (`CALLS_FREE_PERCENT`)."""
CONFIG_BYTES_MAX = 1_000_000

_ROOM = re.compile(r"^#!define CALLS_MAX ([0-9]{1,9})\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Load:
    """What one site had of late."""

    peak_per_s: float
    """Calls, in its busiest minute."""
    rings_s: float
    """How long a call rings there, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a proof is made of."""

    loads: Mapping[str, Load]
    """By site; one without calls is left out."""
    rooms: Mapping[str, int]
    """Ringing calls that each site has room for, as far as known."""
    serving: Sequence[str]
    """Sites that take calls now."""


def prove(station: str, topology: Topology, ground: Ground) -> LoadProof:
    """Say whether the sites that take calls carry what all sites have, without one of them."""
    others = [site for site in ground.serving if site != station]
    for operator in topology.operators:
        if station in operator.sites and not set(operator.sites) & set(others):
            return LoadProof(
                carries=False, text=f"{operator.id} has no other site that takes calls"
            )
    if not others:
        return LoadProof(carries=False, text="no other site takes calls")
    unknown = [site for site in others if site not in ground.rooms]
    if unknown:
        text = f"nobody knows how many calls {', '.join(unknown)} can hold"
        return LoadProof(carries=False, text=text)
    peak_per_s = sum(load.peak_per_s for load in ground.loads.values())
    rings_s = max((load.rings_s for load in ground.loads.values()), default=0.0)
    ringing = peak_per_s * rings_s * PEAK_TIMES / len(others)
    room = min(ground.rooms[site] for site in others) * FREE_SHARE
    text = (
        f"{len(others)} sites get {peak_per_s / len(others):.1f} calls/s each instead of"
        f" {peak_per_s / (len(others) + 1):.1f}: at {PEAK_TIMES:g} times that {ringing:.0f} ring"
        f" at a time, of {room:.0f} at the smallest"
    )
    return LoadProof(carries=ringing <= room, text=text)


def read_rooms(run_dir: Path, sites: Sequence[str]) -> dict[str, int]:
    """Read from the configuration of each site how many calls may ring there."""
    found = {}
    for site in sites:
        try:
            with (run_dir / site / "site.cfg").open("rb") as file:
                text = file.read(CONFIG_BYTES_MAX).decode("utf-8", "replace")
        except OSError:
            continue
        if (match := _ROOM.search(text)) is not None:
            found[site] = int(match[1])
    return found
