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
    value: str
    is_counted: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands, for messages."""

    sheet: str
    row: int
    column: str


class Occurrences:
    """Notes by place and value, in the order in which they first occurred."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, ...], tuple[Place, _Note]] = {}
        self.has_errors = False

    @property
    def is_full(self) -> bool:
        """Tell whether reading on would help nobody."""
        return len(self._notes) >= REFUSED_MAX

    def add(self, note: _Note, place: Place, *, once: tuple[str, ...] | None = None) -> None:
        """
        Add a note on a cell.

        Args: `once`: what notes that are told as one have in common, beside the code; as a rule
        sheet, column and value.
        """
        self.has_errors = self.has_errors or note.severity is Severity.ERROR
        common = (place.sheet, place.column, note.value) if once is None else once
        _, known = self._notes.setdefault((note.code, *common), (place, note))
        if known is not note:
            known.count += 1

    def tell(self, problems: ProblemList) -> None:
        """Turn the notes into problems."""
        for place, note in self._notes.values():
            more = f" (so in {note.count:,} cells, of which this is the first)"
            problems.add(
                make_problem(
                    note.severity,
                    note.code,
                    note.message + (more if note.count > 1 and note.is_counted else ""),
                    note.remedy,
                    file=problems.file,
                    sheet=place.sheet,
                    row=place.row,
                    column=place.column,
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
    severity: Severity,
    code: str,
    message: str,
    remedy: str,
    *,
    value: str = "",
    is_counted: bool | None = None,
) -> _Note:
    """Build a note about one cell; unless said otherwise, all but repairs tell their number."""
    counted = severity is not Severity.REPAIR if is_counted is None else is_counted
    return _Note(severity, code, message, remedy, value, counted)
