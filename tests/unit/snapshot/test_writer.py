from array import array
from dataclasses import replace

import pytest
from tests.support.snapshots import COMMUNES, LINES, PSAPS, ROUTES, TRUNKS, small_content

from route112.snapshot import layout
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


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
