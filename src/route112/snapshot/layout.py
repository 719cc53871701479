"""
The snapshot file as a table: sections, records, fields, limits. No code that reads or writes.

`docs/formats/snapshot.md` is the norm; a test compares its tables with the ones below, both ways.
The checks of `route112.snapshot.checks` are driven by this table as well: what a field refers to
stands beside the field, so that a field cannot be added without its bounds.
"""

from route112.snapshot.fields import Field, Section, make_record, run_fields, text_fields

MAGIC = b"R112SNAP"
SIGNATURE_MAGIC = b"R112SIGN"
FORMAT_MAJOR = 1
FORMAT_MINOR = 0
ALIGNMENT = 8
PLAN_DOMAIN = b"route112 snapshot plan 1\0"
CONTENT_DOMAIN = b"route112 snapshot content 1\0"
SIGNATURE_DOMAIN = b"route112 snapshot signature 1\0"
ALGORITHM_NONE = 0
ALGORITHM_ED25519 = 1
COORDINATE_SCALE = 10_000_000
"""Units of a stored coordinate in one degree."""
COORDINATE_NONE = -(2**31)
"""Stored coordinate of a commune without a position."""

TOTAL_SIZE_MAX = 256 * 1024 * 1024
"""Bytes in a file: the full country takes about 7 million."""
SECTIONS_MAX = 64
"""Sections in one layer."""
COMMUNE_CODE_SIZE_MAX = 8
"""Bytes of a commune code: a key is one unsigned 64-bit number."""
CHOICES_MAX = 16
"""Entries of a list inside a record: kinds, technologies, next hops, variants of a route."""
OPERATOR_SOURCES_MAX = 64
"""Networks that one operator sends from."""
DIALECT_RULES_MAX = 32
"""Rules of one operator's dialect."""
CELL_SIZE_MAX = 24
"""Bytes of a cell's identity: all of a 5G cell are at most 21 digits, with dashes between."""
LINE_DIGITS_MAX = 16
"""Digits of a calling line: four bits each in a key of 64."""
OPERATOR_CELLS_MAX = 500_000
"""Cells of one operator."""
OPERATOR_LINES_MAX = 500_000
"""Calling lines and ranges of one operator."""
OPTIONAL_MAX = 2**32 - 2
"""Highest index that an optional reference holds, since it is stored plus one."""

TECHNOLOGIES = ("ip", "rtc", "migration")
ROLES = ("primary", "secondary", "alternative", "order")
RULES = ("primary", "secondary", "alternative")
ORDER_KINDS = ("divert", "alternative", "pause")
DIALECT_FIELDS = ("number", "commune", "caller", "technology", "cell", "line")
DIALECT_PLACES = ("request-uri-user", "request-uri", "uri-parameter", "header")

HEADER = make_record(
    "header",
    Field("magic", "bytes8"),
    Field("format_major"),
    Field("format_minor"),
    Field("total_size", "u64"),
    Field("generation", "u64"),
    Field("valid_from", "i64"),
    Field("valid_until", "i64"),
    Field("plan_offset", "u64"),
    Field("orders_offset", "u64"),
    Field("signature_offset", "u64"),
    Field("plan_sections"),
    Field("orders_sections"),
    Field("parent", "bytes32"),
    Field("plan_hash", "bytes32"),
    Field("reserved_1", "u64"),
    Field("reserved_2", "u64"),
    Field("content_hash", "bytes32"),
)
DIRECTORY_ENTRY = make_record(
    "directory entry",
    Field("id"),
    Field("record_size"),
    Field("offset", "u64"),
    Field("count", "u64"),
)
SIGNATURE = make_record(
    "signature",
    Field("magic", "bytes8"),
    Field("algorithm"),
    Field("reserved_1"),
    Field("key_id", "bytes8"),
    Field("reserved_2", "u64"),
    Field("reserved_3", "bytes32"),
    Field("value", "bytes64"),
)
_LINE = (
    Field("psap", optional="psaps"),
    Field("role", most=len(ROLES) - 1),
    Field("trunk", index="trunks"),
    Field("ring_time_s"),
)

PLAN_SECTIONS = (
    Section(
        1,
        make_record(
            "meta",
            *text_fields("country", "edition"),
            Field("default_number", index="short_numbers"),
        ),
        1,
    ),
    Section(2, make_record("string_offsets", Field("offset")), 1_000_001),
    Section(3, make_record("string_bytes", Field("byte", "u8")), 64 * 1024 * 1024),
    Section(4, make_record("string_lists", *text_fields("string")), 1_000_000),
    Section(
        5,
        make_record(
            "short_numbers",
            *text_fields("number", "urn", "name"),
            *run_fields("kinds", "string_lists", most=CHOICES_MAX),
        ),
        64,
    ),
    Section(
        6,
        make_record(
            "departements",
            *text_fields("code", "name", "zone"),
            *run_fields("offsets", "utc_offsets", least=1),
        ),
        1_024,
    ),
    Section(
        7,
        make_record(
            "utc_offsets",
            Field("from_s", "i64"),
            Field("offset_s", "i32"),
            Field("reserved", most=0),
        ),
        262_144,
    ),
    Section(8, make_record("commune_keys", Field("key", "u64")), 131_072),
    Section(
        9,
        make_record(
            "communes",
            *text_fields("name"),
            Field("departement", index="departements"),
            Field("population"),
            Field("lon", "i32"),
            Field("lat", "i32"),
            *text_fields("parent"),
        ),
        131_072,
    ),
    Section(10, make_record("merged_keys", Field("key", "u64")), 131_072),
    Section(11, make_record("merged", Field("commune", index="communes")), 131_072),
    Section(
        12,
        make_record(
            "psaps",
            *text_fields(
                "id", "name", "kind", "departement", "primary", "secondary", "alternative"
            ),
            Field("technology", most=len(TECHNOLOGIES) - 1),
            *text_fields("carrier", "secondary_carrier", "building", "contact"),
            Field("capacity_calls"),
            Field("row"),
        ),
        16_384,
    ),
    Section(13, make_record("lines", *text_fields("number"), *_LINE), 65_536),
    Section(
        14,
        make_record(
            "trunks", *text_fields("name"), *run_fields("hops", "hops", least=1, most=CHOICES_MAX)
        ),
        16_384,
    ),
    Section(
        15,
        make_record(
            "hops",
            *text_fields("address", "transport", "technology", "vendor", "zone"),
            Field("capacity_calls"),
        ),
        65_536,
    ),
    Section(16, make_record("hours", *run_fields("spans", "hour_spans", least=1)), 4_096),
    Section(
        17,
        make_record("hour_spans", Field("start_min"), Field("end_min")),
        65_536,
    ),
    Section(
        18,
        make_record(
            "areas",
            *text_fields("text"),
            *run_fields("rings", "rings"),
            *run_fields("streets", "string_lists"),
        ),
        65_536,
    ),
    Section(19, make_record("rings", *run_fields("points", "points")), 262_144),
    Section(20, make_record("points", Field("lon", "i32"), Field("lat", "i32")), 4_194_304),
    Section(
        21,
        make_record("routes", *run_fields("variants", "variants", least=1, most=CHOICES_MAX)),
        524_288,
    ),
    Section(
        22,
        make_record(
            "variants",
            *(Field(f"line_{place}", index="lines") for place in (1, 2, 3)),
            *(Field(f"rule_{place}", "u8", most=len(RULES) - 1) for place in (1, 2, 3)),
            Field("lines_count", "u8", least=1, most=3),
            Field("hours", optional="hours"),
            Field("area", optional="areas"),
            Field("row"),
            Field("source", optional="sources"),
        ),
        1_048_576,
    ),
    Section(23, make_record("mapping_routes", Field("route", optional="routes")), 2_097_152),
    Section(24, make_record("mapping_sources", Field("source", optional="sources")), 2_097_152),
    Section(25, make_record("mapping_rows", Field("row")), 2_097_152),
    Section(
        26,
        make_record("sources", *text_fields("file", "sheet"), Field("sha256", "bytes32")),
        65_536,
    ),
    Section(
        27,
        make_record(
            "fallbacks",
            Field("neighbour_1", optional="lines"),
            Field("neighbour_2", optional="lines"),
            Field("departement", optional="lines"),
        ),
        65_536,
    ),
    Section(28, make_record("national", Field("line", index="lines")), 64),
    Section(
        29,
        make_record(
            "operators",
            *text_fields("id", "name"),
            *run_fields("technologies", "string_lists", most=CHOICES_MAX),
            *text_fields("default_commune", "technology"),
            Field("share", least=1),
            *run_fields("sources", "string_lists", most=OPERATOR_SOURCES_MAX),
            *run_fields("dialect", "dialect_rules", most=DIALECT_RULES_MAX),
            *run_fields("cells", "cells", most=OPERATOR_CELLS_MAX),
            *run_fields("calling_lines", "calling_lines", most=OPERATOR_LINES_MAX),
        ),
        4_096,
    ),
    Section(
        30,
        make_record(
            "dialect_rules",
            Field("field", most=len(DIALECT_FIELDS) - 1),
            Field("place", most=len(DIALECT_PLACES) - 1),
            *text_fields("name", "pattern"),
        ),
        131_072,
    ),
    Section(31, make_record("cell_keys", Field("key", "bytes24")), 1_048_576),
    Section(32, make_record("cells", Field("commune", index="communes")), 1_048_576),
    Section(33, make_record("calling_line_keys", Field("key", "u64")), 1_048_576),
    Section(34, make_record("calling_lines", Field("commune", index="communes")), 1_048_576),
)
"""Sections of the plan layer, in the order of the file."""

ORDERS_SECTIONS = (
    Section(64, make_record("order_string_offsets", Field("offset")), 65_537),
    Section(65, make_record("order_string_bytes", Field("byte", "u8")), 4 * 1024 * 1024),
    Section(
        66,
        make_record("order_lines", *text_fields("number", table="order_strings"), *_LINE),
        4_096,
    ),
    Section(
        67,
        make_record(
            "orders",
            *text_fields("id", table="order_strings"),
            Field("kind", most=len(ORDER_KINDS) - 1),
            *text_fields("psap", "short_number", "to_psap", "to_number", table="order_strings"),
            *text_fields("author", "approver", "reason", table="order_strings"),
            Field("reserved", most=0),
            Field("starts", "i64"),
            Field("expires", "i64"),
        ),
        4_096,
    ),
)
"""Sections of the orders layer, in the order of the file."""

SECTIONS = {section.name: section for section in (*PLAN_SECTIONS, *ORDERS_SECTIONS)}
STRING_TABLES = {"strings": "string_offsets", "order_strings": "order_string_offsets"}
"""Tables that are not sections: their size is the number of offsets less one."""


def align(position: int) -> int:
    """Return the next multiple of ALIGNMENT at or after `position` (bytes)."""
    return -(-position // ALIGNMENT) * ALIGNMENT
