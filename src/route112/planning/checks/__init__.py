"""
Look at a resolved plan against itself, before anything is written.

Each check is a function from a `Subject` to problems; `CHECKS` lists them all in the order in
which they are reported. An error keeps the build from writing. Every message says who is
touched, in departements, communes and inhabitants, where that can be told.
"""

from route112.model import Problem
from route112.planning.checks.callers import check_caller_rules, check_cells, check_native_room
from route112.planning.checks.coverage import (
    check_areas,
    check_hours,
    check_overlaps,
    check_unresolved,
)
from route112.planning.checks.defaults import check_national, check_timezones, check_validity
from route112.planning.checks.operators import check_operators, check_sources
from route112.planning.checks.orders import check_divert_circles, check_orders
from route112.planning.checks.others import check_ordered_lines, check_others
from route112.planning.checks.paths import check_gateways, check_hops, check_trunks
from route112.planning.checks.psaps import (
    check_ids,
    check_loops,
    check_shared_fate,
    check_shared_numbers,
    check_unused,
)
from route112.planning.checks.subject import Subject
from route112.planning.checks.targets import check_kinds, check_missing_targets

__all__ = ["CHECKS", "Subject", "check_plan"]

CHECKS = (
    check_ids,
    check_shared_numbers,
    check_missing_targets,
    check_kinds,
    check_unresolved,
    check_hours,
    check_areas,
    check_overlaps,
    check_loops,
    check_trunks,
    check_hops,
    check_national,
    check_validity,
    check_operators,
    check_sources,
    check_caller_rules,
    check_cells,
    check_native_room,
    check_timezones,
    check_orders,
    check_divert_circles,
    check_ordered_lines,
    check_gateways,
    check_shared_fate,
    check_others,
    check_unused,
)


def check_plan(subject: Subject) -> tuple[Problem, ...]:
    """Run every check and return what they find, in the order of `CHECKS`."""
    return tuple(problem for check in CHECKS for problem in check(subject))
