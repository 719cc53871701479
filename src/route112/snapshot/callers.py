"""
Where a caller is whose network tells no commune: by the cell, or by the calling line.

Both tables are bisected in the mapped file, one run of records for each operator. Keys have a
form of their own, so that a look-up compares numbers or 24 bytes and decodes nothing.

Source: docs/formats/snapshot.md, *Cells and calling lines*.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from route112.snapshot import layout
from route112.snapshot.records import Records

_CELL = re.compile(rf"[0-9a-z._:+-]{{1,{layout.CELL_SIZE_MAX}}}")
_LINE = re.compile(rf"(?:\+|00)?([0-9]{{1,{layout.LINE_DIGITS_MAX}}})")
_DIGIT_BITS = 4


class _Owned(NamedTuple):
    """What one operator has of both tables."""

    cells: range
    lines: range


class CallerPlaces:
    """The cells and calling lines of one snapshot, by operator."""

    __slots__ = ("_cell_keys", "_owned", "_records")

    def __init__(self, records: Records) -> None:
        self._records = records
        self._cell_keys = _CellKeys(records.frame.sections["cell_keys"])
        self._owned: dict[str, _Owned] | None = None

    def find_cell(self, operator_id: str, cell: str) -> int | None:
        """Return the index of the commune of an operator's cell, or None. Total."""
        key = encode_cell(cell)
        if key is None:
            return None
        run = self._find_owned(operator_id).cells
        index = bisect_left(self._cell_keys, key, run.start, run.stop)
        if index == run.stop or self._cell_keys[index] != key:
            return None
        return self._records.columns["cells"]["commune"][index]

    def find_line(self, operator_id: str, line: str) -> int | None:
        """
        Return the index of the commune of an operator's line, or None. Total.

        Of all beginnings of the line that the operator lists, the longest counts.
        """
        told = _LINE.fullmatch(line) if line.isascii() else None
        wanted = encode_line(told[1]) if told else None
        run = self._find_owned(operator_id).lines
        if wanted is None or not run:
            return None
        keys = self._records.columns["calling_line_keys"]["key"]
        while wanted:
            index = bisect_right(keys, wanted, run.start, run.stop) - 1
            if index < run.start:
                return None
            found = keys[index]
            # The nearest key below: a beginning of the line, or as much of it as both share.
            shared = _cut_to_shared(wanted, found)
            if shared == found:
                return self._records.columns["calling_lines"]["commune"][index]
            wanted = shared
        return None

    def list_cells(self, operator_id: str) -> Iterator[tuple[str, int]]:
        """List an operator's cells, ascending, each with the index of its commune."""
        communes = self._records.columns["cells"]["commune"]
        for index in self._find_owned(operator_id).cells:
            yield self._cell_keys[index].rstrip(b"\0").decode("ascii"), communes[index]

    def list_lines(self, operator_id: str) -> Iterator[tuple[str, int]]:
        """List the beginnings of an operator's lines, ascending, each with its commune's index."""
        keys = self._records.columns["calling_line_keys"]["key"]
        communes = self._records.columns["calling_lines"]["commune"]
        for index in self._find_owned(operator_id).lines:
            yield decode_line(keys[index]), communes[index]

    def _find_owned(self, operator_id: str) -> _Owned:
        if self._owned is None:
            records = self._records
            self._owned = {
                records.text("operators", "id", index): _Owned(
                    records.run("operators", "cells", index),
                    records.run("operators", "calling_lines", index),
                )
                for index in range(records.frame.count("operators"))
            }
        return self._owned.get(operator_id, _NOTHING)


class _CellKeys:
    """The keys of all cells as a sequence that can be bisected."""

    __slots__ = ("_view",)

    def __init__(self, view: "memoryview[int]") -> None:
        self._view = view

    def __len__(self) -> int:
        return len(self._view) // layout.CELL_SIZE_MAX

    def __getitem__(self, index: int) -> bytes:
        start = index * layout.CELL_SIZE_MAX
        return bytes(self._view[start : start + layout.CELL_SIZE_MAX])


_NOTHING = _Owned(range(0), range(0))


def encode_cell(cell: str) -> bytes | None:
    """Return the key of a cell's identity, small letters; None for text that is none."""
    small = cell.lower() if cell.isascii() else ""
    if not _CELL.fullmatch(small):
        return None
    return small.encode("ascii").ljust(layout.CELL_SIZE_MAX, b"\0")


def encode_line(digits: str) -> int | None:
    """Return the key of digits that lines begin with; None for other text."""
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= layout.LINE_DIGITS_MAX):
        return None
    key = 0
    for digit in digits:
        key = key << _DIGIT_BITS | int(digit) + 1
    return key << _DIGIT_BITS * (layout.LINE_DIGITS_MAX - len(digits))


def decode_line(key: int) -> str:
    """Return the digits of a key."""
    return "".join(str(int(digit, 16) - 1) for digit in f"{key:016x}".rstrip("0"))


def _cut_to_shared(one: int, other: int) -> int:
    """Return the digits that two keys begin with, as a key."""
    bits = _DIGIT_BITS * -(-(one ^ other).bit_length() // _DIGIT_BITS)
    return one >> bits << bits
