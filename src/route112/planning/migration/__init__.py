"""
The move of lines from the switched network to IP, as a snapshot shows it.

`lines` reads lines out of a snapshot, with the joint that they hang on; `report` counts them and
the people behind them, and says what to move first; `calling` counts the lines that call, which
only the sources tell.
"""

from route112.planning.migration.calling import Calling, CallingProgress
from route112.planning.migration.report import (
    Joint,
    Migration,
    Progress,
    report_migration,
    with_calling,
)

__all__ = [
    "Calling",
    "CallingProgress",
    "Joint",
    "Migration",
    "Progress",
    "report_migration",
    "with_calling",
]
