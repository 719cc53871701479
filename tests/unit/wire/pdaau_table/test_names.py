import pytest
from tests.support.workbooks import make_profile, make_territory

from route112.wire.pdaau_table.headers import find_header
from route112.wire.pdaau_table.line import Line
from route112.wire.pdaau_table.names import NameCheck, is_same_name
from route112.wire.pdaau_table.occurrences import Occurrences
from route112.wire.problems import ProblemList
from route112.wire.tables import Sheet

HEAD = ("insee", "commune", "15")
HEADER = find_header(Sheet("S", (HEAD,)), make_profile())


def look(*rows):
    notes = Occurrences()
    names = NameCheck(make_territory(), notes)
    for number, (code, name) in enumerate(rows, 2):
        names.look(Line(HEADER, "S", 0, number, (code, name, "")), code)
    names.finish()
    problems = ProblemList("a")
    notes.tell(problems)
    return [str(problem) for problem in problems.finish()]


DIFFERS = (
    "warning: a:S:2 commune 'Quimper': commune 29019 is Brest, but the row gives another name{}."
    " Check that code and name belong together."
)


def test_names_that_belong_to_their_codes():
    assert look(
        ("29019", "BREST"), ("29019", ""), ("29030", "Anything"), ("75101", "Paris"),
        ("75101", "PARIS 01"), ("01004", "Amberieu en Bugey"), ("01004", "Ambérieu-en-B"),
    ) == []  # fmt: skip


def test_a_name_that_differs_is_a_warning():
    assert look(("29019", "Quimper"), ("29232", "Quimper"), ("29151", "Morlaix")) == [
        DIFFERS.format("")
    ]


def test_words_that_name_no_commune_never_refuse_a_file():
    told = look(("29019", "SAMU"), ("29232", "SAMU"))
    assert [line.split(":")[0] for line in told] == ["warning"]


def test_codes_and_names_out_of_step_refuse_the_file():
    assert look(("29019", "Quimper"), ("29232", "Brest"), ("29019", "Quimper")) == [
        DIFFERS.format(" (so in 2 cells, of which this is the first)"),
        (
            "error: a:S:2 commune: 2 of 2 communes have the name of another commune beside their"
            " code, here first. Put codes and names together again: a column was sorted or moved"
            " alone."
        ),
    ]
    assert look(("29019", "29232"))[1].startswith("error")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("St-Malo", "SAINT MALO", True),
        ("Ste Marie", "Sainte-Marie", True),
        ("Le Havre", "Havre (Le)", True),
        ("Schœlcher", "Schoelcher", True),
        ("Brest", "Brest ville", True),
        ("Paris 1er Arrondissement", "Paris", True),
        ("L'Île-d'Yeu", "Ile d Yeu", True),
        ("Brest", "Quimper", False),
        ("Bresse", "Brest", False),
        ("12", "Brest", True),
    ],
)
def test_spellings_of_a_name(first, second, same):
    assert is_same_name(first, second) is same
