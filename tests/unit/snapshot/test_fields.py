import pytest

from route112.snapshot.fields import Field, Section, make_record, run_fields, text_fields


def test_a_record_knows_its_size_format_and_offsets():
    record = make_record("line", Field("number"), Field("kind", "u8"), Field("hash", "bytes32"))
    assert record.size == 37
    assert record.format == "<IB32s"
    assert [record.offset(name) for name in ("number", "kind", "hash")] == [0, 4, 5]
    assert Section(3, record, 10).name == "line"


def test_an_unknown_field_has_no_offset():
    with pytest.raises(KeyError, match="colour"):
        make_record("line", Field("number")).offset("colour")


def test_text_is_an_index_into_a_string_table():
    assert text_fields("a", "b", table="order_strings") == (
        Field("a", index="order_strings"),
        Field("b", index="order_strings"),
    )


def test_a_run_is_a_start_and_a_length():
    assert run_fields("hops", "hops", least=1, most=16) == (
        Field("hops_start", span="hops"),
        Field("hops_count", least=1, most=16),
    )
