import pytest
from tests.support.workbooks import make_profile

from route112.wire.pdaau_table.headers import find_header
from route112.wire.pdaau_table.line import Line
from route112.wire.pdaau_table.occurrences import Occurrences
from route112.wire.pdaau_table.unread import UnreadColumns
from route112.wire.problems import ProblemList
from route112.wire.tables import Sheet

PROFILE = make_profile()
A, B = "02 61 91 00 15", "02 61 91 00 16"


def look(*rows):
    header = find_header(Sheet("S", rows), PROFILE)
    notes = Occurrences()
    unread = UnreadColumns(header, PROFILE, notes)
    for number, cells in enumerate(rows[1:], 2):
        unread.look(Line(header, "S", 0, number, cells))
    problems = ProblemList("a")
    notes.tell(problems)
    return [str(problem) for problem in problems.finish()]


def told(severity, column, row=2):
    return (
        f"{severity}: a:S:{row} {column} '{B}': the column holds long numbers, but its title does"
        " not say what they are for. Name it like `15` or `15 secours` if calls go there, else"
        " remove the column."
    )


@pytest.mark.parametrize(
    "title", ["Secours SAMU", "", "0.18", "17%", "Renvoi", "secours", "15 nuit"]
)
def test_long_numbers_under_a_doubtful_title_refuse_the_file(title):
    rows = (("insee", "15", title), ("29019", A, B), ("29232", A, B))
    assert look(*rows) == [told("error", title or "column 3")]


def test_long_numbers_right_of_the_header_refuse_the_file():
    assert look(("insee", "15"), ("29019", A), ("29019", A, "", B)) == [
        told("error", "column 4", row=3)
    ]


def test_long_numbers_under_another_title_are_a_warning():
    assert look(("insee", "15", "Mairie"), ("29019", A, "-"), ("29019", A, B)) == [
        told("warning", "Mairie", row=3)
    ]


def test_anything_else_is_nobodys_business():
    rows = (("insee", "15", "Notes", ""), ("29019", A, "ouvert 24h/24", "12345678901"))
    assert look(*rows) == []
