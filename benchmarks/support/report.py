"""How every benchmark says what it found: progress, verdicts, and a section of the documents."""

import sys
import time
from pathlib import Path

BEGAN_S = time.monotonic()


def say(text: str) -> None:
    """Show that something goes on, and since when."""
    print(f"  {elapsed_s():4.0f} s  {text}", file=sys.stderr, flush=True)


def elapsed_s() -> float:
    """Return the seconds since the benchmark began."""
    return time.monotonic() - BEGAN_S


def judge_budget(text: str, *, good: bool) -> str:
    """Say beside a result whether it keeps its budget."""
    return f"{text}, {'kept' if good else 'MISSED'}"


def write_section(path: Path, name: str, text: str) -> None:
    """Replace what stands between the marks of a section, the marks left where they are."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    whole = path.read_text(encoding="utf-8")
    first, last = whole.index(begin) + len(begin), whole.index(end)
    path.write_text(whole[:first] + text + whole[last:], encoding="utf-8")
