import io
import zipfile

from python_calamine import CalamineWorkbook

from route112.countries.ods import MIMETYPE, SHEET_ROWS, write_ods
from route112.countries.sheets import Sheet

SHEETS = (
    Sheet("PDAAU", (("Code INSEE", "Commune"), (" 01004", "L'Étang & <Fils>"), (), (1004, None))),
    Sheet("Notes", (("a  b ",),)),
)


def read(content, sheet):
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def test_cells_come_back_as_they_were_written():
    content = write_ods(SHEETS)

    assert read(content, "PDAAU") == [
        ["Code INSEE", "Commune"],
        [" 01004", "L'Étang & <Fils>"],
        ["", ""],
        [1004.0, ""],
    ]
    assert read(content, "Notes") == [["a  b "]]


def test_equal_sheets_give_equal_bytes():
    assert write_ods(SHEETS) == write_ods(SHEETS)


def test_the_mimetype_stands_first_and_uncompressed():
    with zipfile.ZipFile(io.BytesIO(write_ods(SHEETS))) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype").decode() == MIMETYPE


def test_a_sheet_ends_with_the_empty_rows_that_spreadsheets_repeat():
    with zipfile.ZipFile(io.BytesIO(write_ods(SHEETS))) as archive:
        content = archive.read("content.xml").decode()

    assert f'table:number-rows-repeated="{SHEET_ROWS - 4}"' in content
