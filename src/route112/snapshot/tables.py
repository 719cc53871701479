"""Rows on their way to bytes: text stands in them until all strings of a layer are known."""

import struct
from array import array
from typing import Iterable

from route112.snapshot import layout
from route112.snapshot.fields import Section

Cell = str | int | bytes
Row = tuple[Cell, ...]


class Tables:
    """The rows of one layer, by the name of their section."""

    def __init__(self, sections: tuple[Section, ...]) -> None:
        self._sections = sections
        self._rows: dict[str, list[Row]] = {section.name: [] for section in sections}

    def add(self, name: str, *values: Cell) -> None:
        """Add one row to the section `name`: a value for each field, text as it reads."""
        self._rows[name].append(values)

    def add_run(self, name: str, rows: Iterable[Row]) -> tuple[int, int]:
        """Add rows to the section `name`; returns the index of the first, and how many."""
        start = len(self._rows[name])
        self._rows[name].extend(rows)
        return start, len(self._rows[name]) - start

    def encode(self, strings: str) -> dict[str, bytes]:
        """
        Return the bytes of each section; `strings` names the string table of the layer.

        Raises: struct.error for a number that does not fit its field; ValueError for text that
            is not Unicode.
        """
        texts = sorted(
            {
                cell
                for rows in self._rows.values()
                for row in rows
                for cell in row
                if isinstance(cell, str)
            }
        )
        places = {text: place for place, text in enumerate(texts)}
        encoded = [text.encode("utf-8") for text in texts]
        offsets = array("I", [0])
        for piece in encoded:
            offsets.append(offsets[-1] + len(piece))
        tables = {section.name: self._encode_rows(section, places) for section in self._sections}
        name = layout.STRING_TABLES[strings]
        tables[name] = offsets.tobytes()
        tables[name.replace("offsets", "bytes")] = b"".join(encoded)
        return tables

    def _encode_rows(self, section: Section, places: dict[str, int]) -> bytes:
        packer = struct.Struct(section.record.format)
        pieces = []
        for row in self._rows[section.name]:
            cells = [places[cell] if isinstance(cell, str) else cell for cell in row]
            pieces.append(packer.pack(*cells))
        return b"".join(pieces)
