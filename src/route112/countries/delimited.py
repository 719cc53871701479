"""Delimited text in the separators and encodings that spreadsheets leave behind."""

import csv
import io

from route112.countries.sheets import Cell, Sheet

MOJIBAKE = "mojibake"
"""Encoding name for UTF-8 that was once read as Windows-1252 and saved again as UTF-8."""


def write_delimited(sheet: Sheet, *, separator: str = ";", encoding: str = "utf-8") -> bytes:
    """
    Write one sheet with Windows line ends, quoting only where needed.

    `encoding` is a codec of Python (`utf-8`, `utf-8-sig`, `cp1252`, `latin-1`) or MOJIBAKE.

    Raises: UnicodeEncodeError where the encoding lacks a character of the sheet.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerows([_text(cell) for cell in row] for row in sheet.rows)
    rendered = text.getvalue()
    if encoding == MOJIBAKE:
        return garble(rendered).encode()
    return rendered.encode(encoding)


def garble(text: str) -> str:
    """
    Return what Windows-1252 shows of the UTF-8 bytes of `text`: `é` becomes `Ã©`.

    Raises: UnicodeDecodeError for the five bytes that Windows-1252 leaves undefined.
    """
    return text.encode().decode("cp1252")


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)
