import pytest
from tests.support.snapshots import small_content

from route112.redirect.book import read_book
from route112.redirect.callers import find_caller
from route112.redirect.origin import Spoken
from route112.snapshot.writer import write_snapshot

BRUYERE, GENET = read_book(write_snapshot(small_content())).operators


@pytest.mark.parametrize(
    ("cell", "line", "commune"),
    [
        ("208-01-0A", "331", 0),
        ("x", "331", 4),
        ("", "+3312", 4),
        ("", "0033298455" + "0" * 3, 3),
        ("", "3329845", 2),
        ("", "0298", 1),
        ("", "00", None),
        ("", "+", None),
        ("", "33x", None),
        ("", "9" * 17, None),
        ("", "", None),
    ],
)
def test_the_cell_counts_then_the_longest_beginning_of_the_line(cell, line, commune):
    assert find_caller(BRUYERE, Spoken("15", "", cell=cell, line=line)) == commune


def test_each_operator_has_its_own():
    assert find_caller(GENET, Spoken("15", "", cell="208-01-0a", line="331")) == 3
    assert find_caller(GENET, Spoken("15", "", line="331")) is None
    assert (BRUYERE.line_lengths, GENET.line_lengths) == ((8, 6, 5, 4, 3, 1), ())
