"""The way to the lines: carriers, trunks, and gateways into the switched network."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from route112.model import Hop, Problem, Psap, Technology
from route112.planning.checks.psaps import name_psaps
from route112.planning.checks.subject import Subject, report_error, report_warning
from route112.planning.trunks import TrunkKey, find_trunk, list_hops

TRUNKS = "trunks.yaml"
VENDORS_MIN = 2
"""Gateway vendors that a zone needs: one vendor's fault must not cut a zone off."""


def check_trunks(subject: Subject) -> Iterator[Problem]:
    """Find lines that no next hop leads to: one error for each trunk."""
    users: dict[TrunkKey, list[Psap]] = defaultdict(list)
    for line in subject.resolution.lines.values():
        psap = subject.plan.psaps[line.psap]
        key = find_trunk(line, subject.plan)
        if psap not in users[key]:
            users[key].append(psap)
    for key, psaps in sorted(users.items()):
        if list_hops(key, subject.plan.carriers):
            continue
        carrier, technology, zone = key
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
    """Find switched PSAPs that one vendor's fault would cut off: one warning a zone and vendor."""
    alone: dict[tuple[str, str], list[str]] = defaultdict(list)
    vendors_at = _list_vendors(subject)
    for _, psap in sorted(subject.plan.psaps.items()):
        if psap.technology != Technology.RTC:
            continue
        zone, hops = _list_ways(subject, psap)
        # An address has one vendor, whatever it is called: two names for it are no second way.
        vendors = {
            min(vendors_at[hop.address]) for hop in hops if hop.technology == Technology.RTC
        }
        has_ip = any(hop.technology == Technology.IP for hop in hops)
        if hops and not has_ip and len(vendors) < VENDORS_MIN:
            alone[zone, min(vendors)].append(psap.id)
    for (zone, vendor), ids in sorted(alone.items()):
        where = f"zone {zone}" if zone else "the whole country"
        yield report_warning(
            "one-gateway-vendor",
            f"in {where} {name_psaps(ids)} can be reached through gateways of {vendor} only: "
            f"a fault of theirs cuts off {subject.count_callers(ids)}",
            "Add a gateway of a second vendor for this zone, or a helper that is reached by IP",
            file=TRUNKS,
            value=vendor,
        )


def _list_ways(subject: Subject, psap: Psap) -> tuple[str, set[Hop]]:
    """Return a PSAP's zone, and every hop to it and to its helper."""
    ways: set[Hop] = set()
    zone = ""
    for number in (psap.alternative, psap.secondary, psap.primary):
        line = subject.resolution.lines.get(number)
        if line is not None:
            key = find_trunk(line, subject.plan)
            zone = key[2]
            ways.update(list_hops(key, subject.plan.carriers))
    return zone, ways
