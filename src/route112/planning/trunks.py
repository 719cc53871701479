"""
Trunks: which next hops carry a line into its zone, in the order in which they are tried.

The switched network takes a call for any of its numbers at any gateway. So a line behind it is
tried through two gateways of its zone that share neither vendor nor carrier, where the plan has
such a pair; a line in migration is tried by IP, then through one gateway. The first next hop is
always one of the line's own carrier.
"""

from collections.abc import Iterator
from typing import Mapping

from route112.model import Carrier, Hop, Plan, Technology
from route112.planning.lines import PlanLine

HOPS_TRIED_MAX = 2
"""Next hops that are tried for one line; what stands behind them is not reached."""

TrunkKey = tuple[str, str, str]
"""Carrier, technology, zone."""
Door = tuple[str, Hop]
"""A next hop and the id of its carrier."""


def name_trunk(key: TrunkKey, carriers: Mapping[str, Carrier]) -> str:
    """
    Return the trunk's name as decisions and traces print it: `carrier/technology/zone`.

    A second carrier whose gateway is tried stands behind the first: `armor+beffroi/rtc/est`.
    """
    own, technology, zone = key
    tried = [carrier for carrier, _ in list_doors(key, carriers)[:HOPS_TRIED_MAX]]
    return "/".join(("+".join(dict.fromkeys([own, *tried])), technology, zone))


def find_trunk(line: PlanLine, plan: Plan) -> TrunkKey:
    """Return the trunk of a line: its carrier and technology, the zone of its departement."""
    departement = plan.profile.find_departement(plan.psaps[line.psap].departement)
    return line.carrier, line.technology, departement.zone if departement else ""


def list_hops(key: TrunkKey, carriers: Mapping[str, Carrier]) -> tuple[Hop, ...]:
    """List the hops of a trunk in try order; none where one that it needs is missing."""
    return tuple(hop for _, hop in list_doors(key, carriers))


def list_doors(key: TrunkKey, carriers: Mapping[str, Carrier]) -> tuple[Door, ...]:
    """List the hops of a trunk as `list_hops` does, each with its carrier."""
    if find_missing(key, carriers):
        return ()
    carrier, technology, zone = key
    if technology == Technology.IP:
        return tuple(_list_own(carrier, Technology.IP, zone, carriers))
    migrates = technology == Technology.MIGRATION
    first_by = Technology.IP if migrates else Technology.RTC
    firsts = list(_list_own(carrier, first_by, zone, carriers))
    seconds = list(_list_gateways(carrier, zone, carriers))
    pairs = (
        (first, second)
        for first in firsts
        for second in seconds
        if first[1].address != second[1].address
    )
    # Of equal pairs the first counts, in the order of trunks.yaml.
    tried = min(pairs, key=_rate, default=(firsts[0],))
    return (*tried, *(door for door in firsts if door not in tried))


def find_missing(key: TrunkKey, carriers: Mapping[str, Carrier]) -> str:
    """Return the technology of which a trunk has no hop though it needs one; empty: none."""
    carrier, technology, zone = key
    first_by = Technology.RTC if technology == Technology.RTC else Technology.IP
    if not any(_list_own(carrier, first_by, zone, carriers)):
        return str(first_by)
    if technology == Technology.MIGRATION and not any(_list_gateways(carrier, zone, carriers)):
        return str(Technology.RTC)
    return ""


def _rate(pair: tuple[Door, Door]) -> tuple[bool, bool]:
    """Say what two hops share; two vendors count more than two carriers."""
    (carrier, hop), (other_carrier, other) = pair
    return hop.vendor == other.vendor, carrier == other_carrier


def _list_own(
    carrier: str, technology: str, zone: str, carriers: Mapping[str, Carrier]
) -> Iterator[Door]:
    """List the hops of one carrier that lead into a zone."""
    for hop in carriers[carrier].hops if carrier in carriers else ():
        if hop.technology == technology and hop.zone in ("", zone):
            yield carrier, hop


def _list_gateways(carrier: str, zone: str, carriers: Mapping[str, Carrier]) -> Iterator[Door]:
    """
    List every gateway of a zone: the carrier's own, then those of the carriers after it.

    The carriers stand in a circle, so that their lines do not all meet at one second gateway.
    """
    circle = sorted(carriers, key=lambda other: (other < carrier, other))
    for other in circle:
        yield from _list_own(other, Technology.RTC, zone, carriers)
