"""
The native table of a site, as a file and as a program.

The file has two tables, `c2z` and `zn`, whose rows are described in `route112.native`. The
configuration of a site loads each of them into two htables, of which one is in use:

    modparam("htable", "db_url", "@{native_url}")         sqlite:///FILE, absolute
    modparam("htable", "fetch_rows", 5000)
    modparam("htable", "htable", "c2z_a=>size=14;autoexpire=0;dbtable=c2z;")    and c2z_b
    modparam("htable", "htable", "zn_a=>size=12;autoexpire=0;dbtable=zn;")      and zn_b
    modparam("pv", "shvset", "slot=s:a")
    modparam("jsonrpcs", "dgram_socket", "@{rpc_socket}") and transport 4, pretty_format 0

(`native_url`, `rpc_socket` and all other names: `route112.apps.site.setup`.)

At a start all four hold the same rows and slot `a` is in use. Later the supervisor replaces the
file, reloads the two htables of the idle slot (or replaces the rows that orders have changed in
it), compares `count`, `gen` and `built` of both with what it wrote, and only then sets
`$shv(slot)`. A route reads `$shv(slot)` once for each look-up.
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
from route112.model import UtcTime
from route112.native import NativeTable, reorder, translate
from route112.native.calendar import next_order_change
from route112.snapshot.reader import Snapshot


def describe_table(table: NativeTable) -> Translation:
    """Say what a table is."""
    return describe(_list_content(table))


def write_native(path: Path, table: NativeTable) -> None:
    """Replace `path` by the table, whole or not at all; raises what `write_htables` does."""
    write_tables(path, _list_content(table), describe_table(table))


def _list_content(table: NativeTable) -> Content:
    return Content(
        tables={"c2z": table.zones, "zn": table.attempts},
        ordered="zn",
        basis=table.lines,
        generation=table.generation,
        built=table.built,
        plan_hash=table.plan_hash,
        order_due=table.order_due,
        plan_due=table.plan_due,
    )


def _translate(snapshot: Snapshot, now: UtcTime) -> Content:
    return _list_content(translate(snapshot, now=now))


def _reorder(snapshot: Snapshot, lines: Mapping[str, str], now: UtcTime) -> Mapping[str, str]:
    return reorder(snapshot, lines, now=now)


def _find_order_change(snapshot: Snapshot, now: UtcTime) -> int | None:
    return next_order_change(snapshot, now=now)


REORDERING = Reordering(_reorder, _find_order_change)


def main(arguments: Sequence[str]) -> int:
    """Translate standard input for a site."""
    return run_translator(arguments, _translate)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
