"""From the files of a source folder to one `Plan`, with every problem of every file."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Mapping, TypeVar

from route112.model import (
    Carrier,
    CellTable,
    LineTable,
    Operator,
    Order,
    Plan,
    PlanFile,
    Problem,
    Profile,
    Psap,
    Severity,
    Territory,
)
from route112.planning.names import CALLERS, SourceNames, sort_names
from route112.wire.caller_tables import parse_calling_lines, parse_cells
from route112.wire.psaps import parse_psaps
from route112.wire.territory import parse_communes
from route112.wire.yaml_documents import (
    parse_operator,
    parse_overrides,
    parse_profile,
    parse_trunks,
)

__all__ = [
    "Assembly",
    "Settings",
    "SourceFile",
    "SourceNames",
    "assemble_plan",
    "find_communes",
    "read_settings",
    "sort_names",
]

BUILTIN = re.compile(r"builtin:([a-z]{2})")
"""A table of communes that the package carries, by country."""
MERGED_NAME = "merged.csv"
"""Former communes, beside a table of communes of the source folder; may be absent."""
MERGED_EMPTY = b"old,new\n"

T = TypeVar("T")
CommunesReader = Callable[[str], tuple[bytes, bytes] | None]
"""Country to its packaged tables of communes and of former communes; None: not packaged."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source folder."""

    path: str
    """Relative to the folder, with slashes."""
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything of a source folder but its PDAAU files."""

    profile: Profile
    territory: Territory
    psaps: Mapping[str, Psap]
    carriers: Mapping[str, Carrier]
    operators: Mapping[str, Operator]
    orders: tuple[Order, ...]
    order_files: Mapping[str, str]
    """Name of the file of each order, by its id."""
    cells: Mapping[str, CellTable]
    """By operator id."""
    calling_lines: Mapping[str, LineTable]
    """By operator id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The plan, and all that is wrong with the files that it comes from."""

    plan: Plan
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Reading:
    """Problems so far, and the one place that adds to them."""

    problems: list[Problem] = field(default_factory=list)

    def keep(self, parsed: tuple[T, Sequence[Problem]]) -> T:
        """Return the value of a parsed document and keep its problems."""
        value, problems = parsed
        self.problems += problems
        return value

    def refuse(self, code: str, message: str, *, remedy: str, file: str) -> None:
        """Add an error."""
        severity = Severity.ERROR
        self.problems.append(
            Problem(severity=severity, code=code, message=message, remedy=remedy, file=file)
        )


def read_settings(
    names: SourceNames,
    contents: Mapping[str, bytes],
    *,
    read_communes: CommunesReader,
) -> tuple[Settings | None, tuple[Problem, ...]]:
    """
    Read all settings of a source folder.

    Args:
        names: what `sort_names` made of the folder.
        contents: bytes by name, at least of `names.settings`.
        read_communes: gives the packaged tables of a country.

    Returns: the settings, or None where profile or territory are unusable; and the problems.

    """
    reading = _Reading()
    profile = reading.keep(parse_profile(contents[names.profile], file=names.profile))
    territory = _read_territory(reading, profile, contents, read_communes) if profile else None
    if profile is None or territory is None:
        return None, tuple(reading.problems)
    psaps = reading.keep(parse_psaps(contents[names.psaps], file=names.psaps, profile=profile))
    carriers = reading.keep(parse_trunks(contents[names.trunks], file=names.trunks))
    orders, order_files = _read_orders(reading, names.overrides, contents)
    operators = _read_operators(reading, names.operators, contents)
    cells, calling_lines = _read_callers(reading, names.callers, contents, operators, territory)
    settings = Settings(
        profile=profile,
        territory=territory,
        psaps=psaps,
        carriers=carriers,
        operators=operators,
        orders=orders,
        order_files=order_files,
        cells=cells,
        calling_lines=calling_lines,
    )
    return settings, tuple(reading.problems)


def find_communes(
    profile: Profile, contents: Mapping[str, bytes], *, read_communes: CommunesReader
) -> tuple[bytes, bytes] | None:
    """Return the tables of communes and of former communes that a profile names, or None."""
    builtin = BUILTIN.fullmatch(profile.communes)
    if builtin:
        return read_communes(builtin[1])
    if profile.communes not in contents:
        return None
    folder, slash, _ = profile.communes.rpartition("/")
    merged = contents.get(folder + slash + MERGED_NAME, MERGED_EMPTY)
    return contents[profile.communes], merged


def _read_territory(
    reading: _Reading,
    profile: Profile,
    contents: Mapping[str, bytes],
    read_communes: CommunesReader,
) -> Territory | None:
    tables = find_communes(profile, contents, read_communes=read_communes)
    if tables is None:
        reading.refuse(
            "communes-missing",
            f"the table of communes {profile.communes!r} was not found",
            remedy="Write `communes: builtin:fr`, or the name of a CSV file of this folder",
            file="profile.yaml",
        )
        return None
    return reading.keep(parse_communes(*tables, file=profile.communes))


def _read_operators(
    reading: _Reading, names: Iterable[str], contents: Mapping[str, bytes]
) -> dict[str, Operator]:
    operators: dict[str, Operator] = {}
    origin: dict[str, str] = {}
    for name in names:
        operator = reading.keep(parse_operator(contents[name], file=name))
        if operator is None:
            continue
        if operator.id in operators:
            reading.refuse(
                "duplicate-operator",
                f"the operator {operator.id!r} already stands in {origin[operator.id]}",
                remedy="Give each operator one file and one id",
                file=name,
            )
        operators.setdefault(operator.id, operator)
        origin.setdefault(operator.id, name)
    return dict(sorted(operators.items()))


def _read_callers(
    reading: _Reading,
    names: Iterable[str],
    contents: Mapping[str, bytes],
    operators: Mapping[str, Operator],
    territory: Territory,
) -> tuple[dict[str, CellTable], dict[str, LineTable]]:
    """Read the tables of cells and of calling lines, by operator."""
    cells: dict[str, CellTable] = {}
    lines: dict[str, LineTable] = {}
    for name in names:
        found = CALLERS.fullmatch(name)
        assert found, f"{name} is not among what the names were sorted into"
        operator, table = found[1], found[2]
        if operator not in operators:
            reading.refuse(
                "callers-of-nobody",
                f"no operator of this folder has the id {operator!r}",
                remedy="Name the folder by the id in the operator's profile",
                file=name,
            )
        elif table == "cells":
            parsed = parse_cells(contents[name], file=name, territory=territory)
            cells[operator] = reading.keep(parsed)
        else:
            read = parse_calling_lines(contents[name], file=name, territory=territory)
            lines[operator] = reading.keep(read)
    return cells, lines


def _read_orders(
    reading: _Reading, names: Iterable[str], contents: Mapping[str, bytes]
) -> tuple[tuple[Order, ...], dict[str, str]]:
    """Return all orders by id, and the file of each."""
    orders: dict[str, Order] = {}
    origin: dict[str, str] = {}
    for name in names:
        for order in reading.keep(parse_overrides(contents[name], file=name)):
            if order.id in orders:
                reading.refuse(
                    "duplicate-override",
                    f"the override {order.id!r} already stands in {origin[order.id]}",
                    remedy="Give each override an id of its own",
                    file=name,
                )
            orders.setdefault(order.id, order)
            origin.setdefault(order.id, name)
    return tuple(order for _, order in sorted(orders.items())), origin


def assemble_plan(settings: Settings, files: Iterable[PlanFile]) -> Assembly:
    """
    Join settings and parsed PDAAU files.

    A departement may have a supplement in a further file; `resolve` refuses a key that stands in
    two of them, as two editions of one plan would have.
    """
    ordered = tuple(sorted(files, key=lambda file: file.file))
    plan = Plan(
        profile=settings.profile,
        territory=settings.territory,
        psaps=settings.psaps,
        carriers=settings.carriers,
        operators=settings.operators,
        orders=settings.orders,
        order_files=settings.order_files,
        cells=settings.cells,
        calling_lines=settings.calling_lines,
        files=ordered,
    )
    problems = tuple(problem for file in ordered for problem in file.problems)
    return Assembly(plan=plan, problems=problems)
