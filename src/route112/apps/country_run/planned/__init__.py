"""
What a planner adds to a run: itself, a receiver beside each station, and a plan of each one's own.

    RUN-DIR/planner/               the planner's folder; `socket` is where it is asked
    RUN-DIR/plans/<station>.r112   what its receiver replaces, and the station takes offers from
    RUN-DIR/receiver-<station>/    state and log of a receiver

A redirect server has no receiver: it reads the plan of a site, as it would on that site's machine.
"""

from route112.apps.country_run.planned.plans import PLANS, own_plan, prepare_plans
from route112.apps.country_run.planned.words import (
    ID,
    SOCKET,
    PlannerOptions,
    is_listening,
    list_planner_words,
    list_receiver_words,
)

__all__ = [
    "ID",
    "PLANS",
    "SOCKET",
    "PlannerOptions",
    "is_listening",
    "list_planner_words",
    "list_receiver_words",
    "own_plan",
    "prepare_plans",
]
