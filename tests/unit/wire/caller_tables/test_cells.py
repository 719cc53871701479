import pytest
from tests.support.plans import TERRITORY

from route112.wire.caller_tables import cells
from route112.wire.caller_tables.cells import CELL_CHARS_MAX, parse_cells

HEADER = "cell,commune,weight\n"


def parse(text):
    return parse_cells(text.encode(), file="operators/x/cells.csv", territory=TERRITORY)


def told(text):
    return [(problem.code, problem.row, problem.column) for problem in parse(text)[1]]


def test_a_cell_has_one_commune_or_several_with_weights():
    table, problems = parse(f"{HEADER}208-01-B,29019,1\n208-01-A,29019,30\n208-01-A,29103,70\n")
    assert problems == ()
    assert list(table.cells.items()) == [
        ("208-01-a", (("29103", 70_000), ("29019", 30_000))),
        ("208-01-b", (("29019", 1_000),)),
    ]


def test_the_lower_code_comes_first_of_equal_weights():
    table, _ = parse(f"{HEADER}a,29103,5\na,29019,5\n")
    assert [code for code, _ in table.cells["a"]] == ["29019", "29103"]


def test_french_headers_and_weights_with_commas_and_percent_are_read():
    table, problems = parse("Cellule;Code INSEE;Poids\nA;29019;0,4\nA;29103;60 %\nB;29019;\n")
    assert problems == ()
    assert table.cells["a"] == (("29103", 60_000), ("29019", 400))
    assert table.cells["b"] == (("29019", 1_000),), "a weight that nobody wrote is 1"


def test_merged_communes_are_those_of_today_with_their_weights_together():
    old, new = next(iter(TERRITORY.merged.items()))
    other = next(code for code in TERRITORY.communes if code not in (old, new))
    table, problems = parse(f"{HEADER}a,{old},30\na,{new},30\na,{other},50\n")
    assert problems == ()
    assert table.cells["a"] == ((new, 60_000), (other, 50_000))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",29019,1", ("no-cell", 2, "cell")),
        ("a b,29019,1", ("no-cell", 2, "cell")),
        ("a" * (CELL_CHARS_MAX + 1) + ",29019,1", ("no-cell", 2, "cell")),
        ("a,99999,1", ("cell-unknown-commune", 2, "commune")),
        ("a,,1", ("cell-unknown-commune", 2, "commune")),
        ("a,29019,0", ("bad-weight", 2, "weight")),
        ("a,29019,-1", ("bad-weight", 2, "weight")),
        ("a,29019,much", ("bad-weight", 2, "weight")),
        ("a,29019,1000001", ("bad-weight", 2, "weight")),
        ("a,29019,1\na,29019,2", ("cell-twice", 3, "cell")),
    ],
)
def test_a_wrong_row_refuses_the_table_and_is_named(row, problem):
    assert told(HEADER + row) == [problem]
    assert parse(HEADER + row)[0].cells == {}


def test_the_longest_identity_is_taken():
    assert parse(f"{HEADER}{'a' * CELL_CHARS_MAX},29019,1")[1] == ()


def test_there_is_a_limit_of_cells(monkeypatch):
    monkeypatch.setattr(cells, "CELLS_MAX", 2)
    assert parse(f"{HEADER}a,29019,1\nb,29019,1\nb,29103,1\n")[1] == ()
    assert told(f"{HEADER}a,29019,1\nb,29019,1\nc,29103,1\nd,29103,1\n") == [
        ("too-many-callers", 4, "cell")
    ]
