"""
What the XML of a workbook declares, measured before anything is allocated for it.

The walk is expat's, which needs no tree: document types are refused outright, so entities
cannot exist. Where the library that reads next would read otherwise than the file is meant, the
XML is edited on the way: comments and instructions go, marked sections become plain text, and
formula errors become text, because the library reads them as empty cells, or as 0.
"""

import re
from typing import Any, Callable
from xml.parsers import expat

from route112.wire.spreadsheets.refusal import (
    CELLS_MAX,
    COLUMNS_MAX,
    ROWS_MAX,
    SHEETS_MAX,
    TAGS_MAX,
    TEXT_BYTES_MAX,
    TableError,
    refuse,
    refuse_size,
)

_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_INSTRUCTION = re.compile(rb"<\?.*?\?>", re.DOTALL)
_MARKED = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)

Change = Callable[["re.Match[bytes]"], bytes]


def broken_xml(file: str) -> TableError:
    """Build the refusal of a workbook whose XML cannot be read."""
    return refuse(
        "broken-workbook",
        "the workbook's content is damaged",
        "Open it in LibreOffice or Excel and save it again",
        file=file,
    )


class Walk:
    """One expat run over one document, and the edits that it finds necessary."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._edits: list[tuple[int, re.Pattern[bytes], Change]] = []
        # The declared encoding is ignored, since the library that reads next takes UTF-8.
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.CommentHandler = lambda _: self._edit(_COMMENT, lambda _: b"")
        self._parser.ProcessingInstructionHandler = lambda *_: self._edit(
            _INSTRUCTION, lambda _: b""
        )
        self._parser.StartCdataSectionHandler = lambda: self._edit(_MARKED, _escape)

    @property
    def offset(self) -> int:
        """Offset of the event at hand, in bytes."""
        return self._parser.CurrentByteIndex

    def run(
        self,
        xml: bytes,
        start: Callable[[str, dict[str, Any]], None],
        end: Callable[[str], None] | None = None,
    ) -> bytes:
        """Walk through a document and return it edited; raises TableError."""
        if b"\0" in xml:
            # UTF-16, which expat would detect by itself and the library would read otherwise.
            raise broken_xml(self._file)
        if xml.count(b"<") > TAGS_MAX:
            raise refuse_size(f"the workbook has more than {TAGS_MAX:,} tags", file=self._file)
        self._parser.StartElementHandler = start
        if end is not None:
            self._parser.EndElementHandler = end
        try:
            self._parser.Parse(xml, True)
        except expat.ExpatError as error:
            raise broken_xml(self._file) from error
        return self._apply(xml)

    def change_tag(self, change: Callable[[bytes], bytes]) -> None:
        """Note that the tag at hand is to be changed."""
        self._edit(_TAG, lambda match: change(match[0]))

    def _edit(self, pattern: "re.Pattern[bytes]", change: Change) -> None:
        self._edits.append((self.offset, pattern, change))

    def _apply(self, xml: bytes) -> bytes:
        parts: list[bytes] = []
        done = 0
        for offset, pattern, change in self._edits:
            match = pattern.match(xml, offset)
            if match is None:
                raise broken_xml(self._file)
            parts += (xml[done:offset], change(match))
            done = match.end()
        return b"".join((*parts, xml[done:])) if parts else xml

    def _refuse_doctype(self, *_: object) -> None:
        raise refuse(
            "hostile-xml",
            "the workbook contains a document type, which no spreadsheet program writes",
            "Open it in LibreOffice or Excel and save it again",
            file=self._file,
        )


def _escape(match: "re.Match[bytes]") -> bytes:
    return match[1].replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


class CellBudget:
    """What is left of the cells and of the text that one file may have."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.cells_left = CELLS_MAX
        self.text_left = TEXT_BYTES_MAX
        self.sheets = 0

    def spend_text(self, size: int) -> None:
        """Count bytes of text, as often as cells repeat it."""
        self.text_left -= size
        if self.text_left < 0:
            raise refuse_size(
                f"the cells repeat more than {TEXT_BYTES_MAX // 2**20} MiB of text", file=self.file
            )

    def spend_sheet(self, rows: int, columns: int) -> None:
        """Count a sheet of so many rows and columns; raises TableError beyond a limit."""
        self.sheets += 1
        if self.sheets > SHEETS_MAX:
            raise refuse_size(f"the workbook has more than {SHEETS_MAX} sheets", file=self.file)
        if rows > ROWS_MAX:
            raise refuse_size(
                f"a sheet has cells down to row {rows:,}, at most {ROWS_MAX:,} rows are read",
                file=self.file,
            )
        if columns > COLUMNS_MAX:
            raise refuse_size(
                f"a sheet has {columns:,} columns, at most {COLUMNS_MAX} are read", file=self.file
            )
        self.cells_left -= rows * columns
        if self.cells_left < 0:
            raise refuse_size(
                f"the file has more than {CELLS_MAX:,} cells, empty ones included", file=self.file
            )
