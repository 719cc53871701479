"""What a network that tells no commune says instead: a cell there, or a line from there."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from route112.model import Operator
from route112.snapshot.reader import Snapshot
from route112.snapshot.records import decode_key

LINE_DIGITS = 12
"""Digits of a line that is made up for a range."""
FIELDS = ("commune", "cell", "line")
"""Rules of a dialect that say where a caller is."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What one operator can say instead of a commune."""

    cells: Mapping[str, str] = field(default_factory=dict)
    """By commune, one of the cells there."""
    lines: Mapping[str, str] = field(default_factory=dict)
    """By commune, one line from there, with its `+`."""
    free: Mapping[str, int] = field(default_factory=dict)
    """By commune, how many of that line's last digits may be any others."""

    def find_line(self, commune: str, caller: str) -> str:
        """
        Return a line from a commune, each caller's own one where there are many.

        Whoever looks at calls would take callers who share a line for one who calls without end.
        """
        line, free = self.lines.get(commune, ""), self.free.get(commune, 0)
        if not caller or not free:
            return line
        own = zlib.crc32(caller.encode()) % 10**free
        return f"{line[:-free]}{own:0{free}}"


NOWHERE = Whereabouts()


def list_whereabouts(snapshot: Snapshot, operator_id: str) -> Whereabouts:
    """List a cell and a line of each commune for which the operator has them."""
    keys = snapshot.records.columns["commune_keys"]["key"]
    cells: dict[str, str] = {}
    for cell, commune in snapshot.callers.list_cells(operator_id):
        cells.setdefault(decode_key(keys[commune]), cell)
    lines: dict[str, str] = {}
    free: dict[str, int] = {}
    ranges = dict(snapshot.callers.list_lines(operator_id))
    beginnings = {digits[:length] for digits in ranges for length in range(len(digits))}
    for digits, commune in ranges.items():
        # A part of the range may be elsewhere, so that not every line in it will do.
        line = f"+{digits.ljust(LINE_DIGITS, '1')}"
        code = decode_key(keys[commune])
        if code not in lines and snapshot.callers.find_line(operator_id, line) == commune:
            lines[code] = line
            free[code] = 0 if digits in beginnings else max(0, LINE_DIGITS - len(digits))
    return Whereabouts(cells, lines, free)


def can_tell(operator: Operator, whereabouts: Whereabouts, commune: str) -> bool:
    """Tell whether a call from a commune can say where it is from."""
    fields = {rule.field for rule in operator.dialect}
    return (
        "commune" in fields
        or ("cell" in fields and commune in whereabouts.cells)
        or ("line" in fields and commune in whereabouts.lines)
    )
