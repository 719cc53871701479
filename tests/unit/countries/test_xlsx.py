import io
import zipfile

from python_calamine import CalamineWorkbook

from route112.countries.sheets import Sheet
from route112.countries.xlsx import write_xlsx

SHEETS = (
    Sheet("PDAAU", (("Code INSEE", "Commune"), (" 01004", "=Étang"), (), (1004, None))),
    Sheet("Notes", (("https://example.test",),)),
)


def test_cells_come_back_as_they_were_written():
    book = CalamineWorkbook.from_filelike(io.BytesIO(write_xlsx(SHEETS)))

    assert book.sheet_names == ["PDAAU", "Notes"]
    assert book.get_sheet_by_name("PDAAU").to_python(skip_empty_area=False) == [
        ["Code INSEE", "Commune"],
        [" 01004", "=Étang"],
        ["", ""],
        [1004.0, ""],
    ]


def test_equal_sheets_give_equal_bytes():
    assert write_xlsx(SHEETS) == write_xlsx(SHEETS)


def test_the_date_of_creation_is_fixed():
    with zipfile.ZipFile(io.BytesIO(write_xlsx(SHEETS))) as archive:
        assert b"2026-10-01T08:00:00Z" in archive.read("docProps/core.xml")
