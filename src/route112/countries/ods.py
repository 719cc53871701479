"""
ODS workbooks as zip and XML text: a table needs no document tree.

Only what a table needs is written: text and number cells, and at the end of each sheet the empty
rows repeated to the sheet's full height that LibreOffice writes too, which readers must not
unfold in memory. The mimetype stands first and uncompressed, so that the format can be told from
the file's first bytes.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from route112.countries.sheets import Cell, Sheet

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
SHEET_ROWS = 1_048_576
"""Rows of a sheet in LibreOffice."""
SHEET_COLUMNS = 1_024
"""Columns of a sheet in LibreOffice before version 7.4."""
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip can name."""

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<office:document-content"
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' office:version="1.3"><office:body><office:spreadsheet>'
)
_TAIL = "</office:spreadsheet></office:body></office:document-content>\n"
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    ' manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIMETYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>\n"
)
_SPACES = re.compile(r"(?:^ +| {2,}| +$)")


def write_ods(sheets: Sequence[Sheet]) -> bytes:
    """Write a workbook; text stays text, numbers stay numbers."""
    content = "".join((_HEAD, *(_render_sheet(sheet) for sheet in sheets), _TAIL))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        _add(archive, "mimetype", MIMETYPE, zipfile.ZIP_STORED)
        _add(archive, "META-INF/manifest.xml", _MANIFEST, zipfile.ZIP_DEFLATED)
        _add(archive, "content.xml", content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str, method: int) -> None:
    entry = zipfile.ZipInfo(name, ZIP_DATE)
    entry.compress_type = method
    archive.writestr(entry, text.encode())


def _render_sheet(sheet: Sheet) -> str:
    rendered: dict[Cell, str] = {}

    def render(cell: Cell) -> str:
        if cell not in rendered:
            rendered[cell] = _render_cell(cell)
        return rendered[cell]

    rows = [
        f"<table:table-row>{''.join(map(render, row))}</table:table-row>" for row in sheet.rows
    ]
    left = SHEET_ROWS - len(sheet.rows)
    return (
        f"<table:table table:name={quoteattr(sheet.name)}>"
        f"{''.join(rows)}"
        f'<table:table-row table:number-rows-repeated="{left}">'
        f'<table:table-cell table:number-columns-repeated="{SHEET_COLUMNS}"/>'
        "</table:table-row></table:table>"
    )


def _render_cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, str):
        text = _SPACES.sub(lambda found: f'<text:s text:c="{len(found[0])}"/>', escape(cell))
        return (
            '<table:table-cell office:value-type="string">'
            f"<text:p>{text}</text:p></table:table-cell>"
        )
    return (
        f'<table:table-cell office:value-type="float" office:value="{cell}">'
        f"<text:p>{cell}</text:p></table:table-cell>"
    )
