"""What a snapshot says, before it is bytes: the writer's input and nothing else."""

from array import array
from dataclasses import dataclass

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
    """`carrier/technology/zone`."""
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
