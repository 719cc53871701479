import pytest

from route112.wire.spreadsheets import csv_text
from route112.wire.spreadsheets.csv_text import find_separator, read_csv
from route112.wire.spreadsheets.refusal import CELL_CHARS_MAX, COLUMNS_MAX, TableError


def refusal(text):
    with pytest.raises(TableError) as caught:
        read_csv(text, file="a.csv")
    return str(caught.value.problem)


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("insee;15\n29019;0\n", ";"),
        ("insee,15\n29019,0\n", ","),
        ("insee\t15\n", "\t"),
        ("insee|15\n", "|"),
        ('insee;15;zone\n1;2;"POLYGON((1 1, 2 2, 3 1, 1 1))"\n3;4;\n', ";"),
        ("Plan, version 2, du 3\n\ninsee;15;17\n1;2;3\n4;5;6\n", ";"),
        ("insee,rues\n1,rues: A; B; C; D\n2,\n", ","),
        (
            "insee;n;zone\n1;2;POLYGON((1 1, 2 2, 3 1, 1 1))\n3;4;POLYGON((1 1, 2 2, 3 1, 1 1))\n",
            ";",
        ),
        ("insee:15\n29019:0\n", ":"),
        ("insee,heures\n1,08:00-12:00 14:00-18:00\n", ","),
        ("sep=,\na;b;c,d\n", ","),
        ("", ";"),
        ("x\n", ";"),
        ("a;" * 5 + "\n" + "x" * 200_000, ";"),
    ],
)
def test_the_separator_is_told_from_the_text(text, separator):
    assert find_separator(text) == separator


def test_rows_are_those_of_a_spreadsheet():
    text = 'a; b \r\n\r\n"two\nlines";"say ""x"""\rlast;1'
    assert read_csv(text, file="a.csv") == (
        ("a", "b"), (), ("two\nlines", 'say "x"'), ("last", "1")
    )  # fmt: skip


@pytest.mark.parametrize("text", ['a;b\nc;"d\ne;f\n', 'a;b\n"c"d;e\n'])
def test_quotation_marks_that_do_not_match(text):
    assert refusal(text) == (
        "error: a.csv:2: a quotation mark opens here or just below and is not closed as it"
        " should be. Write quotation marks around the whole cell, and double those inside it."
    )


def test_wide_rows():
    assert len(read_csv(";" * (COLUMNS_MAX - 1), file="a.csv")[0]) == COLUMNS_MAX
    assert refusal("a;b\n" + ";" * COLUMNS_MAX) == (
        "error: a.csv:2: the row has 201 columns, at most 200 are read."
        " Remove everything but the table, then save it again."
    )


def test_long_cells():
    assert read_csv("a;" + "x" * CELL_CHARS_MAX, file="a.csv")
    assert "a cell holds 2,001 characters, at most 2,000 are read" in refusal(
        "a;" + "x" * (CELL_CHARS_MAX + 1)
    )


def test_long_lines():
    assert refusal(";" * 400_001) == (
        "error: a.csv:1: a line holds 400,001 characters, at most 400,000 are read."
        " Remove everything but the table, then save it again."
    )


def test_many_rows_and_cells(monkeypatch):
    monkeypatch.setattr(csv_text, "ROWS_MAX", 3)
    assert len(read_csv("a\n" * 3, file="a.csv")) == 3
    assert "more than 3 rows" in refusal("a\n" * 4)
    monkeypatch.setattr(csv_text, "CELLS_MAX", 5)
    assert "or 5 cells" in refusal("a;b;c\nd;e;f\n")


def test_a_cell_with_nul():
    assert "NUL character" in refusal("a;b\0")
