from array import array
from dataclasses import replace

import pytest
from tests.support.snapshots import (
    COMMUNES,
    LINES,
    ORDERS,
    PSAPS,
    ROUTES,
    TRUNKS,
    sign_blindly,
    small_content,
)

from route112.snapshot import layout
from route112.snapshot.content import with_orders
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_orders, write_snapshot


def test_equal_contents_give_equal_bytes():
    assert write_snapshot(small_content()) == write_snapshot(small_content())


def test_a_new_file_is_unsigned_and_ends_with_an_empty_block():
    written = write_snapshot(small_content())
    assert Snapshot(written).signature is None
    assert written[-128:] == b"R112SIGN" + b"\0" * 120


def test_every_section_begins_at_a_multiple_of_eight():
    frame = Snapshot(write_snapshot(small_content())).records.frame
    assert frame.header.orders_offset % 8 == frame.header.signature_offset % 8 == 0
    for name, section in layout.SECTIONS.items():
        assert len(frame.sections[name]) % section.record.size == 0
        frame.columns(name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generation": 0}, "the content cannot be a snapshot: the header contradicts itself"),
        ({"generation": -1}, "a number does not fit its field"),
        ({"default_number": 4}, "meta.default_number leads out of short_numbers"),
        ({"national": (0, 0, 0)}, "national has 3 records instead of 4"),
        ({"fallbacks": ()}, "fallbacks has 0 records instead of 8"),
        ({"mapping_row": array("I", [0] * 23)}, "mapping_rows has 23 records instead of 24"),
        ({"communes": COMMUNES[::-1]}, "commune_keys does not ascend"),
        ({"merged": (("75001", 6),)}, "merged.commune leads out of communes"),
        ({"routes": ((), *ROUTES[1:])}, "routes.variants_count is below 1"),
        ({"trunks": (replace(TRUNKS[0], hops=()), *TRUNKS[1:])}, "trunks.hops_count is below 1"),
        ({"lines": LINES[:6]}, "leads out of lines"),
        ({"parent": "41" * 31}, "is not a content hash"),
        ({"parent": "no"}, "non-hexadecimal"),
        ({"psaps": PSAPS[::-1]}, "psaps are not in ascending order, or one of them occurs twice"),
    ],
)
def test_a_content_that_contradicts_itself_is_a_programmers_error(changes, message):
    with pytest.raises(ValueError, match=message):
        write_snapshot(small_content(**changes))


def test_the_number_of_short_numbers_is_limited():
    content = small_content()
    shorts = tuple(replace(content.short_numbers[0], number=str(n)) for n in range(65))
    with pytest.raises(ValueError, match="short_numbers has 65 records; at most 64 are allowed"):
        write_snapshot(replace(content, short_numbers=shorts))


def test_other_orders_leave_the_plan_as_it_is():
    parent = sign_blindly(write_snapshot(small_content()), "a")
    opened = Snapshot(parent)
    written = write_orders(opened, ORDERS[1:2], generation=43)
    found = Snapshot(written)
    assert found.plan_hash == opened.plan_hash
    assert (found.generation, found.parent) == (43, opened.content_hash)
    assert found.orders == ORDERS[1:2]
    assert found.lines_count == opened.lines_count - 1
    assert found.signature is None
    end = found.records.frame.header.orders_offset
    assert written[layout.HEADER.size : end] == parent[layout.HEADER.size : end]
    again = with_orders(small_content(), ORDERS[1:2], generation=43, parent=opened.content_hash)
    assert write_snapshot(again) == written


def test_orders_and_back_are_the_same_bytes_but_for_their_place_in_the_row():
    first = write_snapshot(small_content(generation=42))
    line = [line for line in LINES if line.role == "order"]
    without = Snapshot(write_orders(Snapshot(first), (), generation=43))
    back = write_orders(without, reversed(ORDERS), generation=42, lines=line)
    parent = small_content(generation=42, parent=without.content_hash)
    assert back == write_snapshot(parent)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"orders": ORDERS[:1] * 2}, "orders are not in ascending order, or one of them occurs"),
        ({"lines": LINES[:1]}, "a line of the plan cannot come with an order"),
        ({"lines": (replace(LINES[-1], trunk=9),)}, "order_lines.trunk leads out of trunks"),
        ({"generation": 2**64}, "a number does not fit its field"),
        ({"generation": 0}, "the header contradicts itself"),
    ],
)
def test_orders_that_contradict_themselves_are_a_programmers_error(changes, message):
    values = {"orders": (), "lines": (), "generation": 43} | changes
    with pytest.raises(ValueError, match=message):
        write_orders(Snapshot(write_snapshot(small_content())), values.pop("orders"), **values)
