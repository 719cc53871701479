"""What a snapshot says, before it is bytes: the writer's input, and orders put on it."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Iterable

from route112.model import Area as PlanArea
from route112.model import Commune, Hop, Hours, Operator, Order, Psap, ShortNumber

NONE = 0xFFFFFFFF
"""Index that means "none"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartementRow:
    """A departement with its clock."""

    code: str
    name: str
    zone: str
    offsets: tuple[tuple[int, int], ...]
    """(UTC second from which it holds, offset from UTC in seconds), ascending; the first
    holds since ever. Made by the planner, so that readers need no time-zone files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkRow:
    """The ordered next hops that carry one carrier's lines of one technology into one zone."""

    name: str
    """`carrier/technology/zone`, or `carrier+second/technology/zone`."""
    hops: tuple[Hop, ...]
    """1 or more, in try order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A long number that can be rung."""

    number: str
    """E.164; unique among the lines."""
    psap: int
    """Index into `psaps`, or NONE for a number that only an order names."""
    role: str
    """`primary`, `secondary` or `alternative` at its PSAP; `order` where NONE owns it."""
    trunk: int
    """Index into `trunks`."""
    ring_time_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRow:
    """The lines of a route at some hours, in some area."""

    lines: tuple[int, ...]
    """Indexes into `lines`, primary first, 1 to 3; the planner has already appended the
    secondary and alternative of the PSAP where the plan row names fewer."""
    rules: tuple[str, ...]
    """Of each line: `primary`, `secondary` or `alternative`."""
    hours: int = NONE
    """Index into `hours`; NONE: always."""
    area: int = NONE
    """Index into `areas`; NONE: everywhere else."""
    row: int = 0
    """Row of this variant's source; 0: the row of the mapping."""
    source: int = NONE
    """Index into `sources`; NONE: that of the mapping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackRow:
    """Where the calls of a departement and short number go when the plan's lines are out."""

    neighbours: tuple[int, ...]
    """Indexes into `lines`, 0 to 2, nearest first."""
    departement: int
    """Index into `lines`, or NONE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A sheet that mappings come from."""

    file: str
    sheet: str
    sha256: str
    """Of the file, hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotContent:
    """Everything that `write_snapshot` turns into bytes. Equal contents give equal bytes."""

    country: str
    edition: str
    generation: int
    """1 or more."""
    parent: str
    """Content hash of the parent snapshot, 64 hexadecimal digits; empty for a first one."""
    valid_from: int
    """UTC, microseconds."""
    valid_until: int
    """UTC, microseconds."""
    short_numbers: tuple[ShortNumber, ...]
    default_number: int
    """Index into `short_numbers`: answers unknown numbers."""
    departements: tuple[DepartementRow, ...]
    """Ascending by code."""
    communes: tuple[Commune, ...]
    """Ascending by code."""
    merged: tuple[tuple[str, int], ...]
    """(former code, index into `communes`), ascending by code."""
    psaps: tuple[Psap, ...]
    """Ascending by id."""
    lines: tuple[LineRow, ...]
    """Those with the role `order` last: they belong to the layer of orders."""
    trunks: tuple[TrunkRow, ...]
    hours: tuple[Hours, ...]
    areas: tuple[PlanArea, ...]
    routes: tuple[tuple[VariantRow, ...], ...]
    """Variants in the order in which they are tried; the last without hours and area if any."""
    mapping_route: "array[int]"
    """Index into `routes` of key (commune, short number) at `commune * len(short_numbers) +
    number`; typecode I; NONE where the key does not resolve (writer accepts, checks refuse)."""
    mapping_source: "array[int]"
    """Index into `sources` of the same key; typecode I; NONE where inherited by rule."""
    mapping_row: "array[int]"
    """Row in that source, from 1; typecode I."""
    sources: tuple[SourceRow, ...]
    fallbacks: tuple[FallbackRow, ...]
    """Of (departement, short number) at `departement * len(short_numbers) + number`."""
    national: tuple[int, ...]
    """Index into `lines` of each short number's national default."""
    operators: tuple[Operator, ...]
    """Ascending by id."""
    orders: tuple[Order, ...]
    """Ascending by id."""
    cells: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """By operator id: (identity, index into `communes`), ascending by identity."""
    calling_lines: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """By operator id: (digits that lines begin with, index into `communes`), ascending."""


def split_lines(
    lines: tuple[LineRow, ...],
) -> tuple[tuple[LineRow, ...], tuple[LineRow, ...]]:
    """
    Split lines into those of the plan and, after them, those that only an order names.

    Raises: ValueError where a line of the plan follows one with the role `order`: the index of a
        line of the plan must not depend on the orders.
    """
    count = next((i for i, line in enumerate(lines) if line.role == "order"), len(lines))
    if any(line.role != "order" for line in lines[count:]):
        raise ValueError("a line of the plan follows a line that only an order names")
    return lines[:count], lines[count:]


def with_orders(
    content: SnapshotContent,
    orders: Iterable[Order],
    *,
    generation: int,
    parent: str,
    lines: Iterable[LineRow] = (),
) -> SnapshotContent:
    """
    Return the same plan under other orders.

    Args:
        content: any content; its own orders, and the lines that only they name, are dropped.
        orders: all orders of the new generation, in any order.
        generation: number of the new generation.
        parent: content hash of the snapshot that this one follows.
        lines: lines that only an order names (role `order`); they follow the plan's lines.
    Returns: a content whose snapshot has the same plan hash.

    """
    plan_lines, _ = split_lines(content.lines)
    return replace(
        content,
        generation=generation,
        parent=parent,
        orders=tuple(sorted(orders, key=lambda order: order.id)),
        lines=(*plan_lines, *lines),
    )
