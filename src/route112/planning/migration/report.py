"""
How far the move is, by departement, kind and carrier; who hangs on what; what to move first.

Inhabitants are those of communes of which some route rings the answering point first, at whatever
hour and by whatever number. Each counts once in a figure: figures of several rows do not add up.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from route112.model import LineTable, Technology
from route112.planning.migration.calling import Calling, Hanging, report_calling
from route112.planning.migration.lines import LineView, list_lines
from route112.planning.population import count_touched
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Some lines and the people behind them."""

    lines: int
    inhabitants: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one departement, kind or carrier is."""

    name: str
    rtc: Share
    migration: Share
    ip: Share
    on_one_joint: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """What takes lines away when it fails, because all ways to them lead through it."""

    zone: str
    """Empty: the departements that have none."""
    what: str
    """`vendor` or `carrier`, of gateways."""
    name: str
    psaps: tuple[str, ...]
    lines: int
    inhabitants: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An answering point to move, and why."""

    psap: str
    departement: str
    inhabitants: int
    lines: int
    """Of its own, behind the switched network."""
    joints: tuple[str, ...]
    """`vendor cedar`, `carrier armor`; empty: two ways, both behind the switched network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The whole report."""

    country: Progress
    departements: tuple[Progress, ...]
    kinds: tuple[Progress, ...]
    carriers: tuple[Progress, ...]
    joints: tuple[Joint, ...]
    """Most inhabitants first."""
    steps: tuple[Step, ...]
    """What is left to move: first what hangs on one joint, of these first the most inhabitants."""
    calling: Calling | None = None
    """The lines that call; None: nothing says how they are connected."""


def report_migration(snapshot: Snapshot) -> Migration:
    """Count lines by technology, and find what still hangs on one joint."""
    lines = list_lines(snapshot)
    people = _People(snapshot)

    def group(key: Callable[[LineView], str]) -> tuple[Progress, ...]:
        groups: dict[str, list[LineView]] = defaultdict(list)
        for line in lines:
            groups[key(line)].append(line)
        return tuple(_count(name, each, people) for name, each in sorted(groups.items()))

    return Migration(
        country=_count(snapshot.country, lines, people),
        departements=group(lambda line: line.departement),
        kinds=group(lambda line: line.kind),
        carriers=group(lambda line: line.carrier),
        joints=_list_joints(lines, people),
        steps=_list_steps(lines, people),
    )


def with_calling(
    report: Migration, snapshot: Snapshot, tables: Mapping[str, LineTable]
) -> Migration:
    """Add the lines that call, by operator, as the sources of the snapshot have them."""
    callers = list_callers(snapshot)
    hanging = [
        Hanging(
            joint.zone,
            joint.what,
            joint.name,
            frozenset(
                snapshot.commune(index).code
                for index in set().union(*(callers.get(psap, set()) for psap in joint.psaps))
            ),
        )
        for joint in report.joints
    ]
    return replace(report, calling=report_calling(tables, snapshot, hanging))


class _People:
    """Who reaches an answering point first."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._communes = [snapshot.commune(index) for index in range(snapshot.communes_count)]
        self._callers = list_callers(snapshot)

    def count(self, psaps: Collection[str]) -> int:
        """Count the inhabitants behind some answering points, each once."""
        communes = set().union(*(self._callers.get(psap, set()) for psap in psaps))
        return count_touched(self._communes, communes).inhabitants


def list_callers(snapshot: Snapshot) -> Mapping[str, set[int]]:
    """Return the communes that ring an answering point first, by its id."""
    first: dict[int, set[str]] = {NONE: set()}
    callers: dict[str, set[int]] = defaultdict(set)
    for commune in range(snapshot.communes_count):
        for number in range(len(snapshot.short_numbers)):
            route = snapshot.route_index(commune, number)
            if route not in first:
                lines = {variant.lines[0] for variant in snapshot.route(route) if variant.lines}
                owners = {snapshot.line(line).psap for line in lines} - {NONE}
                first[route] = {snapshot.psap(owner).id for owner in owners}
            for psap in first[route]:
                callers[psap].add(commune)
    return callers


def _count(name: str, lines: Iterable[LineView], people: _People) -> Progress:
    by_technology: dict[str, list[LineView]] = defaultdict(list)
    for line in lines:
        by_technology[line.technology].append(line)
    alone = [line for each in by_technology.values() for line in each if line.joints]

    def share(chosen: list[LineView]) -> Share:
        psaps = {line.psap for line in chosen}
        return Share(lines=len(chosen), inhabitants=people.count(psaps))

    return Progress(
        name=name,
        rtc=share(by_technology[Technology.RTC]),
        migration=share(by_technology[Technology.MIGRATION]),
        ip=share(by_technology[Technology.IP]),
        on_one_joint=share(alone),
    )


def _list_joints(lines: Iterable[LineView], people: _People) -> tuple[Joint, ...]:
    found: dict[tuple[str, str, str], list[LineView]] = defaultdict(list)
    for line in lines:
        for what, name in line.joints:
            found[line.zone, what, name].append(line)
    joints = []
    for (zone, what, name), hanging in sorted(found.items()):
        psaps = tuple(sorted({line.psap for line in hanging}))
        joints.append(
            Joint(
                zone=zone,
                what=what,
                name=name,
                psaps=psaps,
                lines=len(hanging),
                inhabitants=people.count(psaps),
            )
        )
    return tuple(sorted(joints, key=lambda joint: -joint.inhabitants))


def _list_steps(lines: Iterable[LineView], people: _People) -> tuple[Step, ...]:
    by_psap: dict[str, list[LineView]] = defaultdict(list)
    for line in lines:
        if line.technology == Technology.RTC:
            by_psap[line.psap].append(line)
    steps = [
        Step(
            psap=psap,
            departement=own[0].departement,
            inhabitants=people.count([psap]),
            lines=len(own),
            joints=tuple(sorted({f"{what} {name}" for line in own for what, name in line.joints})),
        )
        for psap, own in sorted(by_psap.items())
    ]
    return tuple(sorted(steps, key=lambda step: (not step.joints, -step.inhabitants)))
