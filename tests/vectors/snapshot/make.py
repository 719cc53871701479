"""
Write the vectors of the snapshot format: `PYTHONPATH=src:. python tests/vectors/snapshot/make.py`.

The reviewed text is this file and `tests/support/snapshots.py`; every binary file comes from it,
byte for byte the same on every run. A test compares them with what is in the tree.
"""

import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterator

from tests.support.snapshots import (
    find_field,
    list_entries,
    poke,
    seal,
    sign_blindly,
    small_content,
    small_trust,
)

from route112.snapshot.content import with_orders
from route112.snapshot.layout import SECTIONS
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot

FOLDER = Path(__file__).parent
Vector = tuple[str, str, str, bytes]
"""Name, reason of the refusal or `accepted`, what it is, content."""

BASE = write_snapshot(small_content())
SIGNED = sign_blindly(BASE, "a")


def list_vectors() -> Iterator[Vector]:
    """List all vectors, good ones first."""
    yield from _list_good()
    yield from _list_cut()
    yield from _list_altered()
    yield from _list_untrusted()
    yield from _list_malformed()


def _list_good() -> Iterator[Vector]:
    yield "good/signed", "accepted", "signed by key a; the floor of all the others", SIGNED
    reserve = sign_blindly(BASE, "b")
    yield "good/signed-by-reserve-key", "accepted", "the same content, signed by key b", reserve
    parent = BASE[160:192].hex()
    calm = with_orders(small_content(), (), generation=43, parent=parent)
    yield (
        "good/other-orders",
        "accepted",
        "generation 43: the same plan hash, no orders",
        sign_blindly(write_snapshot(calm), "a"),
    )
    yield (
        "good/newer-minor-format",
        "accepted",
        "format 1.1, generation 44, with a section that this version does not know",
        sign_blindly(_make_newer_minor(), "a"),
    )
    yield (
        "good/smallest",
        "accepted",
        "generation 45: one short number, one line, no commune",
        sign_blindly(_make_smallest(), "a"),
    )


def _list_cut() -> Iterator[Vector]:
    orders_at, signature_at = struct.unpack_from("<QQ", SIGNED, 56)
    cuts = {
        "empty": 0,
        "in-magic": 5,
        "in-header": 100,
        "after-header": 192,
        "in-plan": orders_at // 2,
        "before-orders": orders_at,
        "before-signature": signature_at,
        "in-signature": signature_at + 70,
        "last-byte": len(SIGNED) - 1,
    }
    for name, size in cuts.items():
        yield f"bad/truncated-{name}", "truncated", f"the first {size} bytes", SIGNED[:size]


def _list_altered() -> Iterator[Vector]:
    for section in SECTIONS.values():
        offset = list_entries(SIGNED)[section.id][2]
        text = f"one bit of section {section.name} changed"
        yield f"bad/altered-{section.name}", "altered", text, _flip(SIGNED, offset)
    yield "bad/altered-generation", "altered", "a higher generation, unsealed", _flip(SIGNED, 24)
    yield "bad/altered-hash", "altered", "one bit of the content hash changed", _flip(SIGNED, 170)
    trailing = SIGNED + b"\0" * 8
    yield "bad/altered-trailing", "altered", "8 bytes follow the signature block", trailing
    yield (
        "bad/altered-signature-magic",
        "altered",
        "the signature block has no magic",
        _flip(SIGNED, len(SIGNED) - 128),
    )
    header = {
        "plan-offset": (48, "<Q", 200),
        "orders-offset": (56, "<Q", 184),
        "signature-offset": (64, "<Q", 2**63),
        "total-size": (16, "<Q", len(SIGNED) - 8),
        "plan-sections": (72, "<I", 65),
        "zero-generation": (24, "<Q", 0),
        "reserved": (144, "<Q", 1),
        "major-zero": (8, "<I", 0),
    }
    for name, change in header.items():
        text = f"the header contradicts itself: {name.replace('-', ' ')}"
        yield f"bad/altered-header-{name}", "altered", text, _put(SIGNED, *change)
    magic = b"R112SNIP" + SIGNED[8:]
    yield "bad/wrong-magic", "not-a-snapshot", "another magic", magic
    yield "bad/text", "not-a-snapshot", "a text file", b"insee,name\n29019,Brest\n" * 20
    future = _put(BASE, 8, "<I", 2)
    yield (
        "bad/future-format",
        "future-format",
        "format 2.0, well signed",
        sign_blindly(seal(future), "a"),
    )


def _list_untrusted() -> Iterator[Vector]:
    yield "bad/unsigned", "unsigned", "nobody signed it", BASE
    yield "bad/unknown-key", "unknown-key", "re-signed by key e", sign_blindly(BASE, "e")
    yield "bad/revoked-key", "revoked-key", "re-signed by key c", sign_blindly(BASE, "c")
    newer = write_snapshot(small_content(generation=43))
    yield "bad/expired-key", "expired-key", "generation 43 by key d", sign_blindly(newer, "d")
    broken = _flip(SIGNED, len(SIGNED) - 1)
    yield "bad/bad-signature", "bad-signature", "one bit of the signature changed", broken
    other = sign_blindly(BASE, "b")
    moved = SIGNED[:-112] + other[-112:-104] + SIGNED[-104:]
    yield "bad/moved-signature", "bad-signature", "key a's signature under key b's id", moved
    lent = sign_blindly(newer, "a")[:-128] + SIGNED[-128:]
    yield "bad/lent-signature", "bad-signature", "generation 43 with 42's signature", lent
    older = sign_blindly(write_snapshot(small_content(generation=41)), "a")
    yield "bad/older-generation", "older-generation", "generation 41, well signed", older
    twin = sign_blindly(write_snapshot(small_content(edition="2026-12")), "a")
    yield (
        "bad/same-generation-other-content",
        "same-generation-other-content",
        "another generation 42, well signed",
        twin,
    )


POKES: dict[str, tuple[str, int | bytes, int]] = {
    "reference-string": ("communes.name", 0xFFFFFFFF, 2),
    "reference-default-number": ("meta.default_number", 4, 0),
    "reference-departement": ("communes.departement", 2, 5),
    "reference-merged": ("merged.commune", 6, 0),
    "reference-psap": ("lines.psap", 7, 0),
    "reference-trunk": ("lines.trunk", 3, 12),
    "reference-line": ("variants.line_2", 13, 0),
    "reference-hours": ("variants.hours", 2, 1),
    "reference-route": ("mapping_routes.route", 7, 23),
    "reference-source": ("mapping_sources.source", 3, 0),
    "reference-fallback": ("fallbacks.departement", 14, 7),
    "reference-national": ("national.line", 13, 3),
    "reference-order-string": ("orders.reason", 1000, 0),
    "run-leaves-its-table": ("trunks.hops_start", 4, 1),
    "run-overflows": ("routes.variants_start", 0xFFFFFFFF, 0),
    "run-empty": ("routes.variants_count", 0, 0),
    "run-too-long": ("routes.variants_count", 17, 0),
    "no-offset-of-local-time": ("departements.offsets_count", 0, 1),
    "no-line": ("variants.lines_count", 0, 0),
    "four-lines": ("variants.lines_count", 4, 0),
    "choice-role": ("lines.role", 4, 0),
    "choice-rule": ("variants.rule_1", 3, 0),
    "choice-technology": ("psaps.technology", 3, 0),
    "choice-kind": ("orders.kind", 3, 0),
    "choice-dialect-field": ("dialect_rules.field", 6, 4),
    "choice-dialect-place": ("dialect_rules.place", 4, 0),
    "no-share": ("operators.share", 0, 1),
    "too-many-sources": ("operators.sources_count", 65, 0),
    "dialect-leaves-its-table": ("operators.dialect_count", 8, 0),
    "reserved-field": ("orders.reserved", 1, 0),
    "string-begins-late": ("string_offsets.offset", 1, 0),
    "string-out-of-range": ("string_offsets.offset", 0x7FFFFFFF, 3),
    "string-descends": ("string_offsets.offset", 0, 3),
    "string-not-utf-8": ("string_bytes.byte", 0xFF, 0),
    "keys-descend": ("commune_keys.key", 0, 3),
    "keys-twice": ("merged_keys.key", int.from_bytes(b"29165\0\0\0", "big"), 1),
    "key-not-ascii": ("commune_keys.key", 2**64 - 1, 5),
    "hours-backwards": ("hour_spans.end_min", 1200, 0),
    "hours-after-the-week": ("hour_spans.end_min", 10_081, 6),
    "hours-overlap": ("hour_spans.start_min", 0, 3),
    "reference-cell": ("cells.commune", 6, 0),
    "reference-calling-line": ("calling_lines.commune", 6, 0),
    "cells-leave-their-table": ("operators.cells_count", 6, 0),
    "too-many-cells": ("operators.cells_count", 500_001, 0),
    "too-many-calling-lines": ("operators.calling_lines_count", 500_001, 0),
    "cells-descend": ("cell_keys.key", b"1", 1),
    "cells-twice": ("cell_keys.key", b"208-01-0b", 0),
    "cell-in-capitals": ("cell_keys.key", b"208-01-0C", 1),
    "cell-empty": ("cell_keys.key", b"", 0),
    "cell-cut-in-two": ("cell_keys.key", b"208\0" + b"01", 0),
    "calling-lines-descend": ("calling_line_keys.key", 0x1 << 60, 1),
    "calling-line-empty": ("calling_line_keys.key", 0, 0),
    "calling-line-no-digit": ("calling_line_keys.key", 0xB << 60, 5),
    "calling-line-cut-in-two": ("calling_line_keys.key", 0xA01 << 52, 5),
}
"""Name to (field, value, record): each is sealed and well signed, so only the check can help."""


def _list_malformed() -> Iterator[Vector]:
    for name, (path, value, record) in POKES.items():
        content = sign_blindly(poke(BASE, path, value, record), "a")
        yield f"bad/{name}", "malformed", f"{path} of record {record} is {value}", content
    pieces: dict[str, tuple[str, Callable[[], bytes]]] = {
        "string-cut-in-two": ("a string ends inside a character", _cut_string),
        "section-unknown-only": ("a section has the id of none", lambda: _entry("meta", 0, 63)),
        "section-twice": ("two sections have one id", lambda: _entry("strings", 0, 1)),
        "section-moved": ("a section begins 8 bytes late", lambda: _entry("meta", 8, None)),
        "record-size": ("a section has records of another size", lambda: _entry("hops", 4, 28)),
        "count-enormous": ("a section counts 2**63 records", lambda: _entry("lines", 16, 2**63)),
        "count-too-high": ("a section leaves its layer", lambda: _entry("orders", 16, 4)),
        "count-other": ("a key has no row", lambda: _entry("mapping_rows", 16, 23)),
        "padding": ("a byte between two sections is not zero", _fill_padding),
        "gap": ("8 bytes belong to no section", _add_gap),
        "too-many-short-numbers": ("65 short numbers", _add_short_numbers),
    }
    for name, (text, make) in pieces.items():
        yield f"bad/{name}", "malformed", text, sign_blindly(make(), "a")


def _flip(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


def _put(content: bytes, position: int, notation: str, value: int) -> bytes:
    changed = bytearray(content)
    struct.pack_into(notation, changed, position, value)
    return bytes(changed)


def _entry(name: str, position: int, value: int | None) -> bytes:
    """Change a directory entry: 0 is its id, 4 its record size, 8 its offset, 16 its count."""
    section = SECTIONS["string_offsets" if name == "strings" else name]
    place, _, offset, _ = list_entries(BASE)[section.id]
    if value is None:
        value = offset + 8
    return seal(_put(BASE, place + position, "<I" if position < 8 else "<Q", value))


def _cut_string() -> bytes:
    position, _ = find_field(BASE, "string_bytes.byte")
    accent = BASE.index("Éole".encode(), position)
    starts = [
        struct.unpack_from("<I", BASE, find_field(BASE, "string_offsets.offset", record)[0])[0]
        for record in range(list_entries(BASE)[2][3])
    ]
    inside = accent - position + 1
    record = next(index for index, start in enumerate(starts) if start > inside)
    return poke(BASE, "string_offsets.offset", inside, record)


def _fill_padding() -> bytes:
    for _, record_size, offset, count in list_entries(BASE).values():
        end = offset + record_size * count
        if end % 8:
            return seal(_put(BASE, end, "<B", 1))
    raise AssertionError("no section needs padding")


def _add_gap() -> bytes:
    orders_at = struct.unpack_from("<Q", BASE, 56)[0]
    grown = bytearray(BASE[:orders_at] + b"\0" * 8 + BASE[orders_at:])
    for place in (16, 56, 64):
        struct.pack_into("<Q", grown, place, struct.unpack_from("<Q", grown, place)[0] + 8)
    for place, _, offset, _ in list_entries(grown).values():
        if place >= orders_at:
            struct.pack_into("<Q", grown, place + 8, offset + 8)
    return seal(grown)


def _add_short_numbers() -> bytes:
    """Raise the count of short numbers above the limit; the count is judged before the bytes."""
    return _entry("short_numbers", 16, 65)


def _make_newer_minor() -> bytes:
    """Add section 40, with one record of 5 bytes, at the end of the plan layer."""
    base = bytearray(write_snapshot(small_content(generation=44)))
    entries = list_entries(base)
    orders_at = struct.unpack_from("<Q", base, 56)[0]
    plan_sections = struct.unpack_from("<I", base, 72)[0]
    for place, _, offset, _ in entries.values():
        step = 24 if place < orders_at else 32
        struct.pack_into("<Q", base, place + 8, offset + step)
    for place in (16, 56, 64):
        struct.pack_into("<Q", base, place, struct.unpack_from("<Q", base, place)[0] + 32)
    struct.pack_into("<I", base, 72, plan_sections + 1)
    struct.pack_into("<I", base, 12, 1)
    directory_end = 192 + 24 * plan_sections
    entry = struct.pack("<IIQQ", 40, 5, orders_at + 24, 1)
    added = b"later\0\0\0"
    return seal(
        base[:directory_end] + entry + base[directory_end:orders_at] + added + base[orders_at:]
    )


def _make_smallest() -> bytes:
    content = small_content()
    return write_snapshot(
        replace(
            content,
            generation=45,
            short_numbers=content.short_numbers[:1],
            default_number=0,
            departements=(),
            communes=(),
            merged=(),
            psaps=content.psaps[:1],
            lines=content.lines[:1],
            hours=(),
            areas=(),
            routes=(),
            mapping_route=content.mapping_route[:0],
            mapping_source=content.mapping_source[:0],
            mapping_row=content.mapping_row[:0],
            sources=(),
            fallbacks=(),
            national=(0,),
            operators=(),
            orders=(),
            cells={},
            calling_lines={},
        )
    )


def render_readme() -> str:
    """Render the README: what a reader must do with each file."""
    lines = [
        "# Vectors of the snapshot format",
        "",
        "Written by `make.py`; do not edit. Each file is offered to a site whose trust list is `trust.json`, that accepted",
        "`good/signed.r112` (generation 42) before, at 2026-11-15T12:00:00Z. A reader MUST accept the good ones and MUST",
        "refuse the bad ones with the reason below: an error, never a crash, and the file in force stays.",
        "",
        "The keys are TEST KEYS: their private halves are bytes 01 to 05, each 32 times. a and b are trusted, c is",
        "revoked, d ended on 2026-11-01, e is in no list. Where nothing else is said, key a signed.",
        "",
        "| file | required | what it is |",
        "|---|---|---|",
    ]
    lines += [f"| {name}.r112 | {reason} | {text} |" for name, reason, text, _ in list_vectors()]
    return "\n".join(lines) + "\n"


def list_files() -> dict[str, bytes]:
    """Return the content of every file of this folder that is generated, by its path."""
    files = {f"{name}.r112": content for name, _, _, content in list_vectors()}
    files["trust.json"] = render_trust(small_trust())
    files["README.md"] = render_readme().encode()
    return files


def main() -> None:
    """Write the files, and remove vectors that are no longer listed."""
    files = list_files()
    for stale in FOLDER.glob("*/*.r112"):
        if str(stale.relative_to(FOLDER)) not in files:
            stale.unlink()
    for name, content in files.items():
        path = FOLDER / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    sys.stdout.write(f"{len(files)} files\n")


if __name__ == "__main__":
    main()
