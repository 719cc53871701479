import pytest
from tests.support.snapshots import small_content

from route112.snapshot.content import NONE
from route112.snapshot.frame import open_frame
from route112.snapshot.records import Records, decode_key, encode_key, optional
from route112.snapshot.writer import write_snapshot

CONTENT = small_content()
RECORDS = Records(open_frame(write_snapshot(CONTENT)))


@pytest.mark.parametrize(
    ("read", "rows"),
    [
        (RECORDS.short_number, CONTENT.short_numbers),
        (RECORDS.departement, CONTENT.departements),
        (RECORDS.commune, CONTENT.communes),
        (RECORDS.psap, CONTENT.psaps),
        (RECORDS.line, CONTENT.lines),
        (RECORDS.trunk, CONTENT.trunks),
        (RECORDS.hours, CONTENT.hours),
        (RECORDS.area, CONTENT.areas),
        (RECORDS.route, CONTENT.routes),
        (RECORDS.source, CONTENT.sources),
        (RECORDS.fallback, CONTENT.fallbacks),
        (RECORDS.operator, CONTENT.operators),
        (RECORDS.order, CONTENT.orders),
    ],
)
def test_each_record_comes_back_as_it_was_written(read, rows):
    assert tuple(read(index) for index in range(len(rows))) == rows


def test_strings_are_decoded_one_by_one():
    assert RECORDS.text("operators", "name", 0) == "Bruyère Mobile"
    assert RECORDS.list_texts("areas", "streets", 1) == ("rue de siam", "quai eole")
    assert list(RECORDS.run("routes", "variants", 2)) == [2, 3]


@pytest.mark.parametrize("code", ["0", "29019", "2A004", "ABCDEFGH"])
def test_a_key_is_a_code_and_back(code):
    key = encode_key(code)
    assert key is not None
    assert decode_key(key) == code


def test_keys_are_ordered_as_codes_are():
    codes = ["01001", "2A004", "2B033", "29019", "97411", "1", "10", "ABCDEFGH"]
    assert sorted(codes, key=lambda code: encode_key(code) or 0) == sorted(codes)


@pytest.mark.parametrize("code", ["", "123456789", "é", "2\0", "\ud800"])
def test_what_is_not_a_code_has_no_key(code):
    assert encode_key(code) is None


def test_an_optional_reference_is_stored_plus_one():
    assert [optional(stored) for stored in (0, 1, 2)] == [NONE, 0, 1]
