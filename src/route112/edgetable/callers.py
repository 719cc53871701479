"""
Where the operator's callers are, as rows: `k:CELL` and `l:DIGITS` hold the code of a commune.

The records are read as docs/formats/snapshot.md, *Cells and calling lines*, lays them out, not by
the look-ups that `routing` uses.
"""

from collections.abc import Iterator

from route112.snapshot.reader import Snapshot

CALLERS_MAX = 200_000
"""Cells and lines of the operator: an edge reads its whole table into the memory of a process."""
_CELL_BYTES = 24
_LINE_BYTES = 8
_NO_DIGIT = "0"
_DIGITS = {digit: str(value) for value, digit in enumerate("123456789a")}
"""A digit of a line is stored as the next one."""


def list_callers(snapshot: Snapshot, operator: str) -> Iterator[tuple[str, str]]:
    """
    List the rows of an operator's cells and lines, and `lmax`, the most digits of a line.

    More than CALLERS_MAX are not listed at all: its calls go to the default commune here.
    """
    records = snapshot.records
    ids = records.columns["operators"]["id"]
    index = next(place for place, text in enumerate(ids) if records.strings[text] == operator)
    own_cells = records.run("operators", "cells", index)
    own_lines = records.run("operators", "calling_lines", index)
    if len(own_cells) + len(own_lines) > CALLERS_MAX:
        return
    cells = records.frame.sections["cell_keys"]
    for place in own_cells:
        key = bytes(cells[place * _CELL_BYTES : (place + 1) * _CELL_BYTES])
        yield f"k:{key.decode('ascii').rstrip(chr(0))}", _code(snapshot, "cells", place)
    lines = records.frame.sections["calling_line_keys"]
    longest = 0
    for place in own_lines:
        stored = lines[place * _LINE_BYTES : (place + 1) * _LINE_BYTES].tobytes()[::-1].hex()
        digits = "".join(_DIGITS[digit] for digit in stored.rstrip(_NO_DIGIT))
        longest = max(longest, len(digits))
        yield f"l:{digits}", _code(snapshot, "calling_lines", place)
    if longest:
        yield "lmax", str(longest)


def _code(snapshot: Snapshot, table: str, place: int) -> str:
    commune = snapshot.records.columns[table]["commune"][place]
    key: int = snapshot.records.columns["commune_keys"]["key"][commune]
    return key.to_bytes(8, "big").rstrip(b"\0").decode("ascii")
