"""
From content to bytes: unsigned, and the same bytes for the same content, always.

Strings are stored once, sorted, so that neither the order of a dictionary nor the history of an
edit shows. What was written is opened again before it is returned: a file that the reader would
refuse is never handed out.

Source: docs/formats/snapshot.md.
"""

import struct
from collections.abc import Iterable
from dataclasses import replace

from route112.model import Order
from route112.snapshot import layout
from route112.snapshot.content import LineRow, SnapshotContent, split_lines
from route112.snapshot.encoding import encode_orders, encode_plan
from route112.snapshot.errors import SnapshotError
from route112.snapshot.fields import Section
from route112.snapshot.frame import Header, content_hash, plan_hash
from route112.snapshot.layout import DIRECTORY_ENTRY, HEADER, SIGNATURE
from route112.snapshot.reader import Snapshot

_HASH_SIZE = 32


def write_snapshot(content: SnapshotContent) -> bytes:
    """
    Write a snapshot, unsigned.

    Raises: ValueError where the content contradicts itself or exceeds a limit of the format.
    """
    try:
        plan = _lay_out(layout.PLAN_SECTIONS, encode_plan(content), HEADER.size)
        order_lines = split_lines(content.lines)[1]
        orders = _lay_out_orders(content.orders, order_lines, HEADER.size + len(plan))
        header = Header(
            magic=layout.MAGIC,
            format_major=layout.FORMAT_MAJOR,
            format_minor=layout.FORMAT_MINOR,
            total_size=0,
            generation=content.generation,
            valid_from=content.valid_from,
            valid_until=content.valid_until,
            plan_offset=HEADER.size,
            orders_offset=HEADER.size + len(plan),
            signature_offset=0,
            plan_sections=len(layout.PLAN_SECTIONS),
            orders_sections=len(layout.ORDERS_SECTIONS),
            parent=_read_hash(content.parent),
            plan_hash=b"",
            reserved_1=0,
            reserved_2=0,
            content_hash=b"",
        )
        written = _assemble(header, plan, orders)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"a number does not fit its field: {error}") from error
    return _reopen(written)


def write_orders(
    parent: Snapshot,
    orders: Iterable[Order],
    *,
    generation: int,
    lines: Iterable[LineRow] = (),
    follows: str | None = None,
) -> bytes:
    """
    Write the next generation of a snapshot under other orders, unsigned.

    The plan layer is copied as it stands, so that the plan hash is the same. What
    `write_snapshot(with_orders(unpack_snapshot(parent), ...))` gives, in a hundredth of its time.

    Args:
        parent: the snapshot that this one follows.
        orders: all orders of the new generation, in any order.
        generation: number of the new generation.
        lines: lines that only an order names (role `order`).
        follows: content hash that it names as its parent, may be empty; None: that of `parent`.
    Raises: ValueError where orders or lines contradict themselves or exceed a limit of the format.

    """
    old = parent.records.frame
    order_lines = tuple(lines)
    if split_lines(order_lines)[0]:
        raise ValueError("a line of the plan cannot come with an order")
    ascending = tuple(sorted(orders, key=lambda order: order.id))
    try:
        layer = _lay_out_orders(ascending, order_lines, old.header.orders_offset)
        header = replace(
            old.header,
            generation=generation,
            parent=_read_hash(parent.content_hash if follows is None else follows),
            orders_sections=len(layout.ORDERS_SECTIONS),
        )
        written = _assemble(header, bytes(old.plan), layer)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"a number does not fit its field: {error}") from error
    return _reopen(written)


def _reopen(written: bytes) -> bytes:
    """Return what was written, if a reader takes it."""
    try:
        Snapshot(written)
    except SnapshotError as error:
        raise ValueError(f"the content cannot be a snapshot: {error}") from error
    return written


def _lay_out_orders(orders: tuple[Order, ...], lines: tuple[LineRow, ...], start: int) -> bytes:
    return _lay_out(layout.ORDERS_SECTIONS, encode_orders(orders, lines), start)


def _lay_out(sections: tuple[Section, ...], tables: dict[str, bytes], start: int) -> bytes:
    """Return one layer, which begins at `start` (bytes): its directory, then its sections."""
    position = start + len(sections) * DIRECTORY_ENTRY.size
    directory, pieces = [], []
    for section in sections:
        table, size = tables[section.name], section.record.size
        entry = (section.id, size, position, len(table) // size)
        directory.append(struct.pack(DIRECTORY_ENTRY.format, *entry))
        end = layout.align(position + len(table))
        pieces.append(table.ljust(end - position, b"\0"))
        position = end
    return b"".join((*directory, *pieces))


def _read_hash(digits: str) -> bytes:
    content = bytes.fromhex(digits)
    if len(content) not in (0, _HASH_SIZE):
        raise ValueError(f"{digits!r} is not a content hash")
    return content


def _assemble(header: Header, plan: bytes, orders: bytes) -> bytes:
    """Put a header with its sizes and hashes before the layers, an empty signature behind them."""
    signature_offset = HEADER.size + len(plan) + len(orders)
    header = replace(
        header,
        total_size=signature_offset + SIGNATURE.size,
        signature_offset=signature_offset,
        plan_hash=b"",
        content_hash=b"",
    )
    block = layout.SIGNATURE_MAGIC.ljust(SIGNATURE.size, b"\0")
    written = bytearray(b"".join((header.pack(), plan, orders, block)))
    # The hash of the plan stands in the header, which the hash of the content covers.
    header = replace(header, plan_hash=plan_hash(memoryview(written), header))
    written[: HEADER.size] = header.pack()
    header = replace(header, content_hash=content_hash(memoryview(written), header))
    written[: HEADER.size] = header.pack()
    return bytes(written)
