"""
The lines that call: how many operators still connect over the switched network, and where.

A row of an operator's table is a line or a range of lines and counts once. A line is *doubly
behind* a joint when it hangs on the switched network and some number that it may dial rings an
answering point to which all ways lead through that joint: such a call crosses the switched
network at both of its ends.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from route112.model import LineTable, Technology
from route112.snapshot.reader import Snapshot

ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingProgress:
    """How far some lines of one operator are."""

    operator: str
    kind: str
    """`residential`, `enterprise`, or empty where the table does not say."""
    departement: str = ""
    """Empty: all of the operator's."""
    commune: str = ""
    """Empty: all of the departement's."""
    ip: int
    rtc: int
    dated: int
    """Of `rtc`, those whose day of moving is known."""
    first: str
    """Day on which the first of them moves; empty where none is known."""
    last: str
    on_one_joint: int
    """Of `rtc`, those that are doubly behind some joint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingJoint:
    """A joint of answering points, and the lines that are doubly behind it."""

    zone: str
    what: str
    name: str
    lines: int
    enterprises: int
    """Of `lines`, those of enterprises."""
    communes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What moves to IP on one day."""

    day: str
    operator: str
    kind: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """The whole report of calling lines."""

    operators: tuple[CallingProgress, ...]
    """By operator and kind."""
    departements: tuple[CallingProgress, ...]
    """By operator, departement and kind."""
    communes: tuple[CallingProgress, ...]
    """By operator, commune and kind; those that have lines left to move."""
    joints: tuple[CallingJoint, ...]
    """Most lines of enterprises first."""
    moves: tuple[Move, ...]
    """By day."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """A joint, and the communes of which some number rings first behind it."""

    zone: str
    what: str
    name: str
    communes: frozenset[str] = field(repr=False)


class _Line(NamedTuple):
    operator: str
    departement: str
    commune: str
    kind: str
    is_rtc: bool
    day: str
    hangs: bool


def report_calling(
    tables: Mapping[str, LineTable], snapshot: Snapshot, joints: Sequence[Hanging] = ()
) -> Calling:
    """
    Count calling lines by how they are connected.

    Args:
        tables: by operator.
        snapshot: knows the departement of a commune.
        joints: what answering points hang on.
    """
    lines = [*_list_lines(tables, snapshot, joints)]
    return Calling(
        operators=_group(lines, lambda _: ("", "")),
        departements=_group(lines, lambda line: (line.departement, "")),
        communes=tuple(
            row for row in _group(lines, lambda line: (line.departement, line.commune)) if row.rtc
        ),
        joints=_list_joints(lines, joints),
        moves=_list_moves(lines),
    )


def _list_lines(
    tables: Mapping[str, LineTable], snapshot: Snapshot, joints: Sequence[Hanging]
) -> Iterable[_Line]:
    codes = [departement.code for departement in snapshot.departements]
    homes = {
        snapshot.commune(index).code: codes[snapshot.commune_departement(index)]
        for index in range(snapshot.communes_count)
    }
    hanging = frozenset[str]().union(*(joint.communes for joint in joints))
    for operator, table in sorted(tables.items()):
        for prefix, (commune, technology, kind) in table.lines.items():
            is_rtc = technology is Technology.RTC
            yield _Line(
                operator=operator,
                departement=homes[commune],
                commune=commune,
                kind=kind,
                is_rtc=is_rtc,
                day=table.moves.get(prefix, ""),
                hangs=is_rtc and commune in hanging,
            )


def _group(
    lines: Iterable[_Line], place: Callable[[_Line], tuple[str, str]]
) -> tuple[CallingProgress, ...]:
    groups: dict[tuple[str, str, str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        departement, commune = place(line)
        groups[line.operator, departement, commune, line.kind].append(line)
    rows = []
    for (operator, departement, commune, kind), each in sorted(groups.items()):
        days = sorted(line.day for line in each if line.day)
        rtc = sum(line.is_rtc for line in each)
        rows.append(
            CallingProgress(
                operator=operator,
                departement=departement,
                commune=commune,
                kind=kind,
                ip=len(each) - rtc,
                rtc=rtc,
                dated=len(days),
                first=days[0] if days else "",
                last=days[-1] if days else "",
                on_one_joint=sum(line.hangs for line in each),
            )
        )
    return tuple(rows)


def _list_joints(lines: Sequence[_Line], joints: Sequence[Hanging]) -> tuple[CallingJoint, ...]:
    by_commune: dict[str, list[_Line]] = defaultdict(list)
    for line in lines:
        if line.is_rtc:
            by_commune[line.commune].append(line)
    found = []
    for joint in joints:
        communes = joint.communes & by_commune.keys()
        behind = [line for commune in communes for line in by_commune[commune]]
        if behind:
            found.append(
                CallingJoint(
                    zone=joint.zone,
                    what=joint.what,
                    name=joint.name,
                    lines=len(behind),
                    enterprises=sum(line.kind == ENTERPRISE for line in behind),
                    communes=len(communes),
                )
            )
    return tuple(sorted(found, key=lambda joint: (-joint.enterprises, -joint.lines)))


def _list_moves(lines: Iterable[_Line]) -> tuple[Move, ...]:
    counts = Counter((line.day, line.operator, line.kind) for line in lines if line.day)
    return tuple(
        Move(day=day, operator=operator, kind=kind, lines=count)
        for (day, operator, kind), count in sorted(counts.items())
    )
