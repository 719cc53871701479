"""The way to the lines: carriers, trunks, and gateways into the switched network."""

from collections import defaultdict
from collections.abc import Iterator

from route112.model import Problem, Psap, Technology
from route112.planning.checks.psaps import name_psaps
from route112.planning.checks.subject import Subject, report_error, report_warning
from route112.planning.trunks import TrunkKey, find_trunk, list_hops

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


def check_gateways(subject: Subject) -> Iterator[Problem]:
    """Find switched PSAPs that one vendor's fault would cut off: one warning a zone and vendor."""
    alone: dict[tuple[str, str], list[str]] = defaultdict(list)
    for _, psap in sorted(subject.plan.psaps.items()):
        if psap.technology != Technology.RTC:
            continue
        zone, hops = _list_ways(subject, psap)
        vendors = {hop_vendor for technology, hop_vendor in hops if technology == Technology.RTC}
        has_ip = any(technology == Technology.IP for technology, _ in hops)
        if hops and not has_ip and len(vendors) < VENDORS_MIN:
            alone[zone, min(vendors)].append(psap.id)
    for (zone, vendor), ids in sorted(alone.items()):
        where = f"zone {zone}" if zone else "the whole country"
        yield report_warning(
            "one-gateway-vendor",
            f"in {where} {name_psaps(ids)} can be reached through gateways of {vendor} only: "
            f"a fault of theirs cuts off {subject.count_callers(ids)}",
            "Add a gateway of a second vendor for this zone, or a helper that is reached by IP",
            file="trunks.yaml",
            value=vendor,
        )


def _list_ways(subject: Subject, psap: Psap) -> tuple[str, set[tuple[str, str]]]:
    """Return a PSAP's zone, and (technology, vendor) of every hop to it and to its helper."""
    ways: set[tuple[str, str]] = set()
    zone = ""
    for number in (psap.alternative, psap.secondary, psap.primary):
        line = subject.resolution.lines.get(number)
        if line is not None:
            key = find_trunk(line, subject.plan)
            zone = key[2]
            ways |= {(hop.technology, hop.vendor) for hop in list_hops(key, subject.plan.carriers)}
    return zone, ways
