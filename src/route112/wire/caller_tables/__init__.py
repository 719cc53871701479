"""
Tables of an operator about its callers: where its cells are, and where its calling lines.

Both lie beside the profile of the operator and are read by one reader of rows; they differ in
their columns only. A cell may have several rows, one for each commune that it lies over.
"""

from route112.wire.caller_tables.cells import parse_cells
from route112.wire.caller_tables.lines import parse_calling_lines

__all__ = ["parse_calling_lines", "parse_cells"]
