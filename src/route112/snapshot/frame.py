"""Header, hashes and directories: from a buffer to named runs of records, nothing decoded yet."""

import hashlib
import mmap
import struct
import sys
from dataclasses import astuple, dataclass

from route112.snapshot import layout
from route112.snapshot.errors import Reason, SnapshotError
from route112.snapshot.fields import TYPES, Section
from route112.snapshot.layout import DIRECTORY_ENTRY, HEADER, SIGNATURE

Buffer = bytes | bytearray | memoryview | mmap.mmap
"""What a snapshot is read from; it must not change while a `Snapshot` stands on it."""

# `memoryview.cast` reads numbers in the order of the machine; the file is little-endian.
assert sys.byteorder == "little", "snapshots are read in place on little-endian machines only"


@dataclass(frozen=True, slots=True)
class Header:
    """The fixed header, field by field; sizes and offsets in bytes, times in UTC microseconds."""

    magic: bytes
    format_major: int
    format_minor: int
    total_size: int
    generation: int
    valid_from: int
    valid_until: int
    plan_offset: int
    orders_offset: int
    signature_offset: int
    plan_sections: int
    orders_sections: int
    parent: bytes
    plan_hash: bytes
    reserved_1: int
    reserved_2: int
    content_hash: bytes

    def pack(self) -> bytes:
        """Return the header as it stands in the file."""
        return struct.pack(HEADER.format, *astuple(self))


@dataclass(frozen=True, slots=True)
class Signature:
    """What the signature block says; not proved by anything yet."""

    key_id: str
    """First 8 bytes of the SHA-256 of the public key, hexadecimal."""
    algorithm: str
    """`ed25519`."""
    value: bytes
    """64 bytes."""


Columns = dict[str, "memoryview[int]"]
"""One strided view for each numeric field of a section, by the field's name."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A buffer whose header, hashes, directories and signature block are as they should be."""

    header: Header
    signature: Signature | None
    sections: dict[str, "memoryview[int]"]
    """Bytes of each section that this version knows, by name."""
    plan: "memoryview[int]"
    """Bytes of the whole plan layer, sections that this version does not know included."""

    def count(self, table: str) -> int:
        """Return the number of records of a section, or of strings of a string table."""
        if table in layout.STRING_TABLES:
            return self.count(layout.STRING_TABLES[table]) - 1
        return len(self.sections[table]) // layout.SECTIONS[table].record.size

    def columns(self, name: str) -> Columns:
        """Return a view of each numeric field of the section `name`, over all its records."""
        record, content = layout.SECTIONS[name].record, self.sections[name]
        columns: Columns = {}
        position = 0
        for field in record.fields:
            size = field.size
            if not field.type.startswith("bytes"):
                typed = content.cast("B").cast(TYPES[field.type])  # type: ignore[call-overload]
                columns[field.name] = typed[position // size :: record.size // size]
            position += size
        return columns


def open_frame(buffer: Buffer, *, checked: bool = False) -> Frame:
    """
    Check everything about a buffer that can be told without decoding records.

    Args:
        buffer: the whole file.
        checked: leave the hashes out: somebody trusted has compared them already.
    Raises: SnapshotError with not-a-snapshot, future-format, truncated, altered or malformed.
    Cost: one SHA-256 over the whole buffer, unless `checked`.
    """
    view = memoryview(buffer).toreadonly().cast("B")
    header = _read_header(view)
    if not checked and (
        plan_hash(view, header) != header.plan_hash
        or content_hash(view, header) != header.content_hash
    ):
        raise SnapshotError(
            Reason.ALTERED,
            "the content does not match its hash: bytes changed after it was written",
        )
    sections = {
        **_read_layer(view, header, orders=False),
        **_read_layer(view, header, orders=True),
    }
    plan = view[header.plan_offset : header.orders_offset]
    return Frame(header, _read_signature(view, header), sections, plan)


def plan_hash(view: "memoryview[int]", header: Header) -> bytes:
    """Return the SHA-256 of the plan layer and its validity: what orders leave alone."""
    digest = hashlib.sha256(layout.PLAN_DOMAIN)
    digest.update(view[HEADER.offset("valid_from") : HEADER.offset("plan_offset")])
    digest.update(view[header.plan_offset : header.orders_offset])
    return digest.digest()


def content_hash(view: "memoryview[int]", header: Header) -> bytes:
    """Return the SHA-256 of the header and the orders layer; the plan is in through its hash."""
    digest = hashlib.sha256(layout.CONTENT_DOMAIN)
    digest.update(view[: HEADER.offset("content_hash")])
    digest.update(view[header.orders_offset : header.signature_offset])
    return digest.digest()


def _read_header(view: "memoryview[int]") -> Header:
    start = bytes(view[: len(layout.MAGIC)])
    if not layout.MAGIC.startswith(start):
        raise SnapshotError(Reason.NOT_A_SNAPSHOT, "the file does not begin as a snapshot does")
    if len(view) < HEADER.size:
        raise SnapshotError(Reason.TRUNCATED, f"the file ends after {len(view)} bytes")
    header = Header(*struct.unpack_from(HEADER.format, view))
    if header.format_major > layout.FORMAT_MAJOR:
        raise SnapshotError(
            Reason.FUTURE_FORMAT,
            f"the file has format {header.format_major}.{header.format_minor}; "
            f"this program reads up to {layout.FORMAT_MAJOR}.x: upgrade it first",
        )
    if header.total_size > len(view):
        raise SnapshotError(
            Reason.TRUNCATED, f"the file has {len(view)} of {header.total_size} bytes"
        )
    if header.total_size < len(view):
        extra = len(view) - header.total_size
        raise SnapshotError(Reason.ALTERED, f"{extra} bytes follow the end of the snapshot")
    _check_header(header)
    return header


def _check_header(header: Header) -> None:
    """Refuse a header whose parts cannot lie one after the other."""
    plan_room = header.plan_sections * DIRECTORY_ENTRY.size
    orders_room = header.orders_sections * DIRECTORY_ENTRY.size
    positions = (header.plan_offset, header.orders_offset, header.signature_offset)
    sound = (
        header.format_major == layout.FORMAT_MAJOR
        and header.total_size <= layout.TOTAL_SIZE_MAX
        and header.plan_offset == HEADER.size
        and header.plan_offset + plan_room <= header.orders_offset
        and header.orders_offset + orders_room <= header.signature_offset
        and header.signature_offset + SIGNATURE.size == header.total_size
        and all(position % layout.ALIGNMENT == 0 for position in positions)
        and max(header.plan_sections, header.orders_sections) <= layout.SECTIONS_MAX
        and header.generation >= 1
        and header.reserved_1 == header.reserved_2 == 0
    )
    if not sound:
        raise SnapshotError(Reason.ALTERED, "the header contradicts itself")


def _read_layer(
    view: "memoryview[int]", header: Header, *, orders: bool
) -> dict[str, "memoryview[int]"]:
    """Return the known sections of one layer; they fill it without gaps, in order of their ids."""
    start, end = (
        (header.orders_offset, header.signature_offset)
        if orders
        else (header.plan_offset, header.orders_offset)
    )
    entries = header.orders_sections if orders else header.plan_sections
    known = {
        section.id: section
        for section in (layout.ORDERS_SECTIONS if orders else layout.PLAN_SECTIONS)
    }
    found: dict[str, memoryview[int]] = {}
    position, previous = start + entries * DIRECTORY_ENTRY.size, 0
    for place in range(start, position, DIRECTORY_ENTRY.size):
        number, record_size, offset, count = struct.unpack_from(
            DIRECTORY_ENTRY.format, view, place
        )
        if number in known:
            _check_entry(known[number], record_size, count)
        size = record_size * count
        if number <= previous or offset != position or offset + size > end:
            raise SnapshotError(Reason.MALFORMED, f"section {number} is out of its place")
        if number in known:
            found[known[number].name] = view[offset : offset + size]
        position, previous = layout.align(offset + size), number
        if any(view[offset + size : position]):
            raise SnapshotError(Reason.MALFORMED, f"section {number} is not padded with zeros")
    missing = [section.name for section in known.values() if section.name not in found]
    if missing:
        raise SnapshotError(Reason.MALFORMED, f"sections are missing: {', '.join(missing)}")
    if position != end:
        raise SnapshotError(Reason.MALFORMED, f"{end - position} bytes belong to no section")
    return found


def _check_entry(section: Section, record_size: int, count: int) -> None:
    if record_size != section.record.size:
        raise SnapshotError(
            Reason.MALFORMED,
            f"records of {section.name} have {record_size} bytes, not {section.record.size}",
        )
    if count > section.count_max:
        raise SnapshotError(
            Reason.MALFORMED,
            f"{section.name} has {count} records; at most {section.count_max} are allowed",
        )


def _read_signature(view: "memoryview[int]", header: Header) -> Signature | None:
    block = bytes(view[header.signature_offset :])
    magic, algorithm, reserved_1, key_id, reserved_2, reserved_3, value = struct.unpack(
        SIGNATURE.format, block
    )
    if magic != layout.SIGNATURE_MAGIC or reserved_1 or reserved_2 or any(reserved_3):
        raise SnapshotError(Reason.ALTERED, "the signature block is damaged")
    if algorithm == layout.ALGORITHM_ED25519:
        return Signature(key_id.hex(), "ed25519", value)
    if algorithm != layout.ALGORITHM_NONE or any(key_id) or any(value):
        raise SnapshotError(Reason.ALTERED, "the signature block is damaged")
    return None
