"""From records to values. Nothing here can raise on a frame that `check_frame` let through."""

from route112.model import (
    Area,
    Commune,
    DialectRule,
    Hop,
    Hours,
    Operator,
    Order,
    OrderKind,
    Psap,
    ShortNumber,
    Technology,
    UtcTime,
)
from route112.snapshot import layout
from route112.snapshot.content import (
    NONE,
    DepartementRow,
    FallbackRow,
    LineRow,
    SourceRow,
    TrunkRow,
    VariantRow,
)
from route112.snapshot.frame import Columns, Frame

_ORDER_KINDS = tuple(OrderKind(name) for name in layout.ORDER_KINDS)
_TECHNOLOGIES = tuple(Technology(name) for name in layout.TECHNOLOGIES)


class Strings:
    """The strings of one layer; `strings[i]` decodes one."""

    __slots__ = ("_content", "_offsets")

    def __init__(self, frame: Frame, offsets: str) -> None:
        self._offsets = frame.columns(offsets)["offset"]
        self._content = frame.sections[offsets.replace("offsets", "bytes")]

    def __getitem__(self, index: int) -> str:
        return str(self._content[self._offsets[index] : self._offsets[index + 1]], "utf-8")


class Records:
    """Typed access to each table of a frame, by index, decoding one record a time."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.columns: dict[str, Columns] = {name: frame.columns(name) for name in layout.SECTIONS}
        self.strings = Strings(frame, "string_offsets")
        self.order_strings = Strings(frame, "order_string_offsets")

    def text(self, table: str, field: str, index: int) -> str:
        """Decode one field of a plan record that is text."""
        return self.strings[self.columns[table][field][index]]

    def list_texts(self, table: str, field: str, index: int) -> tuple[str, ...]:
        """Decode a run of strings that a plan record refers to."""
        strings = self.columns["string_lists"]["string"]
        return tuple(self.strings[strings[place]] for place in self.run(table, field, index))

    def run(self, table: str, field: str, index: int) -> range:
        """Return the indexes of a run that a record refers to."""
        columns = self.columns[table]
        start = columns[f"{field}_start"][index]
        return range(start, start + columns[f"{field}_count"][index])

    def short_number(self, index: int) -> ShortNumber:
        """Decode a short number."""
        return ShortNumber(
            number=self.text("short_numbers", "number", index),
            urn=self.text("short_numbers", "urn", index),
            name=self.text("short_numbers", "name", index),
            kinds=self.list_texts("short_numbers", "kinds", index),
        )

    def departement(self, index: int) -> DepartementRow:
        """Decode a departement with its changes of offset."""
        changes = self.columns["utc_offsets"]
        return DepartementRow(
            code=self.text("departements", "code", index),
            name=self.text("departements", "name", index),
            zone=self.text("departements", "zone", index),
            offsets=tuple(
                (changes["from_s"][place], changes["offset_s"][place])
                for place in self.run("departements", "offsets", index)
            ),
        )

    def commune(self, index: int) -> Commune:
        """Decode a commune."""
        columns = self.columns["communes"]
        lon, lat = columns["lon"][index], columns["lat"][index]
        departement = columns["departement"][index]
        return Commune(
            code=decode_key(self.columns["commune_keys"]["key"][index]),
            name=self.strings[columns["name"][index]],
            departement=self.text("departements", "code", departement),
            population=columns["population"][index],
            lon_deg=None if lon == layout.COORDINATE_NONE else lon / layout.COORDINATE_SCALE,
            lat_deg=None if lat == layout.COORDINATE_NONE else lat / layout.COORDINATE_SCALE,
            parent=self.strings[columns["parent"][index]],
        )

    def psap(self, index: int) -> Psap:
        """Decode an answering point."""
        columns = self.columns["psaps"]
        return Psap(
            id=self.strings[columns["id"][index]],
            name=self.strings[columns["name"][index]],
            kind=self.strings[columns["kind"][index]],
            departement=self.strings[columns["departement"][index]],
            primary=self.strings[columns["primary"][index]],
            secondary=self.strings[columns["secondary"][index]],
            alternative=self.strings[columns["alternative"][index]],
            technology=_TECHNOLOGIES[columns["technology"][index]],
            carrier=self.strings[columns["carrier"][index]],
            secondary_carrier=self.strings[columns["secondary_carrier"][index]],
            building=self.strings[columns["building"][index]],
            capacity_calls=columns["capacity_calls"][index],
            contact=self.strings[columns["contact"][index]],
            row=columns["row"][index],
        )

    def line(self, index: int) -> LineRow:
        """Decode a line; those of the orders layer follow those of the plan layer."""
        columns, strings = self.columns["lines"], self.strings
        plan_lines = len(columns["number"])
        if index >= plan_lines:
            columns, strings = self.columns["order_lines"], self.order_strings
            index -= plan_lines
        return LineRow(
            number=strings[columns["number"][index]],
            psap=optional(columns["psap"][index]),
            role=layout.ROLES[columns["role"][index]],
            trunk=columns["trunk"][index],
            ring_time_s=columns["ring_time_s"][index],
        )

    def trunk(self, index: int) -> TrunkRow:
        """Decode a trunk with its next hops."""
        return TrunkRow(
            name=self.text("trunks", "name", index),
            hops=tuple(self._hop(place) for place in self.run("trunks", "hops", index)),
        )

    def _hop(self, index: int) -> Hop:
        columns = self.columns["hops"]
        return Hop(
            address=self.strings[columns["address"][index]],
            transport=self.strings[columns["transport"][index]],
            technology=self.strings[columns["technology"][index]],
            vendor=self.strings[columns["vendor"][index]],
            capacity_calls=columns["capacity_calls"][index],
            zone=self.strings[columns["zone"][index]],
        )

    def hours(self, index: int) -> Hours:
        """Decode opening hours."""
        columns = self.columns["hour_spans"]
        places = self.run("hours", "spans", index)
        return Hours(
            tuple((columns["start_min"][place], columns["end_min"][place]) for place in places)
        )

    def area(self, index: int) -> Area:
        """Decode a part of a commune."""
        return Area(
            text=self.text("areas", "text", index),
            rings=tuple(self._ring(place) for place in self.run("areas", "rings", index)),
            streets=self.list_texts("areas", "streets", index),
        )

    def _ring(self, index: int) -> tuple[tuple[float, float], ...]:
        columns, scale = self.columns["points"], layout.COORDINATE_SCALE
        return tuple(
            (columns["lon"][place] / scale, columns["lat"][place] / scale)
            for place in self.run("rings", "points", index)
        )

    def route(self, index: int) -> tuple[VariantRow, ...]:
        """Decode the variants of a route."""
        return tuple(self._variant(place) for place in self.run("routes", "variants", index))

    def _variant(self, index: int) -> VariantRow:
        columns = self.columns["variants"]
        places = range(1, 1 + columns["lines_count"][index])
        return VariantRow(
            lines=tuple(columns[f"line_{place}"][index] for place in places),
            rules=tuple(layout.RULES[columns[f"rule_{place}"][index]] for place in places),
            hours=optional(columns["hours"][index]),
            area=optional(columns["area"][index]),
            row=columns["row"][index],
            source=optional(columns["source"][index]),
        )

    def source(self, index: int) -> SourceRow:
        """Decode a sheet that mappings come from."""
        record = layout.SECTIONS["sources"].record
        start = index * record.size + record.offset("sha256")
        return SourceRow(
            file=self.text("sources", "file", index),
            sheet=self.text("sources", "sheet", index),
            sha256=bytes(self.frame.sections["sources"][start : start + 32]).hex(),
        )

    def fallback(self, index: int) -> FallbackRow:
        """Decode what stands behind the plan's lines."""
        columns = self.columns["fallbacks"]
        neighbours = (columns["neighbour_1"][index], columns["neighbour_2"][index])
        return FallbackRow(
            neighbours=tuple(line - 1 for line in neighbours if line),
            departement=optional(columns["departement"][index]),
        )

    def operator(self, index: int) -> Operator:
        """Decode an originating network."""
        return Operator(
            id=self.text("operators", "id", index),
            name=self.text("operators", "name", index),
            technologies=self.list_texts("operators", "technologies", index),
            default_commune=self.text("operators", "default_commune", index),
            technology=self.text("operators", "technology", index),
            sources=self.list_texts("operators", "sources", index),
            share=self.columns["operators"]["share"][index],
            dialect=tuple(map(self._dialect_rule, self.run("operators", "dialect", index))),
        )

    def _dialect_rule(self, index: int) -> DialectRule:
        columns = self.columns["dialect_rules"]
        return DialectRule(
            field=layout.DIALECT_FIELDS[columns["field"][index]],
            place=layout.DIALECT_PLACES[columns["place"][index]],
            name=self.strings[columns["name"][index]],
            pattern=self.strings[columns["pattern"][index]],
        )

    def order(self, index: int) -> Order:
        """Decode an order."""
        columns, strings = self.columns["orders"], self.order_strings
        return Order(
            id=strings[columns["id"][index]],
            kind=_ORDER_KINDS[columns["kind"][index]],
            psap=strings[columns["psap"][index]],
            short_number=strings[columns["short_number"][index]],
            to_psap=strings[columns["to_psap"][index]],
            to_number=strings[columns["to_number"][index]],
            author=strings[columns["author"][index]],
            approver=strings[columns["approver"][index]],
            reason=strings[columns["reason"][index]],
            starts=UtcTime(columns["starts"][index]),
            expires=UtcTime(columns["expires"][index]),
        )


def optional(stored: int) -> int:
    """Return the index that was stored plus one; NONE for 0."""
    return (stored - 1) & NONE


def encode_key(code: str) -> int | None:
    """Return the key of a commune code; None for text that cannot be one."""
    if not code.isascii() or not 1 <= len(code) <= layout.COMMUNE_CODE_SIZE_MAX or "\0" in code:
        return None
    return int.from_bytes(code.encode("ascii").ljust(layout.COMMUNE_CODE_SIZE_MAX, b"\0"), "big")


def decode_key(key: int) -> str:
    """Return the commune code of a key."""
    return key.to_bytes(layout.COMMUNE_CODE_SIZE_MAX, "big").rstrip(b"\0").decode("ascii")
