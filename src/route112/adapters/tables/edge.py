"""
The table of an operator's edge, as a file and as a program that takes the operator's id last.

The file has one table, `plan`, whose rows are described in `route112.edgetable`. The configuration
of an edge loads it into two htables, `plan_a` and `plan_b`, of which `$shv(slot)` names the one in
use; see `route112.adapters.tables.native` for how the other one is put in use.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from route112.adapters.tables.translation import (
    Tables,
    Translation,
    describe,
    run_translator,
    write_tables,
)
from route112.edgetable import EdgeTable, translate
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot

TABLE = "plan"


def describe_edge_table(table: EdgeTable) -> Translation:
    """Say what a table is."""
    return describe(
        {TABLE: table.rows}, generation=table.generation, built=table.built, due=table.until
    )


def write_edge_table(path: Path, table: EdgeTable) -> None:
    """Replace `path` by the table, whole or not at all; raises what `write_htables` does."""
    write_tables(path, {TABLE: table.rows}, describe_edge_table(table))


def main(arguments: Sequence[str]) -> int:
    """Translate standard input for the edges of one operator."""
    operator = arguments[3]

    def translate_for(snapshot: Snapshot, now: UtcTime) -> tuple[Tables, Translation]:
        table = translate(snapshot, operator=operator, now=now)
        return {TABLE: table.rows}, describe_edge_table(table)

    return run_translator(arguments, translate_for)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
