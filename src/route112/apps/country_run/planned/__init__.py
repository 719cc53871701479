"""
What a planner adds to a run: itself, a receiver beside each station, and a plan of each one's own.

    RUN-DIR/planner/               the planner's folder; `socket` is where it is asked
    RUN-DIR/planner-standby/       log of a second one, which goes on where the first ends
    RUN-DIR/plans/<station>.r112   what its receiver replaces, and the station takes offers from
    RUN-DIR/receiver-<station>/    state and log of a receiver

A redirect server has no receiver: it reads the plan of a site, as it would on that site's machine.
"""

from route112.apps.country_run.planned.plans import PLANS, own_plan, prepare_plans
from route112.apps.country_run.planned.typed import (
    PlannerTyped,
    check_planner,
    find_planner,
    list_planner_paths,
    planner_run_options,
)
from route112.apps.country_run.planned.words import (
    HEAD_START_S,
    ID,
    SOCKET,
    STANDBY,
    Https,
    PlannerOptions,
    is_listening,
    list_planner_words,
    list_receiver_words,
)

__all__ = [
    "HEAD_START_S",
    "ID",
    "PLANS",
    "SOCKET",
    "STANDBY",
    "Https",
    "PlannerOptions",
    "PlannerTyped",
    "check_planner",
    "find_planner",
    "is_listening",
    "list_planner_paths",
    "list_planner_words",
    "list_receiver_words",
    "own_plan",
    "planner_run_options",
    "prepare_plans",
]
