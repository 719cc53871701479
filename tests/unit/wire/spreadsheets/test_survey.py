import pytest

from route112.wire.spreadsheets import survey
from route112.wire.spreadsheets.refusal import CELLS_MAX, COLUMNS_MAX, SHEETS_MAX, TableError
from route112.wire.spreadsheets.survey import CellBudget, survey_ods, survey_xlsx_part

DAMAGED = (
    "error: a: the workbook's content is damaged. Open it in LibreOffice or Excel and save it"
    " again."
)
REMEDY = " Remove everything but the table, then save it again."
CELL = '<table:table-cell office:value-type="string"{}><text:p>a</text:p></table:table-cell>'


def xlsx(data):
    budget = CellBudget("a")
    changed = survey_xlsx_part(f"<worksheet>{data}</worksheet>".encode(), budget=budget)
    return changed.decode(), CELLS_MAX - budget.left


def ods(*tables):
    budget = CellBudget("a")
    xml = "".join(f"<table:table>{table}</table:table>" for table in tables)
    changed = survey_ods(f"<office:spreadsheet>{xml}</office:spreadsheet>".encode(), budget=budget)
    return changed.decode(), CELLS_MAX - budget.left


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
    ("data", "cells"),
    [
        ("", 0),
        ('<row r="1"><c r="A1"/><c r="B1"/></row>', 2),
        ('<row r="3"><c r="C3"/></row>', 9),
        ("<row><c/><c/></row><row><c/></row>", 4),
        ('<row r="5"><c r="b9"/></row>', 18),
        ('<x:row r="2"><x:c r="AA2"/></x:row>', 54),
        ('<row r="1"><c r="A1"/><c r="C1"/><c/></row>', 4),
    ],
)
def test_the_extent_of_a_sheet_is_what_its_references_say(data, cells):
    assert xlsx(data)[1] == cells


@pytest.mark.parametrize(
    "data",
    [
        '<row r="0"><c/></row>',
        '<row r="x"><c/></row>',
        '<row r="1"><c r="A0"/></row>',
        '<row r="1"><c r="AAAA1"/></row>',
        '<row r="1"><c r="A99999999"/></row>',
        '<row r="1">',
        "<row r=1/>",
    ],
)
def test_references_that_no_program_writes(data):
    assert refusal(lambda: xlsx(data)) == DAMAGED


def test_the_last_cell_of_a_sheet_does_not_make_a_billion():
    assert refusal(lambda: xlsx('<row r="1048576"><c r="XFD1048576"/></row>')) == (
        "error: a: a sheet has cells down to row 1,048,576, at most 200,000 rows are read."
        + REMEDY
    )
    assert refusal(lambda: xlsx('<row r="1"><c r="XFD1"/></row>')) == (
        f"error: a: a sheet has 16,384 columns, at most {COLUMNS_MAX} are read." + REMEDY
    )
    assert refusal(lambda: xlsx('<row r="200000"><c r="CV200000"/></row>')) == (
        "error: a: the file has more than 2,000,000 cells, empty ones included." + REMEDY
    )


def test_formula_errors_become_text_that_is_read():
    changed, _ = xlsx('<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c t = \'e\'/><c t="s"/></row>')
    assert changed.count('"str"') == 2
    assert 't="s"' in changed


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
            "a sheet has cells down to row 1,048,576, at most 200,000 rows are read",
        ),
        (
            row("<table:table-cell/>", repeated=1048575) + row(cell()),
            "a sheet has cells down to row 1,048,576, at most 200,000 rows are read",
        ),
        (row(cell(16384)), "a sheet has 16,384 columns, at most 200 are read"),
        (row(cell(200), repeated=200000), "the file has more than 2,000,000 cells"),
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
    assert survey._as_text_cell(tag) == expected


def test_document_types_are_refused_before_entities_exist():
    for prolog in ("<!DOCTYPE a>", '<!DOCTYPE a [<!ENTITY b "c">]>', '<!DOCTYPE a SYSTEM "x">'):
        xml = f"{prolog}<worksheet/>".encode()
        expected = (
            "error: a: the workbook contains a document type, which no spreadsheet program"
            " writes. Open it in LibreOffice or Excel and save it again."
        )
        assert refusal(lambda xml=xml: survey_xlsx_part(xml, budget=CellBudget("a"))) == expected


def test_other_encodings_do_not_hide_anything():
    xml = '<?xml version="1.0" encoding="utf-16"?><worksheet/>'.encode("utf-16")
    assert refusal(lambda: survey_xlsx_part(xml, budget=CellBudget("a"))) == DAMAGED


def test_depth_costs_nothing():
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    assert survey_xlsx_part(deep, budget=CellBudget("a")) == deep
