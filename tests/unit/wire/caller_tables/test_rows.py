"""What both tables of callers have in common, seen at the one of cells."""

from tests.support.plans import TERRITORY
from tests.support.workbooks import make_ods, make_xlsx

from route112.wire.caller_tables.cells import parse_cells
from route112.wire.caller_tables.rows import HEADER_ROWS_MAX


def parse(content, file="operators/x/cells.csv"):
    return parse_cells(content, file=file, territory=TERRITORY)


def codes(content):
    return [problem.code for problem in parse(content)[1]]


def test_a_header_may_have_a_title_above_and_columns_beside():
    table, problems = parse(b"Cells of X\n\nnote,cell_id,code_insee\nold,a,29019\n,,\n,b,29103\n")
    assert problems == ()
    assert list(table.cells) == ["a", "b"]
    assert parse(b"\n" * (HEADER_ROWS_MAX - 1) + b"cell,commune\na,29019\n")[1] == ()
    assert codes(b"\n" * HEADER_ROWS_MAX + b"cell,commune\na,29019\n") == ["no-table"]


def test_what_is_no_table_is_refused():
    assert codes(b"") == ["no-table"]
    assert codes(b"cell\na\n") == ["no-table"]
    assert codes(b"cell,commune\n") == ["no-rows"]
    assert codes(b"\0") == ["nul-character"]


def test_workbooks_are_read_sheet_by_sheet():
    rows = [["cell", "insee"], ["a", "29019"]]
    more = [["cell", "insee"], ["b", "29103"]]
    for name, make in (("cells.ods", make_ods), ("cells.xlsx", make_xlsx)):
        content = make({"one": rows, "two": more, "notes": [["nothing"]]})
        table, problems = parse(content, f"operators/x/{name}")
        assert problems == ()
        assert list(table.cells) == ["a", "b"]


def test_a_row_may_be_shorter_than_its_header():
    assert codes(b"cell,commune,weight\na\n") == ["cell-unknown-commune"]


def test_every_wrong_row_is_told_and_a_lost_zero_once():
    content = b"cell,commune\na,x\nb,y\nc,29019\n"
    assert [(p.code, p.row) for p in parse(content)[1]] == [
        ("cell-unknown-commune", 2),
        ("cell-unknown-commune", 3),
    ]
