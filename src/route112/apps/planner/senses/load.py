"""
Whether the other sites carry the load without one: from measured calls against measured room.

A site has room for as many ringing calls as its memory takes (`CALLS_MAX` in its configuration),
and serves everybody only below 70 % of that. How many will ring is Little's law: calls per second
of its busiest minute times the seconds that a call rings. The minute may be no better than usual,
so it counts twice.

Calls do not spread evenly over the sites that are left. An edge takes sites in its operator's
order, and what would begin at one that is away goes on to the next one, all of it: with two in a
row away the third has three sites' share, and who begins at the first site always has one site
for everything. So it is reckoned operator by operator, as edges choose.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from route112.change import LoadProof
from route112.model.topology import SPREADS, OperatorNode, Topology

WINDOW_US = 900_000_000
"""Calls of so long are looked at."""
MINUTE_S = 60
PEAK_TIMES = 2.0
"""Calls that are allowed for beyond the busiest minute."""
FREE_SHARE = 0.7
"""Above it a site serves operators by their shares (`CALLS_FREE_PERCENT`)."""
CONFIG_BYTES_MAX = 1_000_000
ROUND_ROBIN = SPREADS[0]

_ROOM = re.compile(r"^#!define CALLS_MAX ([0-9]{1,9})\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Load:
    """What the callers of one operator were of late."""

    peak_per_s: float
    """Calls, in its busiest minute."""
    rings_s: float
    """How long a call rings, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a proof is made of."""

    loads: Mapping[str, Load]
    """By operator; one without calls is left out."""
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
    calls, ringing = _add_up(topology, ground.loads, others)
    room = {site: ground.rooms[site] * FREE_SHARE for site in others}
    tightest = max(others, key=lambda site: (ringing[site] / room[site], site))
    text = (
        f"{tightest} gets {calls[tightest]:.1f} calls/s, most of {len(others)} sites for its room:"
        f" at {PEAK_TIMES:g} times that {ringing[tightest]:.0f} ring at a time,"
        f" of {room[tightest]:.0f}"
    )
    return LoadProof(carries=ringing[tightest] <= room[tightest], text=text)


def _add_up(
    topology: Topology, loads: Mapping[str, Load], others: Sequence[str]
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Return calls per second at each site, and how many may ring there at a time."""
    calls, ringing = defaultdict[str, float](float), defaultdict[str, float](float)
    for id_, load in loads.items():
        operator = topology.find_operator(id_)
        # Nobody knows where others begin: any site may have all of them.
        shares = dict.fromkeys(others, 1.0) if operator is None else share_out(operator, others)
        for site, share in shares.items():
            calls[site] += load.peak_per_s * share
            ringing[site] += load.peak_per_s * share * load.rings_s * PEAK_TIMES
    return calls, ringing


def share_out(operator: OperatorNode, serving: Collection[str]) -> dict[str, float]:
    """Return the share of an operator's calls that each site gets, of those that take calls."""
    sites = operator.sites
    starts = range(len(sites) if operator.spread == ROUND_ROBIN else 1)
    shares = dict.fromkeys((site for site in sites if site in serving), 0.0)
    for start in starts:
        turn = (*sites[start:], *sites[:start])
        first = next((site for site in turn if site in serving), None)
        if first is not None:
            shares[first] += 1.0 / len(starts)
    return shares


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
