"""
In which commune a caller is whose network tells his cell, or the line that he calls from.

Source: docs/formats/snapshot.md, *Cells and calling lines*.
"""

from route112.redirect.book import Operator
from route112.redirect.origin import Spoken

_LINE_DIGITS_MAX = 16


def find_caller(operator: Operator, spoken: Spoken) -> int | None:
    """Return the place of the commune of the caller's cell, else of his line, else None."""
    found = operator.cells.get(spoken.cell.lower())
    return _find_line(operator, spoken.line) if found is None else found


def _find_line(operator: Operator, line: str) -> int | None:
    """Return the place of the longest beginning of a line that is known."""
    if line.startswith("+"):
        line = line[1:]
    elif line.startswith("00") and len(line) > 2:  # noqa: PLR2004  the two that were just named
        line = line[2:]
    if not (line.isascii() and line.isdecimal() and len(line) <= _LINE_DIGITS_MAX):
        return None
    for length in operator.line_lengths:
        if length <= len(line) and line[:length] in operator.lines:
            return operator.lines[line[:length]]
    return None
