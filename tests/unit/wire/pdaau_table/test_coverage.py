import pytest
from tests.support.workbooks import make_profile, make_territory

from route112.wire.pdaau_table.coverage import check_coverage, list_named_departements
from route112.wire.pdaau_table.keys import FirstRow
from route112.wire.problems import ProblemList


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("pdaau/PDAAU_29.ods", ["29"]),
        ("pdaau-2a-v3.csv", ["2A"]),
        ("29/PDAAU.csv", []),
        ("Plan 971 diffusion.xlsx", ["971"]),
        ("2026-01-pdaau-29.ods", ["01", "29"]),
        ("PDAAU29.ods", []),
        ("PDAAU_01-11-2026.csv", []),
        ("2026-11-01 PDAAU 29.csv", ["29"]),
        ("PDAAU_29_01.11.2026.csv", ["29"]),
        ("29", ["29"]),
    ],
)
def test_departements_in_a_name(file, named):
    assert list_named_departements(file, make_profile()) == named


def check(communes, named):
    problems = ProblemList("a.csv")
    rows = [FirstRow("S", number + 2, "insee", code) for number, code in enumerate(communes)]
    code = check_coverage(
        communes, rows, named=named, territory=make_territory(), problems=problems
    )
    return code, [str(problem) for problem in problems.finish()]


def test_the_name_and_the_rows_agree():
    assert check(["29019"], ["29"]) == ("29", [])
    assert check(["29019"], ["01", "29"]) == ("29", [])


def test_a_name_without_a_departement():
    assert check(["29019", "29232", "01004"][:2], []) == (
        "29",
        [
            (
                "warning: a.csv: the file's name holds no code of a departement; by its rows it is"
                " taken for 29. Name the file so that it holds the code, for example PDAAU_29."
            )
        ],
    )
    assert check([], []) == ("", [])
    assert check([], ["29"]) == ("29", [])


def test_the_table_of_another_departement():
    assert check(["29019", "29232", "01004"], ["01"]) == (
        "01",
        [
            (
                "error: a.csv: the file is not what its name says: it is named for departement 01,"
                " but most of its communes lie in 29. Deliver the table of the departement that the"
                " name says, or correct the name."
            )
        ],
    )


def test_a_commune_of_another_departement():
    assert check(["29019", "29232", "01004"], ["29"]) == (
        "29",
        [
            (
                "error: a.csv:S:4 insee '01004': commune 01004 lies in departement 01, but the file"
                " is of 29. Remove the row; the other departement's own file says where its calls go."
            )
        ],
    )
