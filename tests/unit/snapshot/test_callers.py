import pytest
from tests.support.snapshots import CALLING_LINES, CELLS, COMMUNES, small_content

from route112.snapshot.callers import _CellKeys, decode_line, encode_cell, encode_line
from route112.snapshot.layout import CELL_SIZE_MAX, LINE_DIGITS_MAX
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

CALLERS = Snapshot(write_snapshot(small_content())).callers


@pytest.mark.parametrize(
    ("cell", "commune"),
    [
        ("208-01-0a", 0),
        ("208-01-0A", 0),
        ("208-01-1", 1),
        ("ZONE.B:7_X", 5),
        ("208-01", None),
        ("208-01-0a0", None),
        ("zzz", None),
        ("", None),
        ("\u00e9", None),
        ("208-01-0a ", None),
        ("a" * 99, None),
    ],
)
def test_a_cell_is_found_whatever_the_case_of_its_letters(cell, commune):
    assert CALLERS.find_cell("bruyere", cell) == commune


@pytest.mark.parametrize(
    ("line", "commune"),
    [
        ("+33298", 0),
        ("+332981", 0),
        ("+332984", 2),
        ("0033298455", 3),
        ("332984550001", 3),
        ("33298456", 2),
        ("0298", 1),
        ("02980", 1),
        ("331", 4),
        ("33", None),
        ("3399", None),
        ("9", 5),
        ("1", None),
        ("+", None),
        ("00", None),
        ("", None),
        ("+332x", None),
        ("33298 45", None),
        ("9" * LINE_DIGITS_MAX, 5),
        ("9" * (LINE_DIGITS_MAX + 1), None),
        ("\u0663\u0663", None),
    ],
)
def test_the_longest_beginning_of_a_line_counts(line, commune):
    assert CALLERS.find_line("bruyere", line) == commune


def test_operators_have_tables_of_their_own():
    assert CALLERS.find_cell("genet", "208-01-0a") == 3
    assert CALLERS.find_cell("genet", "208-01-1") is None
    assert CALLERS.find_line("genet", "331") is None
    assert CALLERS.find_cell("nobody", "208-01-0a") is None
    assert CALLERS.find_line("nobody", "331") is None


def test_tables_are_listed_as_they_were_written():
    assert tuple(CALLERS.list_cells("bruyere")) == CELLS["bruyere"]
    assert tuple(CALLERS.list_lines("bruyere")) == CALLING_LINES["bruyere"]
    assert tuple(CALLERS.list_cells("nobody")) == ()


def test_keys_have_their_form():
    assert encode_cell("aB") == b"ab".ljust(CELL_SIZE_MAX, b"\0")
    assert encode_cell("x" * (CELL_SIZE_MAX + 1)) is None
    assert encode_line("10") == 0x21 << 56
    assert encode_line("+10") is None
    assert encode_line("9" * 16) == 0xAAAA_AAAA_AAAA_AAAA
    assert [decode_line(key) for key in (0x21 << 56, 0xAAAA_AAAA_AAAA_AAAA)] == ["10", "9" * 16]


@pytest.mark.parametrize(
    "changes",
    [
        {"cells": {"bruyere": (("b", 0), ("a", 0))}},
        {"cells": {"bruyere": (("a b", 0),)}},
        {"cells": {"bruyere": (("a", len(COMMUNES)),)}},
        {"calling_lines": {"bruyere": (("2", 0), ("1", 0))}},
        {"calling_lines": {"bruyere": (("x", 0),)}},
    ],
)
def test_what_could_not_be_found_again_is_not_written(changes):
    with pytest.raises(ValueError, match=r"cell|line"):
        write_snapshot(small_content(**changes))


def test_keys_are_a_sequence():
    keys = _CellKeys(memoryview(b"a".ljust(CELL_SIZE_MAX, b"\0") + b"b" * CELL_SIZE_MAX))
    assert len(keys) == 2
    assert keys[0].rstrip(b"\0") == b"a"
    assert keys[1] == b"b" * CELL_SIZE_MAX
