"""The lines of answering points as a snapshot has them, and what all ways to one of them share."""

from collections.abc import Iterable
from dataclasses import dataclass

from route112.model import Technology
from route112.planning.trunks import HOPS_TRIED_MAX
from route112.snapshot.content import NONE, TrunkRow
from route112.snapshot.reader import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A line of an answering point, and what all ways to it share."""

    number: str
    psap: str
    kind: str
    departement: str
    zone: str
    carrier: str
    """Its own; that of a second gateway does not count."""
    technology: str
    """`rtc`, `migration` or `ip`."""
    joints: tuple[tuple[str, str], ...]
    """(`vendor` or `carrier`, its name), of gateways beside which the line has no way."""


def list_lines(snapshot: Snapshot) -> tuple[LineView, ...]:
    """List the lines that answering points own, in the order of the snapshot."""
    zones = {departement.code: departement.zone for departement in snapshot.departements}
    views = []
    for index in range(snapshot.lines_count):
        row = snapshot.line(index)
        if row.psap == NONE:
            continue
        psap, trunk = snapshot.psap(row.psap), snapshot.trunk(row.trunk)
        views.append(
            LineView(
                number=row.number,
                psap=psap.id,
                kind=psap.kind,
                departement=psap.departement,
                zone=zones.get(psap.departement, ""),
                carrier=_list_carriers(trunk)[0],
                technology=str(psap.technology),
                joints=tuple(_find_joints(trunk)),
            )
        )
    return tuple(views)


def _list_carriers(trunk: TrunkRow) -> list[str]:
    """Read the carriers of the hops that are tried out of a trunk's name."""
    return trunk.name.split("/")[0].split("+")


def _find_joints(trunk: TrunkRow) -> Iterable[tuple[str, str]]:
    tried = trunk.hops[:HOPS_TRIED_MAX]
    if any(hop.technology != Technology.RTC for hop in tried):
        return
    vendors = {hop.vendor for hop in tried}
    carriers = _list_carriers(trunk)
    if len(vendors) == 1:
        yield "vendor", vendors.pop()
    if len(carriers) == 1:
        yield "carrier", carriers[0]
