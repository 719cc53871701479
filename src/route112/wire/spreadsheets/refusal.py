"""Why a table cannot be read, and the limits that bound reading."""

from route112.model import Problem, Severity
from route112.wire.problems import make_problem

FILE_BYTES_MAX = 32 * 1024 * 1024
"""Largest delivered file."""
UNPACKED_BYTES_MAX = 256 * 1024 * 1024
"""Most bytes that the XML of a workbook may unpack to."""
MEMBERS_MAX = 2_000
"""Most files inside a workbook's archive."""
ROWS_MAX = 600_000
"""Most rows of a sheet, the empty ones above and between included."""
COLUMNS_MAX = 200
"""Most columns of a sheet."""
CELLS_MAX = 2_000_000
"""Most cells of all sheets of a file: rows times columns of each."""
TEXT_BYTES_MAX = 128 * 1024 * 1024
"""Most text in the cells of a workbook, counted as often as cells repeat it."""
TAGS_MAX = 16_000_000
"""Most tags in one XML part of a workbook: a cell has some four."""
SHEETS_MAX = 50
"""Most sheets of a workbook."""
MERGED_MAX = 10_000
"""Most merged cells of a workbook."""
CELL_CHARS_MAX = 2_000
"""Longest text of a cell."""


class TableError(Exception):
    """A table that cannot be read; carries the problem that its author reads."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def refuse(code: str, message: str, remedy: str, **place: str | int) -> TableError:
    """Build the error for a table that is refused."""
    return TableError(make_problem(Severity.ERROR, code, message, remedy, **place))


def refuse_size(what: str, **place: str | int) -> TableError:
    """Build the error for a table that passes a limit; `what` says which, with numbers."""
    return refuse(
        "table-too-large", what, "Remove everything but the table, then save it again", **place
    )
