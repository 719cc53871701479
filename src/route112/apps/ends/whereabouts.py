"""What a network that tells no commune says instead: a cell there, or a line from there."""

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


NOWHERE = Whereabouts()


def list_whereabouts(snapshot: Snapshot, operator_id: str) -> Whereabouts:
    """List a cell and a line of each commune for which the operator has them."""
    keys = snapshot.records.columns["commune_keys"]["key"]
    cells: dict[str, str] = {}
    for cell, commune in snapshot.callers.list_cells(operator_id):
        cells.setdefault(decode_key(keys[commune]), cell)
    lines: dict[str, str] = {}
    for digits, commune in snapshot.callers.list_lines(operator_id):
        # A part of the range may be elsewhere, so that not every line in it will do.
        line = f"+{digits.ljust(LINE_DIGITS, '1')}"
        if snapshot.callers.find_line(operator_id, line) == commune:
            lines.setdefault(decode_key(keys[commune]), line)
    return Whereabouts(cells, lines)


def can_tell(operator: Operator, whereabouts: Whereabouts, commune: str) -> bool:
    """Tell whether a call from a commune can say where it is from."""
    fields = {rule.field for rule in operator.dialect}
    return (
        "commune" in fields
        or ("cell" in fields and commune in whereabouts.cells)
        or ("line" in fields and commune in whereabouts.lines)
    )
