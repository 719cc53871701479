"""Notes about cells, gathered so that one mistake made in 400 rows is told once."""

from dataclasses import dataclass

from route112.model import Severity
from route112.wire.problems import ProblemList, make_problem

REFUSED_MAX = 10_000
"""Distinct notes after which a table is not read further: nobody mends so many one by one."""


@dataclass(slots=True)
class _Note:
    severity: Severity
    code: str
    message: str
    remedy: str
    row: int
    value: str
    count: int = 1


class Occurrences:
    """Notes by place and value, in the order in which they first occurred."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str, str, str], _Note] = {}
        self.has_errors = False

    @property
    def is_full(self) -> bool:
        """Tell whether reading on would help nobody."""
        return len(self._notes) >= REFUSED_MAX

    def add(self, note: _Note, *, sheet: str, column: str, group: str | None = None) -> None:
        """Add a note; those with the same sheet, column, code and group are told as one."""
        self.has_errors = self.has_errors or note.severity is Severity.ERROR
        key = (sheet, column, note.code, note.value if group is None else group)
        known = self._notes.setdefault(key, note)
        if known is not note:
            known.count += 1

    def tell(self, problems: ProblemList) -> None:
        """Turn the notes into problems."""
        for (sheet, column, _, _), note in self._notes.items():
            more = f" (so in {note.count:,} cells, of which this is the first)"
            if note.severity is Severity.REPAIR:
                more = ""
            problems.add(
                make_problem(
                    note.severity,
                    note.code,
                    note.message + (more if note.count > 1 else ""),
                    note.remedy,
                    file=problems.file,
                    sheet=sheet,
                    row=note.row,
                    column=column,
                    value=note.value,
                )
            )
        if self.is_full:
            problems.error(
                "reading-stopped",
                f"reading stopped at {REFUSED_MAX:,} different problems",
                "Check that the file is the right one, and that its columns are in place",
            )


def make_note(
    severity: Severity, code: str, message: str, remedy: str, *, row: int, value: str = ""
) -> _Note:
    """Build a note about one cell."""
    return _Note(severity, code, message, remedy, row, value)
