"""
The route of every key (commune, short number).

Work is done once for each distinct `PlanRoute`; what is done for each of the 455,182 keys is a
store into an array. Keys that have several rows (night closing, a commune split in two) get a
route of several variants: those with a condition in the order of the file, then the one without.
"""

from array import array
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Mapping

from route112.model import (
    Area,
    Commune,
    Hours,
    Plan,
    PlanFile,
    PlanRoute,
    Problem,
    Severity,
    ShortNumber,
)
from route112.planning.inherit import inherit_routes
from route112.planning.lines import PlanLine, collect_lines, order_lines
from route112.snapshot.content import NONE, SourceRow

CELLS_PER_ROW = 5
"""Numbers that a row has in `PlanFile.cells`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Lines to try under one condition."""

    lines: tuple[str, ...]
    """E.164, 1 to 3; empty only where an error was reported."""
    rules: tuple[str, ...]
    """Of each line."""
    hours: Hours | None = None
    area: Area | None = None
    row: int = 0
    """Row that says so; 0: the row of the mapping."""
    source: int = NONE
    """Index into the sources of the row; NONE: that of the mapping."""


Route = tuple[Variant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Every key with its route and where that was said."""

    communes: tuple[Commune, ...]
    """Ascending by code."""
    short_numbers: tuple[ShortNumber, ...]
    lines: Mapping[str, PlanLine]
    routes: tuple[Route, ...]
    """Distinct; those of no key may occur."""
    mapping_route: "array[int]"
    """Of key `commune * len(short_numbers) + number`: index into `routes` or NONE."""
    mapping_source: "array[int]"
    """Index into `sources`; NONE where inherited or unresolved."""
    mapping_row: "array[int]"
    """Row in that source; 0 where there is none."""
    sources: tuple[SourceRow, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Draft:
    """What is filled while the files are read."""

    plan: Plan
    lines: Mapping[str, PlanLine]
    route: "array[int]"
    source: "array[int]"
    row: "array[int]"
    routes: list[Route] = field(default_factory=list)
    index: dict[Route, int] = field(default_factory=dict)
    """Of each route in `routes`."""
    sources: list[SourceRow] = field(default_factory=list)
    further: dict[int, list[tuple[int, int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By key: (route, source, row) of its second and later rows."""
    clashes: dict[tuple[str, str], list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By two files that speak of the same keys: source and row of the second, for each key."""

    def intern(self, route: Route) -> int:
        """Return the index of a route, which is kept once."""
        at = self.index.setdefault(route, len(self.routes))
        if at == len(self.routes):
            self.routes.append(route)
        return at


def strip_rows(route: Route) -> Route:
    """Return a route without its provenance: what two keys must share to ring alike."""
    return tuple(replace(variant, row=0, source=NONE) for variant in route)


def resolve_plan(plan: Plan) -> Resolution:
    """Find the route of every key; a key without one stays NONE and `checks` reports it."""
    communes = tuple(plan.territory.communes.values())
    size = len(communes) * len(plan.profile.short_numbers)
    none, zero = array("I", [NONE]) * size, array("I", [0]) * size
    draft = _Draft(plan, collect_lines(plan.psaps), none, none[:], zero)
    position = {commune.code: index for index, commune in enumerate(communes)}
    for file in plan.files:
        if not file.refused:
            _place_rows(draft, file, position)
    for key, rows in sorted(draft.further.items()):
        _join_rows(draft, key, rows)
    inherited = inherit_routes(
        communes,
        plan.profile.short_numbers,
        draft.route,
        alike=lambda index: strip_rows(draft.routes[index]),
    )
    return Resolution(
        communes=communes,
        short_numbers=plan.profile.short_numbers,
        lines=draft.lines,
        routes=tuple(draft.routes),
        mapping_route=draft.route,
        mapping_source=draft.source,
        mapping_row=draft.row,
        sources=tuple(draft.sources),
        problems=(*_list_clashes(draft), *inherited),
    )


def _place_rows(draft: _Draft, file: PlanFile, position: Mapping[str, int]) -> None:
    """Give each key of a file its route; keep second and later rows of a key for later."""
    shorts = draft.plan.profile.short_numbers
    column = {short.number: index for index, short in enumerate(shorts)}
    base = [position[code] * len(shorts) for code in file.communes]
    offset = [column[number] for number in file.short_numbers]
    routes = [draft.intern((_make_variant(draft, route),)) for route in file.routes]
    first_source = len(draft.sources)
    for sheet in file.sheets:
        draft.sources.append(SourceRow(file=file.file, sheet=sheet, sha256=file.sha256))
    mapping, sources, rows = draft.route, draft.source, draft.row
    columns = [file.cells[part::CELLS_PER_ROW] for part in range(CELLS_PER_ROW)]
    for commune, number, route, sheet_index, row in zip(*columns, strict=True):
        key = base[commune] + offset[number]
        if mapping[key] == NONE:
            mapping[key] = routes[route]
            sources[key] = first_source + sheet_index
            rows[key] = row
        else:
            draft.further[key].append((routes[route], first_source + sheet_index, row))


def _make_variant(draft: _Draft, route: PlanRoute) -> Variant:
    numbers, rules = order_lines(route.targets, draft.lines, draft.plan.psaps)
    return Variant(lines=numbers, rules=rules, hours=route.hours, area=route.area)


def _join_rows(draft: _Draft, key: int, rows: list[tuple[int, int, int]]) -> None:
    """Make one route of all rows of a key; a row that repeats another adds nothing."""
    every = [(draft.route[key], draft.source[key], draft.row[key]), *rows]
    places = {route: (source, row) for route, source, row in reversed(every)}
    ordered = sorted(places, key=lambda route: (_is_rest(draft.routes[route]), places[route]))
    source, first_row = places[ordered[0]]
    for _, other, row in rows:
        files = (draft.sources[every[0][1]].file, draft.sources[other].file)
        if files[0] != files[1]:
            draft.clashes[files].append((other, row))
    variants = []
    for route in ordered:
        at, row = places[route]
        if at != source:
            variants.append(replace(draft.routes[route][0], row=row, source=at))
        else:
            told = 0 if row == first_row else row
            variants.append(replace(draft.routes[route][0], row=told))
    draft.route[key] = draft.intern(tuple(variants))
    draft.source[key], draft.row[key] = source, first_row


def _is_rest(route: Route) -> bool:
    return route[0].hours is None and route[0].area is None


def _list_clashes(draft: _Draft) -> list[Problem]:
    return [
        Problem(
            severity=Severity.ERROR,
            code="key-in-two-files",
            message=(
                f"{len(places):,} rows speak of a commune and number that {first} already has, "
                "this is the first"
            ),
            remedy="Keep the file that is in force; a supplement holds what the other lacks",
            file=second,
            sheet=draft.sources[places[0][0]].sheet,
            row=places[0][1],
        )
        for (first, second), places in draft.clashes.items()
    ]
