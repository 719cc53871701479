"""A sheet as the writers of this package take it."""

from dataclasses import dataclass

Cell = str | int | None
"""Text, a whole number that the spreadsheet shows as a number, or an empty cell."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A named table."""

    name: str
    """Unused where the format has no sheets."""
    rows: tuple[tuple[Cell, ...], ...]
    """From the first row of the sheet; rows may differ in length."""
