import pytest
from tests.support.workbooks import make_csv, make_ods, make_raw_ods, make_xlsx, make_zip

from route112.wire import tables
from route112.wire.tables import Sheet, TableError, read_sheets

ROWS = [["Plan"], [], ["insee", "15"], ["29019", "02 61 91 00 15"]]
TEXT = (("Plan",), (), ("insee", "15"), ("29019", "02 61 91 00 15"))


def refusal(content, file):
    with pytest.raises(TableError) as caught:
        read_sheets(content, file=file)
    return str(caught.value.problem)


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_with_any_separator_and_encoding(separator, encoding):
    content = make_csv(ROWS, separator=separator, encoding=encoding)
    assert read_sheets(content, file="a.csv") == (Sheet("", TEXT),)


@pytest.mark.parametrize(("make", "file"), [(make_xlsx, "a.xlsx"), (make_ods, "A.ODS")])
def test_workbooks_keep_leading_and_empty_rows(make, file):
    sheets = read_sheets(make({"Notes": [["x"]], "T": [[], *ROWS]}), file=file)
    assert [sheet.name for sheet in sheets] == ["Notes", "T"]
    rows = [tuple(cell for cell in row if cell) for row in sheets[1].rows]
    assert rows == [(), ("Plan",), (), ("insee", "15"), ("29019", "02 61 91 00 15")]


def test_damaged_accents_are_restored_and_reported_with_their_row():
    damaged = "numéro".encode().decode("cp1252")
    (sheet,) = read_sheets(make_csv([["a", "b"], [damaged, "x"]]), file="a.csv")
    assert sheet.rows[1][0] == "numéro"
    assert [str(problem) for problem in sheet.problems] == [
        (
            "repair: a.csv:2: accented letters were damaged on the way, here first, and have been"
            " restored. Export the table again in UTF-8."
        )
    ]
    (sheet,) = read_sheets(make_xlsx({"S": [["a"], [damaged], ["n"]]}), file="a.xlsx")
    assert sheet.rows == (("a",), ("numéro",), ("n",))
    assert (sheet.problems[0].sheet, sheet.problems[0].row) == ("S", 2)


def test_the_name_tells_the_kind():
    assert refusal(b"a", "plan.doc") == (
        "error: plan.doc: the name does not end in .csv, .ods or .xlsx."
        " Save the table as .ods, .xlsx or .csv."
    )


WRONG = [
    (make_csv(ROWS), "a.ods", "plain text"),
    (make_csv(ROWS), "a.xlsx", "plain text"),
    (b"", "a.xlsx", "empty"),
    (b"\0\0\0", "a.xlsx", "not a text"),
    (make_ods({"T": ROWS}), "a.xlsx", "an ODS workbook"),
    (make_xlsx({"T": ROWS}), "a.ods", "an Excel workbook"),
    (make_zip({"a.txt": "x"}), "a.ods", "a zip file"),
    (make_xlsx({"T": ROWS}), "a.csv", "a workbook or another zip file"),
    (b"\xd0\xcf\x11\xe0....", "a.xlsx", "an old Excel workbook (.xls)"),
    (b"\xd0\xcf\x11\xe0....", "a.csv", "an old Excel workbook (.xls)"),
    (b"%PDF-1.7", "a.csv", "a PDF"),
    (b" <!doctype html>", "a.csv", "a web page"),
]


@pytest.mark.parametrize(("content", "file", "kind"), WRONG)
def test_a_file_that_is_not_what_its_name_says(content, file, kind):
    extension = file[1:]
    assert refusal(content, file) == (
        f"error: {file}: the file is not what its name says: it ends in {extension} but is {kind}"
        f" inside. Open it in LibreOffice or Excel and save it as {extension}."
    )


def test_nul_characters():
    assert refusal(b"insee;15\n29019;\0\n", "a.csv") == (
        "error: a.csv: the file holds NUL characters, so it is damaged or not a table of text."
        " Export the table again as CSV in UTF-8."
    )
    nul = '<table:table table:name="S"><table:table-row><table:table-cell '
    nul += 'office:value-type="string"><text:p>a\0b</text:p></table:table-cell></table:table-row>'
    assert "damaged" in refusal(make_raw_ods(nul + "</table:table>"), "a.ods")


def test_the_size_of_a_file(monkeypatch):
    monkeypatch.setattr(tables, "FILE_BYTES_MAX", 10)
    assert refusal(b"x" * 11, "a.csv") == (
        "error: a.csv: the file has 11 bytes, at most 10 are read."
        " Remove everything but the table, then save it again."
    )


def test_an_empty_text_is_a_table_without_rows():
    assert read_sheets(b"", file="a.csv") == (Sheet("", ()),)
