"""
The table of an operator's edge, as a file and as a program that takes the operator's id last.

The file has one table, `plan`, whose rows are described in `route112.edgetable`. The configuration
of an edge loads it into two htables, `plan_a` and `plan_b`, of which `$shv(slot)` names the one in
use; see `route112.adapters.tables.native` for how the other one is put in use.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from route112.adapters.tables.translation import (
    Content,
    Reordering,
    Translation,
    describe,
    run_translator,
    write_tables,
)
from route112.edgetable import EdgeTable, reorder, translate
from route112.edgetable.orders import find_order_change
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot

TABLE = "plan"


def describe_edge_table(table: EdgeTable) -> Translation:
    """Say what a table is."""
    return describe(_list_content(table))


def write_edge_table(path: Path, table: EdgeTable) -> None:
    """Replace `path` by the table, whole or not at all; raises what `write_htables` does."""
    write_tables(path, _list_content(table), describe_edge_table(table))


def _list_content(table: EdgeTable) -> Content:
    return Content(
        tables={TABLE: table.rows},
        ordered=TABLE,
        basis=table.rungs,
        generation=table.generation,
        built=table.built,
        plan_hash=table.plan_hash,
        order_due=table.orders_until,
        plan_due=table.hours_until,
    )


def _reorder(snapshot: Snapshot, rungs: Mapping[str, str], now: UtcTime) -> Mapping[str, str]:
    return reorder(snapshot, rungs, now=now)


def _find_order_change(snapshot: Snapshot, now: UtcTime) -> int | None:
    return find_order_change(snapshot, now=now)


REORDERING = Reordering(_reorder, _find_order_change)


def main(arguments: Sequence[str]) -> int:
    """Translate standard input for the edges of one operator."""
    operator = arguments[3]

    def translate_for(snapshot: Snapshot, now: UtcTime) -> Content:
        return _list_content(translate(snapshot, operator=operator, now=now))

    return run_translator(arguments, translate_for)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
