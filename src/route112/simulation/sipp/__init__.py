"""
SIPp, the distribution's load generator, as callers and as answering points.

`scenarios` renders what SIPp plays, `runs` starts it (bounded in calls and in time) and reads what
it logged back as the lines of `simulation.logs`: whoever judges does not see which phone was used.
One SIPp answers at one address; a country's trunk ends are as many of them.
"""

from route112.simulation.sipp.runs import (
    SippCall,
    SippLoad,
    SippPsap,
    read_callers,
    read_psaps,
    start_callers,
    start_psaps,
)

__all__ = [
    "SippCall",
    "SippLoad",
    "SippPsap",
    "read_callers",
    "read_psaps",
    "start_callers",
    "start_psaps",
]
