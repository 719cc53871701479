import datetime as dt
import io

import pytest
import python_calamine
import xlsxwriter
from tests.support.workbooks import make_ods, make_raw_ods, make_raw_xlsx, make_xlsx

from route112.wire.spreadsheets.merged import MergedCell
from route112.wire.spreadsheets.refusal import CELL_CHARS_MAX, TableError
from route112.wire.spreadsheets.workbook import read_workbook

DAMAGED = (
    "error: a: the workbook's content is damaged. Open it in LibreOffice or Excel and save it"
    " again."
)


def read(content, *, is_ods):
    sheets = read_workbook(content, file="a", is_ods=is_ods)
    return [(name, rows) for name, rows, _ in sheets]


def refusal(content, *, is_ods):
    with pytest.raises(TableError) as caught:
        read(content, is_ods=is_ods)
    return str(caught.value.problem)


def test_numbers_keep_all_digits_and_gain_none():
    cells = [1004, 1004.0, 261910015.0, 33199001234.0, 0.5, "1004.0", " 02 61 "]
    expected = ("1004", "1004", "261910015", "33199001234", "0.5", "1004.0", "02 61")
    assert read(make_xlsx({"S": [cells]}), is_ods=False) == [("S", (expected,))]
    assert read(make_ods({"S": [cells]}), is_ods=True) == [("S", (expected,))]


def test_formula_errors_are_seen():
    assert read(make_xlsx({"S": [["a", "=NA()|#N/A"]]}), is_ods=False)[0][1] == (("a", "#N/A"),)
    assert read(make_ods({"S": [["a", "#DIV/0!", "b"]]}), is_ods=True)[0][1] == (
        ("a", "#DIV/0!", "b"),
    )


def ods_row(cells):
    return make_raw_ods(
        '<table:table table:name="S"><table:table-row>'
        + cells
        + "</table:table-row></table:table>"
    )


def test_dates_times_and_truths_are_told_as_text():
    cells = (
        '<table:table-cell office:value-type="date" office:date-value="2026-01-02"/>'
        '<table:table-cell office:value-type="date" office:date-value="2026-01-02T08:30:00"/>'
        '<table:table-cell office:value-type="time" office:time-value="PT08H00M00S"/>'
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        '<table:table-cell office:value-type="boolean" office:boolean-value="false"/>'
    )
    assert read(ods_row(cells), is_ods=True)[0][1] == (
        ("2026-01-02", "2026-01-02 08:30:00", "08:00", "TRUE", "FALSE"),
    )
    dated = make_xlsx({"S": [[dt.date(2026, 1, 2), dt.timedelta(hours=30)]]})
    assert read(dated, is_ods=False)[0][1] == (("46024", "1.25"),)


def test_merged_cells_hold_their_value_in_the_first_row_only():
    sheet = '<row r="1"><c r="A1" t="inlineStr"><is><t>29019</t></is></c></row><row r="2"/>'
    sheet += '<row r="3"><c r="B3"><v>1</v></c></row>'
    assert read(make_raw_xlsx(sheet), is_ods=False)[0][1] == (("29019", ""), ("", ""), ("", "1"))


@pytest.mark.parametrize(
    "sheet",
    [
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        '<row r="1"><c r="A1" t="zz"><v>1</v></c></row>',
    ],
)
def test_what_the_library_cannot_read_is_a_problem(sheet):
    assert refusal(make_raw_xlsx(sheet), is_ods=False) == DAMAGED


def test_a_panic_of_the_library_is_a_problem(monkeypatch):
    class PanicError(BaseException):
        pass

    def panic(_):
        raise PanicError

    class Broken:
        from_filelike = panic

    monkeypatch.setattr(python_calamine, "CalamineWorkbook", Broken)
    assert refusal(make_ods({"S": [["a"]]}), is_ods=True) == DAMAGED


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, MemoryError])
def test_an_interruption_is_not_the_file_s_fault(monkeypatch, interruption):
    def interrupt(_):
        raise interruption

    class Broken:
        from_filelike = interrupt

    monkeypatch.setattr(python_calamine, "CalamineWorkbook", Broken)
    with pytest.raises(interruption):
        read(make_ods({"S": [["a"]]}), is_ods=True)


def test_the_last_cell_of_a_sheet_is_refused_before_anything_is_allocated():
    sheet = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'
    assert "down to row 1,048,576" in refusal(make_raw_xlsx(sheet), is_ods=False)


def test_a_gigantic_cell():
    assert read(make_ods({"S": [["x" * CELL_CHARS_MAX]]}), is_ods=True)
    assert refusal(make_ods({"S": [["a"], ["x" * (CELL_CHARS_MAX + 1)]]}), is_ods=True) == (
        f"error: a:S:2 '{'x' * 79}…': a cell holds 2,001 characters, at most 2,000 are read."
        " Remove everything but the table, then save it again."
    )


def test_a_workbook_with_a_password():
    locked = make_raw_ods("", **{"META-INF/manifest.xml": "<manifest:encryption-data/>"})
    assert refusal(locked, is_ods=True) == (
        "error: a: the workbook is protected by a password. Save it without a password."
    )


def test_entities_never_expand():
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]>'
    assert "document type" in refusal(make_raw_ods("&c;", prolog=bomb), is_ods=True)


def test_deep_nesting_neither_crashes_nor_hangs():
    deep = '<table:table-cell office:value-type="string"><text:p>'
    deep += "<text:span>" * 50_000 + "x" + "</text:span>" * 50_000 + "</text:p></table:table-cell>"
    read(ods_row(deep), is_ods=True)


def test_sheets_that_share_one_part_are_counted_each():
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheets = "".join(f'<sheet name="A{n}" sheetId="{n}" r:id="rId1"/>' for n in range(60))
    book = f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{sheets}</sheets></workbook>'
    content = make_raw_xlsx('<row r="1"><c r="A1"/></row>', **{"xl/workbook.xml": book})
    assert "the workbook has more than 50 sheets" in refusal(content, is_ods=False)


def test_sheets_without_cells_are_passed_over():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    chart = book.add_chart({"type": "line"})
    book.add_chartsheet("Chart").set_chart(chart)
    sheet = book.add_worksheet("S")
    sheet.write_string(0, 0, "a")
    sheet.merge_range(1, 0, 1, 1, "b")
    chart.add_series({"values": "=S!$A$1:$A$2"})
    book.close()
    ((name, rows, merged),) = read_workbook(buffer.getvalue(), file="a", is_ods=False)
    assert (name, rows) == ("S", (("a",), ("b",)))
    assert merged == (MergedCell(2, 0),)


def test_two_sheets_of_one_name_are_refused():
    table = '<table:table table:name="S"><table:table-row/></table:table>'
    assert refusal(make_raw_ods(table + table), is_ods=True) == (
        "error: a:S: two sheets have the same name. Rename one of the two sheets."
    )
