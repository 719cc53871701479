"""Merged cells: where they are, and whether they hide a value that nobody sees."""

from dataclasses import dataclass
from typing import Sequence

from route112.wire.spreadsheets.refusal import CELLS_MAX, MERGED_MAX, refuse_size


@dataclass(frozen=True, slots=True)
class MergedCell:
    """The first cell of a merged range, or a cell of one that holds a value unseen."""

    row: int
    """From 1, as an editor shows it."""
    column: int
    """From 0."""
    is_hidden: bool = False


class MergedCells:
    """The merged cells of one workbook, sheet by sheet, bounded."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._sheets: list[list[MergedCell]] = []
        self._count = 0
        self._looked = 0

    def begin_sheet(self) -> None:
        """Go on with the next sheet."""
        self._sheets.append([])

    def add(self, cell: MergedCell) -> None:
        """Take a cell of the sheet at hand; raises TableError beyond a limit."""
        self._count += 1
        if self._count > MERGED_MAX:
            raise refuse_size(
                f"the workbook has more than {MERGED_MAX:,} merged cells", file=self._file
            )
        self._sheets[-1].append(cell)

    def add_range(
        self, first: tuple[int, int], last: tuple[int, int], rows: Sequence[Sequence[object]]
    ) -> None:
        """Take a range, corners as (row, column) from 0, of a sheet with these rows."""
        self.add(MergedCell(first[0] + 1, first[1]))
        for row in range(first[0], min(last[0] + 1, len(rows))):
            part = rows[row][first[1] : last[1] + 1]
            self._looked += len(part) + 1
            if self._looked > CELLS_MAX:
                raise refuse_size(f"more than {CELLS_MAX:,} cells are merged", file=self._file)
            for column, cell in enumerate(part, first[1]):
                if cell not in ("", None) and (row, column) != first:
                    self.add(MergedCell(row + 1, column, is_hidden=True))

    def get(self, sheet: int) -> tuple[MergedCell, ...]:
        """Return the merged cells of a sheet, by its index."""
        return tuple(self._sheets[sheet]) if sheet < len(self._sheets) else ()
