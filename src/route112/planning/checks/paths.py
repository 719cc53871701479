"""The way to the lines: carriers, trunks, and gateways into the switched network."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Mapping

from route112.model import Hop, Problem, Psap, Technology
from route112.planning.checks.psaps import name_psaps
from route112.planning.checks.subject import Subject, report_error, report_warning
from route112.planning.trunks import (
    HOPS_TRIED_MAX,
    TrunkKey,
    find_missing,
    find_trunk,
    list_doors,
)

TRUNKS = "trunks.yaml"
JOINT_CODES = {"vendor": "one-gateway-vendor", "carrier": "one-gateway-carrier"}
"""What gateways share, and the code of the warning about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayJoint:
    """What all ways into the switched network share for some answering points of a zone."""

    zone: str
    """Empty: the whole country."""
    kind: str
    """A key of JOINT_CODES."""
    name: str
    """Of the vendor or carrier."""
    psaps: tuple[str, ...]
    """Ids, ascending."""


def check_trunks(subject: Subject) -> Iterator[Problem]:
    """Find lines that no next hop leads to: one error for each trunk."""
    users: dict[TrunkKey, list[Psap]] = defaultdict(list)
    for line in subject.resolution.lines.values():
        psap = subject.plan.psaps[line.psap]
        key = find_trunk(line, subject.plan)
        if psap not in users[key]:
            users[key].append(psap)
    for key, psaps in sorted(users.items()):
        technology = find_missing(key, subject.plan.carriers)
        if not technology:
            continue
        carrier, _, zone = key
        ids = sorted(psap.id for psap in psaps)
        who = f"{name_psaps(ids)}; {subject.count_callers(ids)}"
        first = min(psaps, key=lambda psap: psap.row)
        if carrier not in subject.plan.carriers:
            code, what = (
                "carrier-unknown",
                f"trunks.yaml has no carrier {carrier!r}, used by {who}",
            )
        else:
            where = f"zone {zone}" if zone else "the whole country"
            code = "hop-missing"
            what = f"carrier {carrier!r} has no {technology} hop for {where}, needed by {who}"
        yield report_error(
            code,
            what,
            f"Add {technology} hops of {carrier} to trunks.yaml, or mend the PSAP's carrier",
            file=subject.psaps_file,
            row=first.row,
            column="carrier",
            value=carrier,
        )


def check_hops(subject: Subject) -> Iterator[Problem]:
    """Find addresses that two vendors are said to stand at, and hops that repeat another."""
    vendors = _list_vendors(subject)
    for address, names in sorted(vendors.items()):
        if len(names) > 1:
            yield report_error(
                "hop-vendor",
                f"the hop {address} is listed under several vendors ({', '.join(sorted(names))}), "
                "so that nobody could tell what a vendor's fault cuts off",
                "Give the address the vendor that stands there",
                file=TRUNKS,
                value=address,
            )
    for carrier in subject.plan.carriers.values():
        repeated = {
            hop.address for hop, other in combinations(carrier.hops, 2) if _same(hop, other)
        }
        for address in sorted(repeated):
            yield report_warning(
                "hop-repeated",
                f"carrier {carrier.id!r} has the hop {address} twice: the second try of a call "
                "would fail as the first did",
                "Remove one of them, or mend its address",
                file=TRUNKS,
                value=address,
            )


def _same(hop: Hop, other: Hop) -> bool:
    """Tell whether two hops of a carrier are one door that some trunk tries twice."""
    door, second = ((each.address, each.transport, each.technology) for each in (hop, other))
    return door == second and (hop.zone == other.zone or "" in (hop.zone, other.zone))


def _list_vendors(subject: Subject) -> dict[str, set[str]]:
    """Return the vendors that are named for each address."""
    vendors: dict[str, set[str]] = defaultdict(set)
    for carrier in subject.plan.carriers.values():
        for hop in carrier.hops:
            vendors[hop.address].add(hop.vendor)
    return vendors


def check_gateways(subject: Subject) -> Iterator[Problem]:
    """
    Find lines that hang on the gateways of one vendor, or of one carrier: one warning a zone.

    A helper that is reached by IP is no way out: gateways that take a call and then do nothing
    use up the time in which it must ring, so that nobody behind them is tried.
    """
    for joint in find_joints(subject):
        ids = joint.psaps
        where = f"zone {joint.zone}" if joint.zone else "the whole country"
        numbers = ", ".join(sorted(set().union(*(subject.served.get(id_, set()) for id_ in ids))))
        yield report_warning(
            JOINT_CODES[joint.kind],
            f"in {where} {', '.join(ids)} can be reached through gateways of {joint.name} only: "
            f"a fault of theirs cuts off {numbers or 'no number'} for "
            f"{subject.count_callers(ids)}",
            f"Add a gateway of a second {joint.kind} for this zone, or move the lines to IP: "
            "`route112 plan migration` says which first",
            file=TRUNKS,
            value=joint.name,
        )


def find_joints(subject: Subject) -> tuple[GatewayJoint, ...]:
    """Find what `check_gateways` warns of, in its order."""
    alone: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    vendors_at = _list_vendors(subject)
    for _, psap in sorted(subject.plan.psaps.items()):
        for joint in _list_joints(subject, psap, vendors_at):
            alone[joint].append(psap.id)
    return tuple(
        GatewayJoint(zone=zone, kind=kind, name=name, psaps=tuple(ids))
        for (zone, kind, name), ids in sorted(alone.items())
    )


def _list_joints(
    subject: Subject, psap: Psap, vendors_at: Mapping[str, set[str]]
) -> list[tuple[str, str, str]]:
    """Return zone, `vendor` or `carrier`, and its name, of what all ways to some line share."""
    joints = set()
    for line in (subject.resolution.lines.get(number) for number in _list_own(psap)):
        if line is None or line.psap != psap.id:
            continue
        key = find_trunk(line, subject.plan)
        tried = list_doors(key, subject.plan.carriers)[:HOPS_TRIED_MAX]
        if not tried or any(hop.technology != Technology.RTC for _, hop in tried):
            continue
        # An address has one vendor, whatever it is called: two names for it are no second way.
        shared = {
            "vendor": {min(vendors_at[hop.address]) for _, hop in tried},
            "carrier": {carrier for carrier, _ in tried},
        }
        joints |= {(key[2], kind, min(names)) for kind, names in shared.items() if len(names) == 1}
    return sorted(joints)


def _list_own(psap: Psap) -> tuple[str, ...]:
    return psap.primary, psap.secondary, psap.alternative
