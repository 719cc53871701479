"""Trunks: which next hops carry a line into its zone."""

from typing import Mapping

from route112.model import Carrier, Hop, Plan
from route112.planning.lines import PlanLine

TrunkKey = tuple[str, str, str]
"""Carrier, technology, zone."""


def name_trunk(key: TrunkKey) -> str:
    """Return the trunk's name as decisions and traces print it: `carrier/technology/zone`."""
    return "/".join(key)


def find_trunk(line: PlanLine, plan: Plan) -> TrunkKey:
    """Return the trunk of a line: its carrier and technology, the zone of its departement."""
    departement = plan.profile.find_departement(plan.psaps[line.psap].departement)
    return line.carrier, line.technology, departement.zone if departement else ""


def list_hops(key: TrunkKey, carriers: Mapping[str, Carrier]) -> tuple[Hop, ...]:
    """List the hops of a trunk in try order; none where the carrier does not go there."""
    carrier, technology, zone = key
    if carrier not in carriers:
        return ()
    return tuple(
        hop
        for hop in carriers[carrier].hops
        if hop.technology == technology and hop.zone in ("", zone)
    )
