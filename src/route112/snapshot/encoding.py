"""
From content to the bytes of each section.

Text stands in the rows until all strings of a layer are known; then it becomes an index.
"""

import struct
from array import array
from itertools import chain, pairwise
from typing import Callable, Iterable, Sequence, TypeVar

from route112.model import Area, Commune, DialectRule, Operator, Order
from route112.snapshot import layout
from route112.snapshot.callers import encode_cell, encode_line
from route112.snapshot.content import NONE, LineRow, SnapshotContent, VariantRow, split_lines
from route112.snapshot.fields import Section
from route112.snapshot.records import encode_key

_Row = TypeVar("_Row")
Cell = str | int | bytes
Row = tuple[Cell, ...]
_HASH_SIZE = 32
_LON_DEG_MAX = 180
_LAT_DEG_MAX = 90
_LINES_MAX = 3
"""Lines of a variant."""
_NEIGHBOURS_MAX = 2
"""Neighbours that help in a fallback."""


def encode_plan(content: SnapshotContent) -> dict[str, bytes]:
    """Return the bytes of each section of the plan layer, by name."""
    tables = Tables(layout.PLAN_SECTIONS)
    tables.add("meta", content.country, content.edition, content.default_number)
    for short in content.short_numbers:
        kinds = _add_list(tables, short.kinds)
        tables.add("short_numbers", short.number, short.urn, short.name, *kinds)
    _add_territory(tables, content)
    _add_psaps(tables, content)
    _add_lines(tables, "lines", split_lines(content.lines)[0])
    for trunk in content.trunks:
        hops = tables.add_run(
            "hops",
            (
                (h.address, h.transport, h.technology, h.vendor, h.zone, h.capacity_calls)
                for h in trunk.hops
            ),
        )
        tables.add("trunks", trunk.name, *hops)
    for hours in content.hours:
        tables.add("hours", *tables.add_run("hour_spans", hours.spans))
    for area in content.areas:
        _add_area(tables, area)
    for route in content.routes:
        tables.add("routes", *tables.add_run("variants", map(_make_variant, route)))
    _add_defaults(tables, content)
    for operator in _ascending("operators", content.operators, lambda row: row.id):
        _add_operator(tables, operator, content)
    for source in content.sources:
        tables.add("sources", source.file, source.sheet, _make_hash(source.sha256))
    return tables.encode("strings") | _encode_mapping(content)


def encode_orders(orders: tuple[Order, ...], lines: tuple[LineRow, ...]) -> dict[str, bytes]:
    """Return the bytes of each section of the orders layer, by name; `lines`: of orders only."""
    tables = Tables(layout.ORDERS_SECTIONS)
    _add_lines(tables, "order_lines", lines)
    for order in _ascending("orders", orders, lambda row: row.id):
        tables.add("orders", *_make_order(order))
    return tables.encode("order_strings")


def _ascending(name: str, rows: tuple[_Row, ...], key: Callable[[_Row], str]) -> tuple[_Row, ...]:
    if any(key(before) >= key(after) for before, after in pairwise(rows)):
        raise ValueError(f"{name} are not in ascending order, or one of them occurs twice")
    return rows


def _add_list(tables: "Tables", texts: Iterable[str]) -> tuple[int, int]:
    return tables.add_run("string_lists", ((text,) for text in texts))


def _add_territory(tables: "Tables", content: SnapshotContent) -> None:
    for row in _ascending("departements", content.departements, lambda row: row.code):
        changes = tables.add_run("utc_offsets", ((at, offset, 0) for at, offset in row.offsets))
        tables.add("departements", row.code, row.name, row.zone, *changes)
    codes = {row.code: index for index, row in enumerate(content.departements)}
    for commune in content.communes:
        if commune.departement not in codes:
            raise ValueError(f"commune {commune.code} lies in an unknown departement")
        tables.add("commune_keys", _make_key(commune.code))
        tables.add("communes", *_make_commune(commune, codes[commune.departement]))
    for code, index in content.merged:
        tables.add("merged_keys", _make_key(code))
        tables.add("merged", index)


def _make_commune(commune: Commune, departement: int) -> Row:
    if commune.lon_deg is None or commune.lat_deg is None:
        lon, lat = layout.COORDINATE_NONE, layout.COORDINATE_NONE
    else:
        lon, lat = _make_point((commune.lon_deg, commune.lat_deg))
    return commune.name, departement, commune.population, lon, lat, commune.parent


def _make_point(point: tuple[float, float]) -> tuple[int, int]:
    """Return a point in stored units: longitude, latitude."""
    lon_deg, lat_deg = point
    if not (abs(lon_deg) <= _LON_DEG_MAX and abs(lat_deg) <= _LAT_DEG_MAX):
        raise ValueError(f"({lon_deg}, {lat_deg}) is not a place on earth")
    scale = layout.COORDINATE_SCALE
    return round(lon_deg * scale), round(lat_deg * scale)


def _make_key(code: str) -> int:
    key = encode_key(code)
    if key is None:
        raise ValueError(f"{code!r} is not a commune code: 1 to 8 ASCII characters")
    return key


def _make_hash(digits: str) -> bytes:
    value = bytes.fromhex(digits)
    if len(value) != _HASH_SIZE:
        raise ValueError(f"{digits!r} is not a SHA-256 in hexadecimal")
    return value


def _add_psaps(tables: "Tables", content: SnapshotContent) -> None:
    for psap in _ascending("psaps", content.psaps, lambda row: row.id):
        tables.add(
            "psaps",
            *(psap.id, psap.name, psap.kind, psap.departement),
            *(psap.primary, psap.secondary, psap.alternative),
            layout.TECHNOLOGIES.index(psap.technology),
            *(psap.carrier, psap.secondary_carrier, psap.building, psap.contact),
            *(psap.capacity_calls, psap.row),
        )


def _add_lines(tables: "Tables", name: str, lines: Iterable[LineRow]) -> None:
    for line in lines:
        role = layout.ROLES.index(line.role)
        psap = _plus_one(line.psap)
        tables.add(name, line.number, psap, role, line.trunk, line.ring_time_s)


def _add_area(tables: "Tables", area: Area) -> None:
    rings = [tables.add_run("points", map(_make_point, ring)) for ring in area.rings]
    streets = _add_list(tables, area.streets)
    tables.add("areas", area.text, *tables.add_run("rings", rings), *streets)


def _make_variant(variant: VariantRow) -> Row:
    count = len(variant.lines)
    if not 1 <= count == len(variant.rules) <= _LINES_MAX:
        raise ValueError("a variant has 1 to 3 lines, and one rule for each")
    rules = [layout.RULES.index(rule) for rule in variant.rules]
    hours, area = _plus_one(variant.hours), _plus_one(variant.area)
    source = _plus_one(variant.source)
    return (
        *_fill(variant.lines, _LINES_MAX),
        *_fill(rules, _LINES_MAX),
        count,
        hours,
        area,
        variant.row,
        source,
    )


def _add_defaults(tables: "Tables", content: SnapshotContent) -> None:
    for fallback in content.fallbacks:
        if len(fallback.neighbours) > _NEIGHBOURS_MAX:
            raise ValueError("a fallback has 0 to 2 neighbours")
        neighbours = [_plus_one(line) for line in fallback.neighbours]
        tables.add(
            "fallbacks", *_fill(neighbours, _NEIGHBOURS_MAX), _plus_one(fallback.departement)
        )
    for line in content.national:
        tables.add("national", line)


def _add_operator(tables: "Tables", operator: Operator, content: SnapshotContent) -> None:
    tables.add(
        "operators",
        *(operator.id, operator.name),
        *_add_list(tables, operator.technologies),
        *(operator.default_commune, operator.technology, operator.share),
        *_add_list(tables, operator.sources),
        *tables.add_run("dialect_rules", map(_make_rule, operator.dialect)),
        *_add_places(tables, "cell", content.cells.get(operator.id, ()), encode_cell),
        *_add_places(
            tables, "calling_line", content.calling_lines.get(operator.id, ()), encode_line
        ),
    )


def _add_places(
    tables: "Tables",
    name: str,
    places: Iterable[tuple[str, int]],
    encode: Callable[[str], Cell | None],
) -> tuple[int, int]:
    """Add the cells or calling lines of one operator: keys, and communes beside them."""
    start, count = tables.add_run(f"{name}s", ((commune,) for _, commune in places))
    for text, _ in places:
        key = encode(text)
        if key is None:
            raise ValueError(f"{text!r} is not a {name.replace('_', ' ')}")
        tables.add(f"{name}_keys", key)
    return start, count


def _make_rule(rule: DialectRule) -> Row:
    field = layout.DIALECT_FIELDS.index(rule.field)
    return field, layout.DIALECT_PLACES.index(rule.place), rule.name, rule.pattern


def _encode_mapping(content: SnapshotContent) -> dict[str, bytes]:
    """Encode the three columns of the mapping, the only tables with a row for each key."""
    columns = (content.mapping_route, content.mapping_source, content.mapping_row)
    if any(column.typecode != "I" for column in columns):
        raise ValueError("columns of the mapping are arrays of typecode I")
    route, source, row = columns
    return {
        "mapping_routes": array("I", [(index + 1) & NONE for index in route]).tobytes(),
        "mapping_sources": array("I", [(index + 1) & NONE for index in source]).tobytes(),
        "mapping_rows": row.tobytes(),
    }


def _make_order(order: Order) -> Row:
    kind = layout.ORDER_KINDS.index(order.kind)
    touched = (order.psap, order.short_number, order.to_psap, order.to_number)
    people = (order.author, order.approver, order.reason)
    return (order.id, kind, *touched, *people, 0, order.starts, order.expires)


def _plus_one(index: int) -> int:
    """Return how an optional reference is stored."""
    return 0 if index == NONE else index + 1


def _fill(values: Sequence[int], count: int) -> Iterable[int]:
    return chain(values, (0 for _ in range(count - len(values))))


class Tables:
    """The rows of one layer, by the name of their section."""

    def __init__(self, sections: tuple[Section, ...]) -> None:
        self._sections = sections
        self._rows: dict[str, list[Row]] = {section.name: [] for section in sections}

    def add(self, name: str, *values: Cell) -> None:
        """Add one row to the section `name`: a value for each field, text as it reads."""
        self._rows[name].append(values)

    def add_run(self, name: str, rows: Iterable[Row]) -> tuple[int, int]:
        """Add rows to the section `name`; returns the index of the first, and how many."""
        start = len(self._rows[name])
        self._rows[name].extend(rows)
        return start, len(self._rows[name]) - start

    def encode(self, strings: str) -> dict[str, bytes]:
        """
        Return the bytes of each section; `strings` names the string table of the layer.

        Raises: struct.error for a number that does not fit its field; ValueError for text that
            is not Unicode.
        """
        texts = sorted(
            {
                cell
                for rows in self._rows.values()
                for row in rows
                for cell in row
                if isinstance(cell, str)
            }
        )
        places = {text: place for place, text in enumerate(texts)}
        encoded = [text.encode("utf-8") for text in texts]
        offsets = array("I", [0])
        for piece in encoded:
            offsets.append(offsets[-1] + len(piece))
        tables = {section.name: self._encode_rows(section, places) for section in self._sections}
        name = layout.STRING_TABLES[strings]
        tables[name] = offsets.tobytes()
        tables[name.replace("offsets", "bytes")] = b"".join(encoded)
        return tables

    def _encode_rows(self, section: Section, places: dict[str, int]) -> bytes:
        packer = struct.Struct(section.record.format)
        pieces = []
        for row in self._rows[section.name]:
            cells = [places[cell] if isinstance(cell, str) else cell for cell in row]
            pieces.append(packer.pack(*cells))
        return b"".join(pieces)
