"""Who lost calls behind gateways of one vendor, beside whom the check of the plan named before."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from route112.apps.demo.draw import find_owner
from route112.apps.replay.reach import VENDOR_KIND
from route112.model import Scenario
from route112.planning.checks.paths import GatewayJoint
from route112.simulation.checker import Verdict
from route112.simulation.tally import Attempt
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

COUNTRY = "the whole country"
"""How a zone is called that is none."""
NO_ZONE = "no switched way"

ByZone = Mapping[str, Mapping[str, int]]
"""Zone, then answering point, to attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointReport:
    """What a vendor's fault came to, by zone and answering point that should have rung."""

    vendors: tuple[str, ...]
    named: Mapping[str, tuple[str, ...]]
    """Zone to answering points that can be reached through these vendors' gateways only."""
    called_named: ByZone
    """Attempts for those, while the fault lasted."""
    lost_named: ByZone
    """Of them, those that were lost."""
    lost_unnamed: ByZone
    """All other attempts that were lost."""

    @property
    def spared(self) -> tuple[str, ...]:
        """Zones that were named and called, and lost nothing: the check cried wolf."""
        return tuple(sorted(set(self.called_named) - set(self.lost_named)))

    def count_named(self) -> int:
        """Return how many attempts were lost as the check had said."""
        return sum(sum(psaps.values()) for psaps in self.lost_named.values())


def list_vendors(scenario: Scenario) -> tuple[str, ...]:
    """List the makers whose gateways the fault script makes grey."""
    targets = {
        vendor for step in scenario.faults if step.kind == VENDOR_KIND for vendor in step.targets
    }
    return tuple(sorted(targets))


def compare_joint(
    attempts: Iterable[Attempt],
    joints: Iterable[GatewayJoint],
    vendors: tuple[str, ...],
    snapshot: Snapshot,
) -> JointReport:
    """
    Say who lost calls, and whether the check had named them.

    An attempt counts as named only while a fault of the script had taken its way; what the same
    answering point loses before or afterwards is everybody's.
    """
    named = {
        joint.zone or COUNTRY: joint.psaps
        for joint in joints
        if joint.kind == "vendor" and joint.name in vendors
    }
    zone_of = {psap: zone for zone, psaps in named.items() for psap in psaps}
    called: dict[str, Counter[str]] = {}
    lost: dict[str, Counter[str]] = {}
    unnamed: dict[str, Counter[str]] = {}
    for attempt in attempts:
        psap = find_owner(snapshot, attempt.target)
        zone = zone_of.get(psap, "") if attempt.cut_off else ""
        is_lost = attempt.verdict is Verdict.LOST
        if zone:
            called.setdefault(zone, Counter())[psap] += 1
            if is_lost:
                lost.setdefault(zone, Counter())[psap] += 1
        elif is_lost:
            place = find_zone(snapshot, attempt.target)
            unnamed.setdefault(place, Counter())[psap] += 1
    return JointReport(
        vendors=vendors,
        named=named,
        called_named=_sort(called),
        lost_named=_sort(lost),
        lost_unnamed=_sort(unnamed),
    )


COLUMNS = ("zone", "answering point", "named before", "attempts", "lost")


def list_rows(joint: JointReport) -> list[tuple[str, str, str, str, str]]:
    """List who lost calls, first those whom nobody had named; then who was named and spared."""
    rows = [
        (zone, psap, "NO", "", f"{lost:,}")
        for zone, psaps in joint.lost_unnamed.items()
        for psap, lost in psaps.items()
    ]
    rows += [
        (zone, psap, "yes", f"{called:,}", f"{joint.lost_named.get(zone, {}).get(psap, 0):,}")
        for zone, psaps in joint.called_named.items()
        for psap, called in psaps.items()
    ]
    return rows


def say_joint(joint: JointReport) -> str:
    """Say in a sentence whether the check of the plan was right."""
    makers = ", ".join(joint.vendors)
    zones = ", ".join(joint.named) or "none"
    said = f"Gateways of {makers} took calls and did nothing. `plan check` had named: {zones}."
    unnamed = sum(sum(psaps.values()) for psaps in joint.lost_unnamed.values())
    said += f" Lost there: {joint.count_named():,} attempts; lost elsewhere: {unnamed:,}."
    if joint.spared:
        said += f" Named, called, and nothing lost: {', '.join(joint.spared)}."
    return said


def find_zone(snapshot: Snapshot, number: str) -> str:
    """Return the zone of the trunk that leads to a long number."""
    line = snapshot.find_line(number)
    trunk = NONE if line is None else snapshot.line(line).trunk
    if trunk == NONE:
        return NO_ZONE
    return snapshot.trunk(trunk).name.rpartition("/")[2] or COUNTRY


def _sort(found: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {zone: dict(sorted(psaps.items())) for zone, psaps in sorted(found.items())}
