"""A resolved plan as the writer wants it: tables of rows that name each other by index."""

import datetime as dt
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Mapping, TypeVar

from route112.model import Area, Commune, Departement, Hours, Plan, Profile, Territory
from route112.planning.fallbacks import Fallbacks
from route112.planning.lines import PlanLine
from route112.planning.offsets import list_offsets
from route112.planning.resolve import Resolution, Variant
from route112.planning.trunks import TrunkKey, find_trunk, list_hops, name_trunk
from route112.snapshot.content import (
    NONE,
    DepartementRow,
    FallbackRow,
    LineRow,
    SnapshotContent,
    TrunkRow,
    VariantRow,
)

T = TypeVar("T", Hours, Area)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a candidate stands in the row of generations."""

    generation: int = 1
    parent: str = ""
    """Content hash of the parent; empty for a first one."""


def make_candidate(
    plan: Plan,
    resolution: Resolution,
    *,
    timezones: Mapping[str, dt.tzinfo],
    lineage: Lineage,
) -> SnapshotContent:
    """
    Turn a plan without errors into the content of a snapshot.

    The same plan gives the same content: everything is in the order of names or of keys.
    `timezones` has, by IANA name, at least those of the profile's departements.
    """
    profile = plan.profile
    trunk_of = {number: find_trunk(line, plan) for number, line in resolution.lines.items()}
    trunks = sorted(set(trunk_of.values()))
    lines = _list_lines(plan, resolution.lines, trunk_of, trunks)
    line_index = {line.number: index for index, line in enumerate(lines)}
    primary = {psap.id: line_index[psap.primary] for psap in plan.psaps.values()}
    routes = _RouteTable(resolution, line_index)
    departements = sorted(profile.departements, key=lambda departement: departement.code)
    return SnapshotContent(
        country=profile.country,
        edition=profile.edition,
        generation=lineage.generation,
        parent=lineage.parent,
        valid_from=profile.valid_from,
        valid_until=profile.valid_until,
        short_numbers=profile.short_numbers,
        default_number=_find_default_number(profile),
        departements=tuple(_make_departement(row, profile, timezones) for row in departements),
        communes=resolution.communes,
        merged=_list_merged(plan.territory),
        psaps=tuple(psap for _, psap in sorted(plan.psaps.items())),
        lines=lines,
        trunks=tuple(_make_trunk(key, plan) for key in trunks),
        hours=routes.hours,
        areas=routes.areas,
        routes=routes.rows,
        mapping_route=routes.mapping,
        mapping_source=resolution.mapping_source,
        mapping_row=resolution.mapping_row,
        sources=resolution.sources,
        fallbacks=_list_fallbacks(plan, departements, primary),
        national=_list_national(profile, primary),
        operators=tuple(operator for _, operator in sorted(plan.operators.items())),
        orders=tuple(sorted(plan.orders, key=lambda order: order.id)),
        cells=_list_cells(plan, resolution.communes),
        calling_lines=_list_calling_lines(plan, resolution.communes),
    )


def _find_default_number(profile: Profile) -> int:
    return [short.number for short in profile.short_numbers].index(profile.default_number)


def _make_trunk(key: TrunkKey, plan: Plan) -> TrunkRow:
    return TrunkRow(name=name_trunk(key, plan.carriers), hops=list_hops(key, plan.carriers))


def _list_national(profile: Profile, primary: Mapping[str, int]) -> tuple[int, ...]:
    defaults = profile.national_defaults
    return tuple(primary[defaults[short.number]] for short in profile.short_numbers)


def _list_merged(territory: Territory) -> tuple[tuple[str, int], ...]:
    positions = {code: index for index, code in enumerate(territory.communes)}
    return tuple((old, positions[new]) for old, new in sorted(territory.merged.items()))


def _list_cells(plan: Plan, communes: Sequence[Commune]) -> dict[str, tuple[tuple[str, int], ...]]:
    """List each operator's cells with their heaviest commune."""
    places = {commune.code: index for index, commune in enumerate(communes)}
    return {
        operator: tuple((cell, places[own[0][0]]) for cell, own in table.cells.items())
        for operator, table in sorted(plan.cells.items())
        if table.cells
    }


def _list_calling_lines(
    plan: Plan, communes: Sequence[Commune]
) -> dict[str, tuple[tuple[str, int], ...]]:
    places = {commune.code: index for index, commune in enumerate(communes)}
    return {
        operator: tuple((digits, places[line[0]]) for digits, line in table.lines.items())
        for operator, table in sorted(plan.calling_lines.items())
        if table.lines
    }


def _list_lines(
    plan: Plan,
    lines: Mapping[str, PlanLine],
    trunk_of: Mapping[str, TrunkKey],
    trunks: list[TrunkKey],
) -> tuple[LineRow, ...]:
    """Return the lines of all PSAPs, then those that only orders name, ascending by number."""
    owners = {name: index for index, name in enumerate(sorted(plan.psaps))}
    ring_time = {kind.name: kind.ring_time_s for kind in plan.profile.kinds}
    rows = {
        number: LineRow(
            number=number,
            psap=owners[line.psap],
            role=line.role,
            trunk=trunks.index(trunk_of[number]),
            ring_time_s=ring_time[plan.psaps[line.psap].kind],
        )
        for number, line in lines.items()
    }
    for order in plan.orders:
        if order.to_number and order.to_number not in rows:
            touched = plan.psaps[order.psap]
            rows[order.to_number] = LineRow(
                number=order.to_number,
                psap=NONE,
                role="order",
                trunk=trunks.index(trunk_of[touched.primary]),
                ring_time_s=ring_time[touched.kind],
            )
    ordered = sorted(rows.items(), key=lambda item: (item[1].role == "order", item[0]))
    return tuple(row for _, row in ordered)


class _RouteTable:
    """The routes that keys use, in the order of the keys, with their hours and areas."""

    def __init__(self, resolution: Resolution, line_index: Mapping[str, int]) -> None:
        self._lines = line_index
        self._hours: dict[Hours, int] = {}
        self._areas: dict[Area, int] = {}
        renamed: dict[int, int] = {NONE: NONE}
        rows: list[tuple[VariantRow, ...]] = []
        for route in dict.fromkeys(resolution.mapping_route):
            if route != NONE:
                renamed[route] = len(rows)
                variants = resolution.routes[route]
                rows.append(tuple(self._make_variant(variant) for variant in variants))
        self.rows = tuple(rows)
        self.mapping = array("I", map(renamed.__getitem__, resolution.mapping_route))
        self.hours = tuple(self._hours)
        self.areas = tuple(self._areas)

    def _make_variant(self, variant: Variant) -> VariantRow:
        return VariantRow(
            lines=tuple(self._lines[number] for number in variant.lines),
            rules=variant.rules,
            hours=_intern(self._hours, variant.hours),
            area=_intern(self._areas, variant.area),
            row=variant.row,
            source=variant.source,
        )


def _intern(table: dict[T, int], value: T | None) -> int:
    return NONE if value is None else table.setdefault(value, len(table))


def _make_departement(
    departement: Departement, profile: Profile, timezones: Mapping[str, dt.tzinfo]
) -> DepartementRow:
    return DepartementRow(
        code=departement.code,
        name=departement.name,
        zone=departement.zone,
        offsets=list_offsets(
            timezones[departement.timezone],
            valid_from=profile.valid_from,
            valid_until=profile.valid_until,
        ),
    )


def _list_fallbacks(
    plan: Plan, departements: Sequence[Departement], primary: Mapping[str, int]
) -> tuple[FallbackRow, ...]:
    fallbacks = Fallbacks(plan)
    rows = []
    for departement in departements:
        for short in plan.profile.short_numbers:
            own = fallbacks.find_default(departement.code, short)
            near = fallbacks.list_neighbours(departement, short)
            rows.append(
                FallbackRow(
                    neighbours=tuple(primary[psap] for psap in near),
                    departement=primary[own] if own else NONE,
                )
            )
    return tuple(rows)
