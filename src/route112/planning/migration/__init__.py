"""
The move of lines from the switched network to IP, as a snapshot shows it.

`lines` reads lines out of a snapshot, with the joint that they hang on; `report` counts them and
the people behind them, and says what to move first.
"""

from route112.planning.migration.report import Joint, Migration, Progress, report_migration

__all__ = ["Joint", "Migration", "Progress", "report_migration"]
