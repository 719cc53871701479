"""
What a snapshot says, as plain values: made once when a file is taken, never touched by a call.

Source: docs/formats/snapshot.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from route112.redirect.octets import Octets, RefusedError, open_octets
from route112.redirect.origin import Network, Rule, make_network, make_rule
from route112.redirect.trust import Trust, verify

RULE_WORDS = ("primary", "secondary", "alternative")
KIND_WORDS = ("divert", "alternative", "pause")
FIELD_WORDS = ("number", "commune", "caller", "technology", "cell", "line")
_DIGITS = str.maketrans({digit: str(value) for value, digit in enumerate("123456789a")})
"""Of a calling line in a key, where each is one more."""
PLACE_WORDS = ("request-uri-user", "request-uri", "uri-parameter", "header")


class Line(NamedTuple):
    """A number that can be rung."""

    number: str
    psap: str
    """Empty where no PSAP owns it."""
    hops: tuple[tuple[str, str], ...]
    """(`host:port`, transport), in try order."""


class Variant(NamedTuple):
    """Lines of a route under some conditions."""

    lines: tuple[tuple[int, str], ...]
    """(line, rule)."""
    spans: tuple[tuple[int, int], ...] | None
    """Minutes of the local week; None: always."""
    area: str
    """`everywhere`; `told` for a part of the commune, `nowhere` for one that holds nobody."""


class Departement(NamedTuple):
    """A departement: its code and its clock."""

    code: str
    offsets: tuple[tuple[int, int], ...]
    """(UTC second, seconds east of UTC), ascending."""


class Order(NamedTuple):
    """An exception."""

    starts: int
    id: str
    """Before everything but `starts`: the greatest of both wins."""
    kind: str
    short_number: str
    to_psap: str
    to_number: str
    expires: int


class Operator(NamedTuple):
    """Who hands calls over."""

    id: str
    default_commune: str
    rules: tuple[Rule, ...]
    cells: Mapping[str, int]
    """Place of the commune by the cell, in small letters."""
    lines: Mapping[str, int]
    """Place of the commune by the digits that a calling line begins with."""
    line_lengths: tuple[int, ...]
    """How many digits those are, the most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything that a call is answered from."""

    generation: int
    content_hash: bytes
    numbers: tuple[str, ...]
    by_dialled: Mapping[str, int]
    by_urn: Mapping[str, int]
    default_number: int
    departements: tuple[Departement, ...]
    communes: Mapping[str, int]
    """Place of a commune by its code, former codes included."""
    commune_departements: tuple[int, ...]
    routes: tuple[tuple[Variant, ...], ...]
    mapping: "memoryview[int]"
    """Route plus one, 0 for none, at commune x numbers + number."""
    fallbacks: tuple[tuple[int, int, int], ...]
    """Lines plus one: two neighbours, the departement's default."""
    national: tuple[int, ...]
    lines: tuple[Line, ...]
    line_by_number: Mapping[str, int]
    psap_numbers: Mapping[str, tuple[str, str]]
    """Primary and alternative number by PSAP."""
    orders: Mapping[str, tuple[Order, ...]]
    """By the PSAP that they touch."""
    operators: tuple[Operator, ...]
    networks: tuple[Network, ...]
    """Longest prefix first; each names its operator by place."""


def read_book(
    content: bytes, *, trust: Trust | None = None, now: int = 0, in_force: Book | None = None
) -> Book:
    """
    Read a snapshot that is offered.

    Args:
        content: the file.
        trust: None: signatures are not looked at.
        now: UTC, microseconds; for the dates of keys.
        in_force: below which no file is taken.
    Raises: RefusedError.
    """
    octets = open_octets(content)
    if trust is not None:
        accepted = in_force.content_hash if in_force else None
        verify(octets, trust, now=now, accepted=accepted)
    if in_force is not None:
        if octets.generation < in_force.generation:
            raise RefusedError(f"it is g{octets.generation}, older than g{in_force.generation}")
        same = octets.content_hash == in_force.content_hash
        if octets.generation == in_force.generation and not same:
            raise RefusedError(f"it is another g{octets.generation} than the one in force")
    return _make_book(octets)


def _make_book(octets: Octets) -> Book:
    tables, text = octets.tables, octets.strings
    lines = _list_lines(octets)
    numbers = [text[row[0]] for row in tables["short_numbers"]]
    urns = [text[row[1]].lower() for row in tables["short_numbers"]]
    communes = {_code(key): place for key, place in zip(
        tables["merged_keys"], tables["merged"], strict=True
    )}  # fmt: skip
    communes.update({_code(key): place for place, key in enumerate(tables["commune_keys"])})
    operators = _list_operators(octets)
    return Book(
        generation=octets.generation,
        content_hash=octets.content_hash,
        numbers=tuple(numbers),
        by_dialled={number: place for place, number in enumerate(numbers)},
        by_urn={urn: urns.index(urn) for urn in urns if urn},
        default_number=tables["meta"][0][2],
        departements=tuple(
            Departement(
                text[row[0]],
                tuple(change[:2] for change in tables["utc_offsets"][row[3] : row[3] + row[4]]),
            )
            for row in tables["departements"]
        ),
        communes=communes,
        commune_departements=tuple(row[1] for row in tables["communes"]),
        routes=_list_routes(octets),
        mapping=tables["mapping_routes"],
        fallbacks=tuple(tables["fallbacks"]),
        national=tuple(tables["national"]),
        lines=lines,
        line_by_number={line.number: place for place, line in enumerate(lines)},
        psap_numbers={text[row[0]]: (text[row[4]], text[row[6]]) for row in tables["psaps"]},
        orders=_list_orders(octets),
        operators=tuple(operator for operator, _ in operators),
        networks=tuple(
            sorted(
                (
                    network
                    for place, (_, sources) in enumerate(operators)
                    for source in sources
                    if (network := make_network(source, place)) is not None
                ),
                key=lambda network: -network.bits,
            )
        ),
    )


def _code(key: int) -> str:
    return key.to_bytes(8, "big").rstrip(b"\0").decode("ascii")


def _list_lines(octets: Octets) -> tuple[Line, ...]:
    """Return the lines of the plan, then those that only orders name."""
    tables, text = octets.tables, octets.strings
    hops = [(text[row[0]], text[row[1]]) for row in tables["hops"]]
    trunks = [tuple(hops[start : start + count]) for _, start, count in tables["trunks"]]
    owners = ["", *(text[row[0]] for row in tables["psaps"])]
    return tuple(
        Line(strings[number], owners[psap], trunks[trunk])
        for name, strings in (("lines", text), ("order_lines", octets.order_strings))
        for number, psap, _, trunk, _ in tables[name]
    )


def _list_routes(octets: Octets) -> tuple[tuple[Variant, ...], ...]:
    tables = octets.tables
    hours = [tuple(tables["hour_spans"][at : at + count]) for at, count in tables["hours"]]
    areas = [
        "told" if rings or streets else "nowhere" for _, _, rings, _, streets in tables["areas"]
    ]
    variants = [
        Variant(
            tuple(
                (line, RULE_WORDS[rule])
                for line, rule in zip(row[:3], row[3:6], strict=True)
            )[: row[6]],
            hours[row[7] - 1] if row[7] else None,
            areas[row[8] - 1] if row[8] else "everywhere",
        )
        for row in tables["variants"]
    ]  # fmt: skip
    return tuple(tuple(variants[start : start + count]) for start, count in tables["routes"])


def _list_orders(octets: Octets) -> dict[str, tuple[Order, ...]]:
    text = octets.order_strings
    found: dict[str, tuple[Order, ...]] = {}
    for row in octets.tables["orders"]:
        order = Order(
            starts=row[10],
            id=text[row[0]],
            kind=KIND_WORDS[row[1]],
            short_number=text[row[3]],
            to_psap=text[row[4]],
            to_number=text[row[5]],
            expires=row[11],
        )
        found[text[row[2]]] = (*found.get(text[row[2]], ()), order)
    found.pop("", None)
    return found


def _list_operators(octets: Octets) -> list[tuple[Operator, list[str]]]:
    """Return each operator, and the networks that it sends from as text."""
    tables, text = octets.tables, octets.strings
    rules = [
        make_rule(FIELD_WORDS[field], PLACE_WORDS[place], name=text[name], pattern=text[pattern])
        for field, place, name, pattern in tables["dialect_rules"]
    ]
    listed = tables["string_lists"]
    places = [_list_places(octets, row) for row in tables["operators"]]
    return [
        (
            Operator(
                text[row[0]],
                text[row[4]],
                tuple(rule for rule in rules[row[9] : row[9] + row[10]] if rule is not None),
                cells,
                lines,
                tuple(sorted({len(digits) for digits in lines}, reverse=True)),
            ),
            [text[listed[place]] for place in range(row[7], row[7] + row[8])],
        )
        for row, (cells, lines) in zip(tables["operators"], places, strict=True)
    ]


def _list_places(octets: Octets, row: tuple[int, ...]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the places of communes by an operator's cells, and by its calling lines."""
    tables = octets.tables
    cells, lines = slice(row[11], row[11] + row[12]), slice(row[13], row[13] + row[14])
    codes = (key.rstrip(b"\0").decode("ascii") for (key,) in tables["cell_keys"][cells])
    digits = (
        f"{key:016x}".rstrip("0").translate(_DIGITS) for key in tables["calling_line_keys"][lines]
    )
    return (
        dict(zip(codes, tables["cells"][cells], strict=True)),
        dict(zip(digits, tables["calling_lines"][lines], strict=True)),
    )
