import struct
from array import array
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.support.snapshots import (
    COMMUNES,
    LINES,
    ORDERS,
    PSAPS,
    ROUTES,
    SOURCES,
    SQUARE,
    small_content,
)

from route112.model import Area
from route112.snapshot import layout
from route112.snapshot.content import NONE, FallbackRow, VariantRow
from route112.snapshot.encoding import Tables, encode_orders, encode_plan
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


def test_a_plan_and_its_orders_have_each_their_sections_and_no_others():
    content = small_content()
    assert set(encode_plan(content)) == {part.name for part in layout.PLAN_SECTIONS}
    encoded = encode_orders(content.orders, content.lines[-1:])
    assert set(encoded) == {part.name for part in layout.ORDERS_SECTIONS}


def test_strings_are_stored_once_and_sorted_by_their_bytes():
    tables = encode_plan(small_content())
    offsets = array("I", tables["string_offsets"])
    content = tables["string_bytes"]
    texts = [content[a:b] for a, b in pairwise(offsets)]
    assert texts == sorted(set(texts))
    assert "Finistère".encode() in texts


def test_an_optional_reference_to_nothing_is_zero():
    columns = array("I", encode_plan(small_content())["mapping_routes"])
    assert [route for route in columns if route == 0] == [0]
    assert max(columns) == len(ROUTES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"communes": (replace(COMMUNES[0], departement="56"),)},
            "commune 29019 lies in an unknown departement",
        ),
        (
            {"communes": (replace(COMMUNES[0], code="290190190"),)},
            "'290190190' is not a commune code: 1 to 8 ASCII characters",
        ),
        (
            {"communes": (replace(COMMUNES[0], lon_deg=180.1),)},
            r"\(180.1, 48.4084\) is not a place on earth",
        ),
        (
            {"areas": (SQUARE, Area(text="", rings=(((0.0, float("nan")),),)))},
            r"\(0.0, nan\) is not a place on earth",
        ),
        ({"sources": (replace(SOURCES[0], sha256="29"),)}, "'29' is not a SHA-256 in hexadecimal"),
        ({"psaps": (PSAPS[0], PSAPS[0])}, "psaps are not in ascending order"),
        ({"orders": ORDERS[::-1]}, "orders are not in ascending order"),
        ({"lines": (replace(LINES[0], role="spare"),)}, "tuple.index"),
        ({"lines": (LINES[-1], LINES[0])}, "a line of the plan follows a line that only an order"),
        ({"fallbacks": (FallbackRow(neighbours=(0, 1, 2), departement=0),)}, "0 to 2 neighbours"),
        ({"routes": ((VariantRow(lines=(), rules=()),),)}, "a variant has 1 to 3 lines"),
        (
            {"routes": ((VariantRow(lines=(0,) * 4, rules=("primary",) * 4),),)},
            "a variant has 1 to 3 lines",
        ),
        ({"routes": ((VariantRow(lines=(0, 1), rules=("primary",)),),)}, "one rule for each"),
        ({"mapping_row": array("L", [0] * 24)}, "columns of the mapping are arrays of typecode I"),
        ({"edition": "\ud800"}, "surrogates not allowed"),
    ],
)
def test_what_no_snapshot_can_say(changes, message):
    content = small_content(**changes)
    with pytest.raises(ValueError, match=message):
        (encode_plan(content), encode_orders(content.orders, ()))


def test_coordinates_keep_seven_decimals():
    lon_deg, lat_deg = 2.34567891, -21.123456749
    communes = (*COMMUNES[:-1], replace(COMMUNES[-1], lon_deg=lon_deg, lat_deg=lat_deg))
    commune = Snapshot(write_snapshot(small_content(communes=communes))).commune(5)
    assert (commune.lon_deg, commune.lat_deg) == (2.3456789, -21.1234567)


def test_half_a_position_is_none():
    communes = (*COMMUNES[:-1], replace(COMMUNES[-1], lat_deg=None))
    commune = Snapshot(write_snapshot(small_content(communes=communes))).commune(5)
    assert (commune.lon_deg, commune.lat_deg) == (None, None)


def test_a_negative_index_does_not_pass_for_none():
    content = small_content(lines=(replace(LINES[0], psap=-2), *LINES[1:]))
    with pytest.raises(struct.error):
        encode_plan(content)


def test_a_run_says_where_it_begins_and_how_long_it_is():
    tables = Tables(layout.PLAN_SECTIONS)
    assert tables.add_run("hour_spans", [(0, 60), (60, 120)]) == (0, 2)
    assert tables.add_run("hour_spans", []) == (2, 0)
    assert NONE == 2**32 - 1
