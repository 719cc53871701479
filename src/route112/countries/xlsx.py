"""XLSX workbooks with a fixed date of creation, so that equal sheets give equal bytes."""

import datetime as dt
import io
from collections.abc import Sequence

import xlsxwriter

from route112.countries.sheets import Sheet

CREATED = dt.datetime(2026, 10, 1, 8, 0, 0)  # noqa: DTZ001 - the library writes it as UTC
"""Date of creation that every workbook carries."""


def write_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Write a workbook; text stays text, numbers stay numbers."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": CREATED, "author": "route112 demo country"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for at, row in enumerate(sheet.rows):
            for column, cell in enumerate(row):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, str):
                    page.write_string(at, column, cell)
                else:
                    page.write_number(at, column, cell)
    book.close()
    return out.getvalue()
