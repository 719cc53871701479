"""
Turn source files into a checked candidate snapshot, and compare two snapshots.

The steps, each a pure function on values of `route112.model`:

1. `assemble` sorts the names of a source folder, reads its settings, and joins them with the
   parsed PDAAU files into a `Plan`. A file with an error is left out, whole.
2. `resolve` finds the route of every key (commune, short number). It works on the distinct
   routes of the files, so that 455,182 keys cost no more than a loop over integers.
3. `checks` look at the plan against itself and say who is touched by each finding.
4. `candidate` gives the writer its `SnapshotContent`: the same plan gives the same bytes.
5. `impact` compares two snapshots in communes, inhabitants and answering points.
6. `orders` makes the next generation of a snapshot when orders are given or withdrawn: no build.

Nothing here reads a file or a clock: contents, `now` and time zones are arguments. Everything
wrong comes back as a `Problem`; the caller writes nothing while one of them is an error.
"""

from route112.planning.assemble import (
    Assembly,
    Settings,
    SourceFile,
    SourceNames,
    assemble_plan,
    find_communes,
    read_settings,
    sort_names,
)
from route112.planning.candidate import make_candidate
from route112.planning.checks import check_plan
from route112.planning.impact import Impact, compare_snapshots
from route112.planning.resolve import Resolution, resolve_plan

__all__ = [
    "Assembly",
    "Impact",
    "Resolution",
    "Settings",
    "SourceFile",
    "SourceNames",
    "assemble_plan",
    "check_plan",
    "compare_snapshots",
    "find_communes",
    "make_candidate",
    "read_settings",
    "resolve_plan",
    "sort_names",
]
