"""
The bytes of a snapshot: header, hashes, directories, and every bound of every record.

Source: docs/formats/snapshot.md; the schema below is its tables of fields, one line a section.
"""

import hashlib
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

HEADER = struct.Struct("<8sIIQQqqQQQII32s32sQQ32s")
ENTRY = struct.Struct("<IIQQ")
SIGNATURE = struct.Struct("<8sII8sQ32s64s")
FILE_BYTES_MAX = 256 * 1024 * 1024
"""Largest file that is opened."""
SECTIONS_MAX = 64
"""Entries of one directory."""
_WEEK_MINUTES = 10_080
_CELL_KEY = re.compile(rb"(?=.{24}\Z)[0-9a-z._:+-]+\0*", re.DOTALL)
_LINE_KEY = re.compile("[1-9a][1-9a]*0*")

SCHEMA: dict[int, tuple[str, int, str]] = {
    1: ("meta", 1, "s s @short_numbers"),
    2: ("string_offsets", 1_000_001, "n"),
    3: ("string_bytes", 67_108_864, "b"),
    4: ("string_lists", 1_000_000, "s"),
    5: ("short_numbers", 64, "s s s >string_lists 0-16"),
    6: ("departements", 1_024, "s s s >utc_offsets 1-"),
    7: ("utc_offsets", 262_144, "q i 0-0"),
    8: ("commune_keys", 131_072, "Q"),
    9: ("communes", 131_072, "s @departements n i i s"),
    10: ("merged_keys", 131_072, "Q"),
    11: ("merged", 131_072, "@communes"),
    12: ("psaps", 16_384, "s s s s s s s 0-2 s s s s n n"),
    13: ("lines", 65_536, "s ?psaps 0-3 @trunks n"),
    14: ("trunks", 16_384, "s >hops 1-16"),
    15: ("hops", 65_536, "s s s s s n"),
    16: ("hours", 4_096, ">hour_spans 1-"),
    17: ("hour_spans", 65_536, "n n"),
    18: ("areas", 65_536, "s >rings 0- >string_lists 0-"),
    19: ("rings", 262_144, ">points 0-"),
    20: ("points", 4_194_304, "i i"),
    21: ("routes", 524_288, ">variants 1-16"),
    22: (
        "variants",
        1_048_576,
        "@lines @lines @lines b0-2 b0-2 b0-2 b1-3 ?hours ?areas n ?sources",
    ),
    23: ("mapping_routes", 2_097_152, "?routes"),
    24: ("mapping_sources", 2_097_152, "?sources"),
    25: ("mapping_rows", 2_097_152, "n"),
    26: ("sources", 65_536, "s s h"),
    27: ("fallbacks", 65_536, "?lines ?lines ?lines"),
    28: ("national", 64, "@lines"),
    29: (
        "operators",
        4_096,
        (
            "s s >string_lists 0-16 s s 1- >string_lists 0-64 >dialect_rules 0-32"
            " >cells 0-500000 >calling_lines 0-500000"
        ),
    ),
    30: ("dialect_rules", 131_072, "0-5 0-3 s s"),
    31: ("cell_keys", 1_048_576, "c"),
    32: ("cells", 1_048_576, "@communes"),
    33: ("calling_line_keys", 1_048_576, "Q"),
    34: ("calling_lines", 1_048_576, "@communes"),
    64: ("order_string_offsets", 65_537, "n"),
    65: ("order_string_bytes", 4_194_304, "b"),
    66: ("order_lines", 4_096, "o ?psaps 0-3 @trunks n"),
    67: ("orders", 4_096, "o 0-2 o o o o o o o 0-0 q q"),
}
"""
By number: name, most records, and one word a field. `s` and `o` are strings of the plan and of
the orders, `@x` an index, `?x` an optional one, `>x` the start of a run whose length follows as
bounds; `n` is any u32, `1-3` one in bounds; `b` is a u8, `q` i64, `i` i32, `Q` u64, `h` 32 bytes,
`c` 24.
"""
ORDERS_FROM = 64
"""Number of the first section of the orders layer."""


class RefusedError(Exception):
    """A file that is not taken, and why; the one in force stays."""


@dataclass(frozen=True, slots=True)
class Octets:
    """A file whose every record can be followed."""

    generation: int
    content_hash: bytes
    tables: Mapping[str, Any]
    """By section: tuples of a record's fields, or plain numbers where a record has one field."""
    strings: list[str]
    order_strings: list[str]
    algorithm: int
    key_id: bytes
    signature: bytes


def open_octets(content: bytes) -> Octets:
    """
    Open a snapshot and check all of it but its signature.

    Raises: RefusedError.
    """
    header = _open_header(content)
    plan_offset, orders_offset, signature_offset = header[7:10]
    sections = {
        **_open_layer(content, plan_offset, orders_offset, header[10], first=1),
        **_open_layer(content, orders_offset, signature_offset, header[11], first=ORDERS_FROM),
    }
    magic, algorithm, zero_1, key_id, zero_2, zero_3, value = SIGNATURE.unpack_from(
        content, signature_offset
    )
    empty = not any(key_id) and not any(value)
    sound = algorithm == 1 or (algorithm == 0 and empty)
    if magic != b"R112SIGN" or zero_1 or zero_2 or any(zero_3) or not sound:
        raise RefusedError("the signature block is damaged")
    strings = _read_strings(sections, "string")
    order_strings = _read_strings(sections, "order_string")
    tables = {name: _read_table(name, sections[name]) for _, (name, _, _) in SCHEMA.items()}
    sizes = {name: len(table) for name, table in tables.items()}
    _check_sizes(sizes)
    for name, _, words in SCHEMA.values():
        _check_table(
            name, words, tables[name], sizes | {"s": len(strings), "o": len(order_strings)}
        )
    _check_order(tables)
    return Octets(
        header[4], header[16], tables, strings, order_strings, algorithm, key_id, value
    )  # fmt: skip


def _open_header(content: bytes) -> tuple[Any, ...]:
    if not content.startswith(b"R112SNAP"):
        raise RefusedError("it is no snapshot")
    if len(content) < HEADER.size:
        raise RefusedError(f"it ends after {len(content)} bytes")
    header = HEADER.unpack_from(content)
    if header[1] != 1:
        raise RefusedError(f"it has format {header[1]}.{header[2]}; this program reads 1.x")
    total, plan, orders, signature = header[3], *header[7:10]
    if len(content) != total or total > FILE_BYTES_MAX:
        raise RefusedError(f"it has {len(content)} of {total} bytes")
    in_order = HEADER.size == plan <= orders <= signature == total - SIGNATURE.size
    if (
        not in_order
        or plan % 8
        or orders % 8
        or signature % 8
        or header[4] < 1
        or any(header[14:16])
    ):
        raise RefusedError("its header contradicts itself")
    if max(header[10:12]) > SECTIONS_MAX:
        raise RefusedError("its directory is too long")
    digest = hashlib.sha256(b"route112 snapshot plan 1\0" + content[32:48] + content[plan:orders])
    if digest.digest() != header[13]:
        raise RefusedError("its plan was altered")
    body = content[:160] + content[orders:signature]
    if hashlib.sha256(b"route112 snapshot content 1\0" + body).digest() != header[16]:
        raise RefusedError("its content was altered")
    return header


def _open_layer(
    content: bytes, start: int, end: int, entries: int, *, first: int
) -> dict[str, bytes]:
    """Return the bytes of the known sections of one layer, which they fill without a gap."""
    if start + entries * ENTRY.size > end:
        raise RefusedError("a directory leaves its layer")
    found: dict[str, bytes] = {}
    position, previous = start + entries * ENTRY.size, 0
    for place in range(start, position, ENTRY.size):
        number, size, offset, count = ENTRY.unpack_from(content, place)
        after = offset + size * count
        padded = -(-after // 8) * 8
        if number <= previous or offset != position or padded > end:
            raise RefusedError(f"section {number} is out of its place")
        if any(content[after:padded]):
            raise RefusedError(f"section {number} is not padded with zeros")
        # A section of the other layer is one that this layer does not know.
        if number in SCHEMA and (number >= ORDERS_FROM) == (first >= ORDERS_FROM):
            name, most, words = SCHEMA[number]
            if size != struct.calcsize(_notation(words)) or count > most:
                raise RefusedError(f"section {name} has other records than format 1 has")
            found[name] = content[offset:after]
        position, previous = padded, number
    if position != end:
        raise RefusedError("bytes belong to no section")
    for number, (name, _, _) in SCHEMA.items():
        if (number >= ORDERS_FROM) == (first >= ORDERS_FROM) and name not in found:
            raise RefusedError(f"section {name} is missing")
    return found


def _notation(words: str) -> str:
    """Return the notation of `struct` for a section's words."""
    kinds = {"b": "B", "q": "q", "i": "i", "Q": "Q", "h": "32s", "c": "24s"}
    return "<" + "".join(kinds.get(word[0], "I") for word in words.split())


def _read_strings(sections: Mapping[str, bytes], prefix: str) -> list[str]:
    offsets = memoryview(sections[f"{prefix}_offsets"]).cast("I")
    content = sections[f"{prefix}_bytes"]
    if not offsets or offsets[0] or offsets[-1] != len(content):
        raise RefusedError("its strings do not span their bytes")
    try:
        texts = [content[start:end].decode() for start, end in pairwise(offsets) if start <= end]
    except UnicodeDecodeError:
        raise RefusedError("one of its strings is not UTF-8") from None
    if len(texts) != len(offsets) - 1:
        raise RefusedError("its strings overlap")
    return texts


def _read_table(name: str, section: bytes) -> Any:  # noqa: ANN401  rows or a view of numbers
    words = next(words for found, _, words in SCHEMA.values() if found == name)
    notation = _notation(words)
    if len(notation) == 2:  # noqa: PLR2004  one field: no need for a tuple around each
        return memoryview(section).cast(notation[1])  # type: ignore[call-overload]
    return list(struct.iter_unpack(notation, section))


def _check_sizes(sizes: Mapping[str, int]) -> None:
    keys = sizes["communes"] * sizes["short_numbers"]
    equal = {
        "meta": 1,
        "commune_keys": sizes["communes"],
        "merged": sizes["merged_keys"],
        "cell_keys": sizes["cells"],
        "calling_line_keys": sizes["calling_lines"],
        "mapping_routes": keys,
        "mapping_sources": keys,
        "mapping_rows": keys,
        "fallbacks": sizes["departements"] * sizes["short_numbers"],
        "national": sizes["short_numbers"],
    }
    for name, count in equal.items():
        if sizes[name] != count:
            raise RefusedError(f"section {name} has {sizes[name]} records, not {count}")


def _check_table(name: str, words: str, table: Any, sizes: Mapping[str, int]) -> None:  # noqa: ANN401
    fields = words.split()
    if not len(table):
        return
    columns = [table] if len(fields) == 1 else list(zip(*table, strict=True))
    for place, word in enumerate(fields):
        for least, most in _bounds(word, sizes):
            if min(columns[place]) < least or max(columns[place]) > most:
                raise RefusedError(f"a record of {name} refers to nothing")
        if word[0] == ">" and any(
            start + count > sizes[word[1:]]
            for start, count in zip(columns[place], columns[place + 1], strict=True)
        ):
            raise RefusedError(f"a run of {name} leaves its table")


def _bounds(word: str, sizes: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Yield the lowest and highest value that a field may have."""
    if word in ("s", "o"):
        yield 0, sizes[word] - 1
    elif word[0] == "@":
        yield 0, sizes[word[1:]] - 1
    elif word[0] == "?":
        yield 0, sizes[word[1:]]
    elif "-" in word:
        least, most = word.lstrip("b").split("-")
        yield int(least), int(most or 2**32 - 1)


def _check_order(tables: Mapping[str, Any]) -> None:
    """Check keys that are bisected elsewhere, and hours."""
    for name in ("commune_keys", "merged_keys"):
        keys = tables[name]
        if any(one >= two for one, two in pairwise(keys)):
            raise RefusedError(f"{name} do not ascend")
        for key in keys:
            code = key.to_bytes(8, "big").rstrip(b"\0")
            if not code or not code.isascii() or b"\0" in code:
                raise RefusedError(f"{name} hold something that is no code")
    _check_callers(tables)
    spans = tables["hour_spans"]
    for start, count in tables["hours"]:
        end = 0
        for opens, closes in spans[start : start + count]:
            if not end <= opens < closes <= _WEEK_MINUTES:
                raise RefusedError("hours are not spans of a week")
            end = closes


def _check_callers(tables: Mapping[str, Any]) -> None:
    """Check the keys of cells and calling lines: each by its form, an operator's ascending."""
    for (key,) in tables["cell_keys"]:
        if not _CELL_KEY.fullmatch(key):
            raise RefusedError("cell_keys hold something that is no cell")
    for key in tables["calling_line_keys"]:
        if not _LINE_KEY.fullmatch(f"{key:016x}"):
            raise RefusedError("calling_line_keys hold something that is no line")
    for row in tables["operators"]:
        for name, start, count in (("cell", *row[11:13]), ("calling_line", *row[13:15])):
            run = tables[f"{name}_keys"][start : start + count]
            if any(one >= two for one, two in pairwise(run)):
                raise RefusedError(f"{name}_keys do not ascend")
