import pytest

from route112.wire.spreadsheets import ods_survey
from route112.wire.spreadsheets.merged import MergedCell, MergedCells
from route112.wire.spreadsheets.ods_survey import survey_ods
from route112.wire.spreadsheets.refusal import CELLS_MAX, SHEETS_MAX, TableError
from route112.wire.spreadsheets.survey import CellBudget

DAMAGED = (
    "error: a: the workbook's content is damaged. Open it in LibreOffice or Excel and save it"
    " again."
)
CELL = '<table:table-cell office:value-type="string"{}><text:p>a</text:p></table:table-cell>'


def ods(*tables):
    budget = CellBudget("a")
    xml = "".join(f"<table:table>{table}</table:table>" for table in tables)
    document = f"<office:spreadsheet>{xml}</office:spreadsheet>".encode()
    changed = survey_ods(document, budget=budget, merged=MergedCells("a"))
    return changed.decode(), CELLS_MAX - budget.cells_left


def row(*cells, repeated=1):
    return (
        f'<table:table-row table:number-rows-repeated="{repeated}">'
        + "".join(cells)
        + "</table:table-row>"
    )


def cell(repeated=1):
    return CELL.format(f' table:number-columns-repeated="{repeated}"')


def refusal(call):
    with pytest.raises(TableError) as caught:
        call()
    return str(caught.value.problem)


@pytest.mark.parametrize(
    ("table", "cells"),
    [
        ("", 0),
        (row(cell(), cell()), 2),
        (row(cell(3), repeated=4), 12),
        (row("<table:table-cell/>", repeated=9) + row(cell()), 10),
        (row(cell(), '<table:table-cell table:number-columns-repeated="16383"/>'), 1),
        (row(cell()) + row("<table:table-cell/>", repeated=1048575), 1),
        (row("<table:covered-table-cell/>", cell()), 2),
    ],
)
def test_repetitions_are_counted_where_they_hold_something(table, cells):
    assert ods(table)[1] == cells


def test_tables_are_counted_together_but_measured_apart():
    assert ods(row(cell(3), repeated=4), row(cell()))[1] == 13


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            row(cell(), repeated=1048576),
            "a sheet has cells down to row 1,048,576, at most 600,000 rows are read",
        ),
        (
            row("<table:table-cell/>", repeated=1048575) + row(cell()),
            "a sheet has cells down to row 1,048,576, at most 600,000 rows are read",
        ),
        (row(cell(16384)), "a sheet has 16,384 columns, at most 200 are read"),
        (
            row("<table:table-cell office:value=''/>" * 11, repeated=200000),
            "the file has more than 2,000,000 cells",
        ),
    ],
)
def test_repetitions_that_would_fill_the_memory(table, message):
    assert message in refusal(lambda: ods(table))


@pytest.mark.parametrize(
    "table",
    [
        row(cell(-1)),
        row(cell(0)),
        row(cell("99999999999999999999")),
        row(cell("٣")),
        row(cell("1e3")),
        "<table:table></table:table>",
    ],
)
def test_repetitions_and_nestings_that_no_program_writes(table):
    assert refusal(lambda: ods(table)) == DAMAGED


def test_many_sheets():
    assert ods(*[""] * SHEETS_MAX)
    assert f"the workbook has more than {SHEETS_MAX} sheets" in refusal(
        lambda: ods(*[""] * (SHEETS_MAX + 1))
    )


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (
            b'<c office:value-type="float" office:value="0" calcext:value-type="error">',
            b'<c office:value-type="string">',
        ),
        (
            b"<c office:value-type='string' office:string-value='a>b' table:formula='x'/>",
            b'<c table:formula=\'x\' office:value-type="string" office:string-value="#ERROR"/>',
        ),
    ],
)
def test_an_ods_error_cell_is_read_from_its_paragraph(tag, expected):
    assert ods_survey._as_text_cell(tag) == expected


@pytest.mark.parametrize(
    "attribute",
    ['office:string-value="a"', 'office:boolean-value="true"', 'table:formula="of:=A1"'],
)
def test_cells_that_hold_something_without_a_type_count_too(attribute):
    held = f'<table:table-cell {attribute} table:number-columns-repeated="9"/>'
    assert ods(row(held))[1] == 9


def test_text_counts_as_often_as_it_is_repeated():
    wide = cell(200).replace(">a<", f">{'x' * 2_000}<")
    assert ods(row(wide, repeated=100))
    assert refusal(lambda: ods(row(wide, repeated=1_000))) == (
        "error: a: the cells repeat more than 128 MiB of text."
        " Remove everything but the table, then save it again."
    )


def test_spaces_that_a_few_bytes_stand_for():
    spaces = CELL.format("").replace(">a<", '>a<text:s text:c="2000"/>b<')
    assert ods(row(spaces))[1] == 1
    assert refusal(lambda: ods(row(spaces.replace("2000", "2001")))) == DAMAGED
    assert "repeat more than 128 MiB" in refusal(
        lambda: ods(row(spaces.replace("<text:s", '<text:s text:c="2000"/>' * 70_000 + "<text:s")))
    )


def test_merged_cells_are_noted():
    merged = MergedCells("a")
    spanned = CELL.format(' table:number-columns-spanned="2" table:number-rows-spanned="1"')
    alone = CELL.format(' table:number-columns-spanned="1" table:number-rows-spanned="1"')
    covered = CELL.format("").replace("table-cell", "covered-table-cell")
    xml = "<a>" + "".join(
        f"<table:table>{table}</table:table>"
        for table in (
            row(CELL.format("")),
            row(alone, repeated=3) + row(spanned, "<table:covered-table-cell/>"),
            row(CELL.format(' table:number-rows-spanned="2"')) + row(covered),
        )
    )
    survey_ods(f"{xml}</a>".encode(), budget=CellBudget("a"), merged=merged)
    assert [merged.get(sheet) for sheet in range(3)] == [
        (),
        (MergedCell(4, 0),),
        (MergedCell(1, 0), MergedCell(2, 0, is_hidden=True)),
    ]
