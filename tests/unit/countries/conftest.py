"""The demo country, built and rendered once for all tests of this folder."""

import csv
import io
from functools import cache

import pytest
from python_calamine import CalamineWorkbook

from route112.countries.fr import build_demo
from route112.countries.fr.quirks import list_styles


@pytest.fixture(scope="session")
def demo():
    return build_demo()


@pytest.fixture(scope="session")
def intent(demo):
    return demo.intent


@pytest.fixture(scope="session")
def rendered(demo):
    return dict(demo.render_files())


@pytest.fixture(scope="session")
def styles(demo):
    return {style.key: style for style in list_styles(demo.intent.ground)}


def read_workbook(content):
    """Return {sheet: rows as calamine gives them}."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


@pytest.fixture(scope="session")
def read_table(rendered):
    """Give the rows of a plan file as text, title and header rows included, mojibake as it is."""

    @cache
    def read(style):
        content = rendered[style.file]
        if style.format != "csv":
            sheets = read_workbook(content)
            rows = next(rows for name, rows in sheets.items() if name.startswith("PDAAU "))
            return [[show(cell) for cell in row] for row in rows]
        encoding = "utf-8" if style.encoding == "mojibake" else style.encoding
        text = content.decode(encoding)
        return list(csv.reader(io.StringIO(text), delimiter=style.separator))

    return read


def show(cell):
    return str(int(cell)) if isinstance(cell, float) else str(cell)
