"""How every benchmark says what it found: progress, verdicts, and a section of the documents."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

BEGAN_S = time.monotonic()
NEVER_S = 365 * 86_400.0
"""What takes longer than this is not waited for."""


def say(text: str) -> None:
    """Show that something goes on, and since when."""
    print(f"  {elapsed_s():4.0f} s  {text}", file=sys.stderr, flush=True)


def elapsed_s() -> float:
    """Return the seconds since the benchmark began."""
    return time.monotonic() - BEGAN_S


def judge_budget(text: str, *, good: bool) -> str:
    """Say beside a result whether it keeps its budget."""
    return f"{text}, {'kept' if good else 'MISSED'}"


def show_time(seconds: float) -> str:
    """Return `20 s`, `5.0 min`, `3.1 h`, `2.0 d` or `never`."""
    if seconds >= NEVER_S:
        return "never"
    for size, unit in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return lines


def render_table(rows: Sequence[Sequence[str]]) -> str:
    """Return the same table for a document."""
    rule = ["---", *("---:" for _ in rows[0][1:])]
    return "".join(f"| {' | '.join(row)} |\n" for row in (rows[0], rule, *rows[1:]))


def write_section(path: Path, name: str, text: str) -> None:
    """Replace what stands between the marks of a section, the marks left where they are."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    whole = path.read_text(encoding="utf-8")
    first, last = whole.index(begin) + len(begin), whole.index(end)
    path.write_text(whole[:first] + text + whole[last:], encoding="utf-8")
