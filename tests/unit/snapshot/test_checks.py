import pytest
from tests.support.snapshots import poke, small_content
from tests.vectors.snapshot.make import POKES

from route112.snapshot.checks import check_frame
from route112.snapshot.errors import SnapshotError
from route112.snapshot.frame import open_frame
from route112.snapshot.layout import SECTIONS, STRING_TABLES
from route112.snapshot.writer import write_snapshot

GOOD = write_snapshot(small_content())
FRAME = open_frame(GOOD)


def refuse(content: bytes) -> str:
    with pytest.raises(SnapshotError) as caught:
        check_frame(open_frame(content))
    assert caught.value.reason_code == "malformed"
    return caught.value.message


@pytest.mark.parametrize("name", POKES)
def test_each_thing_that_could_raise_later_is_refused_now(name):
    assert refuse(poke(GOOD, *POKES[name]))


REFERENCES = [
    (section.name, field)
    for section in SECTIONS.values()
    for field in section.record.fields
    if field.index or field.optional
]


@pytest.mark.parametrize(
    ("section", "field"), REFERENCES, ids=[f"{name}.{field.name}" for name, field in REFERENCES]
)
def test_a_reference_may_reach_the_last_record_and_no_further(section, field):
    table = field.index or field.optional
    count = FRAME.count(table)
    last = count if field.optional else count - 1
    check_frame(open_frame(poke(GOOD, f"{section}.{field.name}", last)))
    message = refuse(poke(GOOD, f"{section}.{field.name}", last + 1))
    assert message == f"{section}.{field.name} leads out of {table}"


RUNS = [
    (section.name, field, following)
    for section in SECTIONS.values()
    for field, following in zip(section.record.fields, section.record.fields[1:], strict=False)
    if field.span
]


@pytest.mark.parametrize(
    ("section", "start", "length"), RUNS, ids=[f"{name}.{field.name}" for name, field, _ in RUNS]
)
def test_a_run_stays_in_its_table_and_in_its_limits(section, start, length):
    path = f"{section}.{start.name}"
    assert (
        refuse(poke(GOOD, path, FRAME.count(start.span) + 1))
        == f"{path} leads out of {start.span}"
    )
    path = f"{section}.{length.name}"
    if length.most is not None:
        assert refuse(poke(GOOD, path, length.most + 1)) == f"{path} is above {length.most}"
    if length.least:
        assert refuse(poke(GOOD, path, length.least - 1)) == f"{path} is below {length.least}"


@pytest.mark.parametrize(
    ("path", "value", "record", "message"),
    [
        ("string_offsets.offset", 1, 0, "string_offsets does not span its bytes"),
        ("order_string_offsets.offset", 0, -1, "order_string_offsets does not span its bytes"),
        ("string_offsets.offset", 0, 5, "string_offsets does not ascend"),
        ("string_bytes.byte", 0xFF, 3, "string_offsets leads to bytes that are not UTF-8"),
        ("commune_keys.key", 0, 1, "commune_keys does not ascend"),
        ("merged_keys.key", 2**64 - 1, 1, "merged_keys has a code that is not ASCII"),
        ("hour_spans.start_min", 1_440, 0, "hour_spans has 1440 to 1440 min after 0 min"),
    ],
)
def test_what_a_person_reads(path, value, record, message):
    name = path.split(".")[0]
    count = FRAME.count(name)
    assert refuse(poke(GOOD, path, value, record % count)) == message


def test_string_tables_have_their_bytes_beside_them():
    for offsets in STRING_TABLES.values():
        assert offsets.replace("offsets", "bytes") in SECTIONS
