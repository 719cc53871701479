"""What is wrong with a delivered file, in words that its author can act on."""

import enum
from dataclasses import dataclass


class Severity(enum.StrEnum):
    """What became of the thing that the problem is about."""

    ERROR = "error"
    """The file, or the whole build, is refused."""
    WARNING = "warning"
    """Taken as it stands; somebody should look."""
    REPAIR = "repair"
    """Taken after a mending that is certain; the author should correct the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in one place, with what to do about it."""

    severity: Severity
    code: str
    """Stable name for machines and tests, in kebab-case: `unknown-commune`."""
    message: str
    """What is wrong, one sentence without a final stop."""
    remedy: str
    """What the author does next, an imperative sentence without a final stop."""
    file: str = ""
    """Path relative to the source folder, or as given on the command line."""
    sheet: str = ""
    """Sheet of a workbook; empty for CSV and YAML."""
    row: int = 0
    """Row or line as an editor shows it, from 1; 0 where the whole file is meant."""
    column: str = ""
    """Header text of the column, or the field's path in YAML."""
    value: str = ""
    """The offending value as delivered, at most 80 characters."""

    def __str__(self) -> str:
        """Render on one line: severity, place, column, value, message and remedy."""
        place = ":".join(str(part) for part in (self.file, self.sheet, self.row) if part)
        column = f" {self.column}" if self.column else ""
        value = f" {self.value!r}" if self.value else ""
        where = f"{place}{column}{value}".strip()
        remedy = self.remedy[:1].upper() + self.remedy[1:]
        parts = [str(self.severity), where, f"{self.message}. {remedy}."]
        return ": ".join(part for part in parts if part)
